"""What the code spells out: for tests that a name has one home."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = [
    path for folder in ("include", "dags", "plugins", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))
]


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Line and value of every text that the code uses: docstrings and comments are for people."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    prose = {
        id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and ast.get_docstring(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
