"""The rows of the result table, and how they are printed, with units in the cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.box import Box
from rich.table import Table

from opengenome.cli.terminal import Shown, columns

YARDSTICK = "cusp"  # ratios are to the wall and CPU time of this peer


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. wall, cpu: seconds. peak: bytes. note: a remark for the reader."""

    name: str
    wall: float
    cpu: float
    peak: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a promise held. detail: one sentence, with the numbers."""

    name: str
    holds: bool
    detail: str


@dataclass
class Findings:
    """The measurements so far. lines: for the terminal, below the table. json: only for the file."""

    rows: list[Row] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    lines: list[Shown] = field(default_factory=list)
    json: dict[str, Any] = field(default_factory=dict)


def seconds(value: float) -> str:
    """`0.123 s`, `12.3 s`, `1,234.5 s`: at least three digits."""
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s" if value < 10 else f"{value:,.1f} s"


def memory(value: int) -> str:
    """`12 MB`, `1.23 GB`, in decimal units; `-` if not measured."""
    return "-" if not value else f"{value / 1e6:,.0f} MB" if value < 1e9 else f"{value / 1e9:,.2f} GB"


def counted(number: int, thing: str, plural: str = "s") -> str:
    """`1 batch`, `7 batches`. plural: the ending for any number but one."""
    return f"{number:,} {thing}{'' if number == 1 else plural}"


def against_yardstick(row: Row, rows: Iterable[Row]) -> tuple[float, float] | None:
    """The row's wall and CPU time divided by those of cusp; None if cusp was not measured."""
    return next(((row.wall / cusp.wall, row.cpu / cusp.cpu) for cusp in rows if cusp.name == YARDSTICK), None)


def results(rows: Iterable[Row]) -> Table:
    """The result table: wall, CPU, peak memory, and the ratios of both times to cusp's."""
    rows = list(rows)
    lines = []
    for row in rows:
        ratios = against_yardstick(row, rows)
        compared = ("-", "-") if ratios is None else [f"{ratio:.2f} ×" for ratio in ratios]
        lines.append((row.name, seconds(row.wall), seconds(row.cpu), memory(row.peak), *compared, row.note))
    return ruled(["what", "wall", "CPU", "peak", f"wall / {YARDSTICK}", f"CPU / {YARDSTICK}", "note"], lines)


def ruled(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table with a line below its head; text in the first and last column, numbers between."""
    table = columns(head, rows, left=(0, len(head) - 1))
    table.box, table.show_edge, table.padding = _RULE, False, (0, 1, 0, 0)
    return table


_RULE = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")  # what rich draws between the rows of a table
