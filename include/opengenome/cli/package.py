"""`package`: the part of this package that counts, as a zip for Spark executors which do not have it (--py-files)."""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import opengenome
from opengenome.io.store import write_atomically

_COUNTING = ("__init__.py", "errors.py", "core", "io", "spark")  # cli and orchestration stay where Airflow is
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: the same code makes the same bytes


def package(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """`opengenome package`. Raises StorageError where the zip cannot be written."""
    write_package(given.output.absolute())
    say(f"Made {given.output}, engine {opengenome.ENGINE_VERSION}: OPENGENOME_PACKAGE names it to Airflow")


def write_package(output: Path) -> None:
    """Write the zip, whole or not at all."""
    root = Path(opengenome.__file__).parent

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for source in sorted(_sources(root)):
                entry = zipfile.ZipInfo(f"{root.name}/{source.relative_to(root).as_posix()}", _TIME)
                archive.writestr(entry, source.read_bytes(), zipfile.ZIP_DEFLATED)

    write_atomically(output, write)


def _sources(root: Path) -> Iterator[Path]:
    for name in _COUNTING:
        path = root / name
        yield from path.rglob("*.py") if path.is_dir() else (path,)
