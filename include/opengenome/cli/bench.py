"""`bench`: hands over to `benchmarks/`, which is part of the checkout and not of the package."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable

from opengenome.errors import UsageError
from opengenome.orchestration import settings


def bench(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Measure, print the table, write the JSON. Raises LawError where counts do not agree, and what a run raises."""
    root = settings.project_root()
    sys.path.append(str(root))
    try:
        command = importlib.import_module("benchmarks.command")
    except ModuleNotFoundError as error:
        raise UsageError(f"There is no benchmark beside this package: {error}") from error
    output = given.output.absolute() if given.output else None
    command.bench(given.scale, output, given.only, say)
