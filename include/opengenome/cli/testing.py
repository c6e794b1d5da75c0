"""`test`: run every check of the repository, even after a failure, and print a summary."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from opengenome.cli.environment import without_proxies
from opengenome.orchestration import settings


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check. seconds: wall clock."""

    name: str
    passed: bool
    seconds: float

    def __str__(self) -> str:
        return f"{self.name} {'ok' if self.passed else 'FAILED'} ({self.seconds:.1f} s)"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tests to run. fast: without those marked e2e. alone: only `faults` or `stack`. rest: pytest's arguments."""

    fast: bool
    alone: tuple[str, ...]
    rest: list[str]

    @classmethod
    def of(cls, given: argparse.Namespace) -> Selection:
        return cls(
            given.fast, tuple(name for name in ("faults", "stack") if getattr(given, name)), given.pytest_arguments
        )

    def arguments(self) -> list[str]:
        """The arguments for pytest."""
        kinds = ["-m", "not e2e"] if self.fast else []
        return [*kinds, *(part for name in self.alone for part in (f"tests/{name}", f"--{name}")), *self.rest]


def test(selection: Selection, log_line: Callable[[str], None]) -> bool:
    """Run every check; whether all passed."""
    root = settings.project_root()
    tools = Path(sys.executable).parent
    environment = _environment(root, tools)
    checks: dict[str, list[str | Path]] = {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy"],
        "import-linter": ["lint-imports"],
    }
    if not (selection.fast or selection.alone):
        checks["peers"] = [sys.executable, root / "tests" / "peers.py"]
    results = []
    for name, (tool, *arguments) in checks.items():
        started = time.monotonic()
        # The peers are downloaded, if need be, through the user's proxy.
        given = dict(os.environ) if name == "peers" else environment
        done = subprocess.run(
            [tools / tool, *arguments], cwd=root, env=given, check=False, capture_output=True, text=True
        )
        if done.returncode:
            print(done.stdout + done.stderr, flush=True)
        results.append(CheckResult(name, done.returncode == 0, time.monotonic() - started))
        log_line(str(results[-1]))
    started = time.monotonic()
    passed, closing = _pytest([str(tools / "pytest"), *selection.arguments()], root, environment)
    results.append(CheckResult("pytest", passed, time.monotonic() - started))
    print(" · ".join(map(str, results)))
    print(closing, flush=True)  # pytest's summary is the last line, for people and CI's logs
    return all(result.passed for result in results)


def _pytest(command: list[str], root: Path, environment: dict[str, str]) -> tuple[bool, str]:
    """Run pytest and pass its output through; whether it passed, and its last line."""
    closing = ""
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    with subprocess.Popen(
        [*command, *colour],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            closing = line.rstrip() or closing
    return process.returncode == 0, closing


def _environment(root: Path, tools: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in without_proxies(os.environ).items()
        if not name.startswith("AIRFLOW_") and name not in ("SPARK_HOME", "OPENGENOME_COMMAND")
    }
    return {
        **kept,
        "PATH": os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(root / "include"),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
