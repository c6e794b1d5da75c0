"""`package`: write the counting part of this package as a zip for Spark executors that lack it (--py-files)."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from opengenome.io.package import digest, write_package


def package(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """`opengenome package`. Raises StorageError if the zip cannot be written."""
    write_package(given.output.absolute())
    log_line(f"Made {given.output}, code {digest()}. Set OPENGENOME_PACKAGE to its path for Airflow")
