"""The groups of a run: their measures, and few of them side by side."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.core.measures.names import NAMES, Name
from opengenome.core.measures.table import MEASURES
from opengenome.report.heatmap import Cell, cells
from opengenome.report.material import Material
from opengenome.report.page.account import keep, unguarded
from opengenome.report.rounding import rounded

ROWS = 200  # groups in the table
FEW = 8  # groups side by side
# Columns of measures_by_group.csv, with the digits shown.
COLUMNS = {
    **{"gc": 3, "gc3": 3, "gc3s": 3, "enc_wright": 2, "enc_sun": 2, "cai": 3, "tai": 3, "cpb": 3, "gravy": 3},
    "aromaticity": 3,
}


@dataclass(frozen=True, slots=True)
class Group:
    """A group under one of its codes. values: of the columns, as text; "" if undefined."""

    name: str
    code: str
    sequences: int
    codons: int
    values: list[str]


@dataclass(frozen=True, slots=True)
class Groups:
    """by: the column that names the groups. columns: the names of those of COLUMNS that the run has.

    total: rows in the file. rows: those with the most codons. tables: the cells of each, if they are few.
    """

    by: str
    columns: list[Name]
    total: int
    rows: list[Group]
    tables: list[tuple[str, str, dict[str, Cell]]]


def groups(material: Material) -> Groups | None:
    """None if the run has no groups. The file is read in a stream; memory is that of ROWS groups."""
    told = material.summary.get("groups")
    if not told or not material.has(flow.MEASURES_BY_GROUP):
        return None
    heap: list[tuple[int, int, dict[str, str]]] = []
    total = 0
    with material.opened_csv(flow.MEASURES_BY_GROUP) as file:
        reader = csv.DictReader(file)
        for total, row in enumerate(reader, 1):
            keep(heap, (int(row["codons"]), -total, row), ROWS)
        columns = [name for name in COLUMNS if name in (reader.fieldnames or ())]
    rows = [_group(row, columns) for _, _, row in sorted(heap, key=lambda one: one[:2], reverse=True)]
    tables = list(_tables(material)) if total <= FEW else []
    return Groups(told["by"], [NAMES[name] for name in columns], total, rows, tables)


def _group(row: dict[str, str], columns: list[str]) -> Group:
    tops = {name: MEASURES[name].range[1] if name in MEASURES else None for name in columns}
    values = [rounded(float(row[name]), COLUMNS[name], tops[name]) if row[name] else "" for name in columns]
    return Group(unguarded(row["group"]), row["genetic_code"], int(row["sequences"]), int(row["codons"]), values)


def _tables(material: Material) -> Iterator[tuple[str, str, dict[str, Cell]]]:
    with material.opened_csv(flow.BY_GROUP_CSV) as file:
        reader = csv.DictReader(file)
        while rows := list(islice(reader, len(CODONS))):
            yield unguarded(rows[0]["group"]), rows[0]["genetic_code"], cells(_columns(rows))


def _columns(rows: list[dict[str, str]]) -> dict[str, list[Any]]:
    texts = {name: [row[name] for row in rows] for name in ("codon", "amino_acid")}
    numbers = {
        name: [float(row[name]) if row[name] else None for row in rows] for name in ("fraction", "per_thousand", "rscu")
    }
    return {**texts, "count": [int(row["count"]) for row in rows], **numbers}
