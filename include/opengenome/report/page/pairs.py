"""The pairs of codons that a run prefers and avoids most."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from opengenome import flow
from opengenome.report.material import Material

MOST = 10
FEWEST = 20  # expected pairs, below which chance decides


@dataclass(frozen=True, slots=True)
class Pair:
    """codons, amino_acids: of both, side by side. score: the CPS."""

    codons: str
    amino_acids: str
    count: int
    expected: float
    score: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """scored: how many pairs are expected FEWEST times and occur. preferred, avoided: the extremes, the first first."""

    scored: int
    preferred: list[Pair]
    avoided: list[Pair]


def pairs(material: Material) -> Pairs | None:
    """None if the run has no codon pairs. Memory: 4,096 rows."""
    if not material.has(flow.CODON_PAIRS_CSV):
        return None
    with material.opened_csv(flow.CODON_PAIRS_CSV) as file:
        rows = [_pair(row) for row in csv.DictReader(file) if row["cps"] and float(row["expected"]) >= FEWEST]
    rows.sort(key=lambda pair: (-pair.score, pair.codons))
    return Pairs(
        len(rows), [one for one in rows if one.score > 0][:MOST], [one for one in rows[::-1] if one.score < 0][:MOST]
    )


def _pair(row: dict[str, str]) -> Pair:
    codons = f"{row['first']} {row['second']}"
    return Pair(codons, row["amino_acids"], int(row["count"]), float(row["expected"]), float(row["cps"]))
