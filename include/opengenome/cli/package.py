"""`package`: the part of this package that counts, as a zip for Spark executors which do not have it (--py-files)."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from opengenome.io.package import digest, write_package


def package(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """`opengenome package`. Raises StorageError where the zip cannot be written."""
    write_package(given.output.absolute())
    say(f"Made {given.output}, code {digest()}: OPENGENOME_PACKAGE names it to Airflow")
