"""`bench`: run `benchmarks/`, which is part of the checkout but not of the package."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable

from opengenome.errors import UsageError
from opengenome.orchestration import settings


def bench(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """Measure, print the table, write the JSON. Raises LawError if counts differ, and the errors of a run."""
    root = settings.project_root()
    sys.path.append(str(root))
    try:
        command = importlib.import_module("benchmarks.command")
    except ModuleNotFoundError as error:
        raise UsageError(f"The benchmark is not part of this installation: {error}") from error
    output = given.output.absolute() if given.output else None
    command.bench(given.scale, output, given.only, log_line)
