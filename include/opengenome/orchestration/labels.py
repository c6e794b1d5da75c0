"""Short labels of mapped tasks, for Airflow and logs."""

from __future__ import annotations

from collections.abc import Sequence

from opengenome.core.model import SourceFile
from opengenome.errors import readable
from opengenome.io.paths import path_of, shown


def name_of(files: Sequence[SourceFile]) -> str:
    """`a.fasta`, or `a.fasta and 3 more`."""
    return named([file.path for file in files])


def named(paths: Sequence[str]) -> str:
    """As `name_of`, for paths as they are written in JSON."""
    name = readable(shown(path_of(paths[0]).name), 80)
    return f"{name} and {len(paths) - 1:,} more" if len(paths) > 1 else name


def amount(number: int, millions: str, units: str) -> str:
    """A number with its unit, in millions from 100,000 on."""
    return f"{number / 1e6:,.1f} {millions}" if number >= 100_000 else f"{number:,} {units}"
