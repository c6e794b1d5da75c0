"""The usage of each amino acid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opengenome.core.genetic_code import STOP
from opengenome.report.heatmap import AMINO_ACIDS
from opengenome.report.rounding import rounded


@dataclass(frozen=True, slots=True)
class AminoAcid:
    """The usage of an amino acid. share: of all counted codons, 0 to 1; None if nothing was counted.

    codons: (codon, RSCU as text, "" if undefined), the most used one first.
    """

    letter: str
    name: str
    count: int
    share: float | None
    codons: list[tuple[str, str]]


def amino_acids(table: Mapping[str, Sequence[Any]]) -> list[AminoAcid]:
    """By name, stops last."""
    families = defaultdict(list)
    for codon, letter, count, rscu in zip(
        table["codon"], table["amino_acid"], table["count"], table["rscu"], strict=True
    ):
        families[letter].append((codon, count, rscu))
    total, made = sum(table["count"]), []
    for letter, family in families.items():
        count = sum(number for _, number, _ in family)
        ordered = sorted(family, key=lambda one: (-one[1], one[0]))
        codons = [(codon, "" if rscu is None else rounded(rscu, 3)) for codon, _, rscu in ordered]
        made.append(AminoAcid(letter, AMINO_ACIDS.get(letter, letter), count, count / total if total else None, codons))
    return sorted(made, key=lambda one: (one.letter == STOP, one.name))
