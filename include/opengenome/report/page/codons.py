"""The codon table in the layout of the genetic code, and by amino acid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from opengenome.report.rounding import rounded

BASES = "TCAG"  # the order in which biologists print the genetic code
STEPS = 12  # of the colour scale, from 0
STOP = "*"
_LARGEST_FAMILY = 6  # codons of an amino acid in NCBI's standard code
AMINO_ACIDS = {
    **{"A": "Alanine", "R": "Arginine", "N": "Asparagine", "D": "Aspartic acid", "C": "Cysteine"},
    **{"Q": "Glutamine", "E": "Glutamic acid", "G": "Glycine", "H": "Histidine", "I": "Isoleucine"},
    **{"L": "Leucine", "K": "Lysine", "M": "Methionine", "F": "Phenylalanine", "P": "Proline"},
    **{"S": "Serine", "T": "Threonine", "W": "Tryptophan", "Y": "Tyrosine", "V": "Valine"},
    **{"U": "Selenocysteine", "O": "Pyrrolysine", STOP: "Stop"},
}
_NOTHING = "not defined because no codon was counted"
_NO_FAMILY = "not defined because no codon of this amino acid was counted"


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of the codon table. digits: shown after the point. meaning: a sentence. missing: why it may be."""

    column: str
    title: str
    digits: int
    meaning: str
    missing: str = _NO_FAMILY

    def shown(self, value: float) -> str:
        return rounded(value, self.digits, {"fraction": 1, "per_thousand": 1000}.get(self.column))


MEASURES = (
    Measure("count", "Counts", 0, "How often each codon was counted."),
    Measure("per_thousand", "Per thousand", 2, "Of a thousand counted codons.", _NOTHING),
    Measure("fraction", "Fraction", 3, "Its share among the codons of the same amino acid."),
    Measure("rscu", "RSCU", 3, "Relative synonymous codon usage: 1 if all codons of the amino acid are used alike."),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of a codon. exact: as the published table has it. level: of its colour, 0 to STEPS; -1 if missing."""

    measure: Measure
    text: str
    exact: str
    level: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A codon with a figure for each measure."""

    codon: str
    amino_acid: str
    figures: tuple[Figure, ...]

    @property
    def stop(self) -> bool:
        return self.amino_acid == STOP

    @property
    def meaning(self) -> str:
        return AMINO_ACIDS.get(self.amino_acid, self.amino_acid)


def cells(table: Mapping[str, Sequence[Any]]) -> dict[str, Cell]:
    """The cells of a codon table, by codon. table: its columns."""
    tops = {measure.column: _top(measure, table[measure.column]) for measure in MEASURES}
    return {
        codon: Cell(
            codon,
            table["amino_acid"][row],
            tuple(_figure(measure, table[measure.column][row], tops[measure.column]) for measure in MEASURES),
        )
        for row, codon in enumerate(table["codon"])
    }


def _top(measure: Measure, values: Sequence[float | None]) -> float:
    return 1.0 if measure.column == "fraction" else max((value for value in values if value is not None), default=0)


def _figure(measure: Measure, value: float | None, top: float) -> Figure:
    if value is None:
        return Figure(measure, "–", "", -1)
    place = _of_rscu(value) if measure.column == "rscu" else value / top if top else 0.0
    return Figure(measure, measure.shown(value), str(value), round(STEPS * place))


def _of_rscu(value: float) -> float:
    """From 0 to 1, with the middle at an RSCU of 1 and the end at that of a codon that is used for all six."""
    return value / 2 if value <= 1 else min(0.5 + log(value, _LARGEST_FAMILY) / 2, 1.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """What the colours of a measure mean: the values at the ends and, of RSCU, in the middle."""

    measure: Measure
    low: str
    middle: str
    high: str


def scales(table: Mapping[str, Sequence[Any]]) -> Iterator[Scale]:
    """The colour scale of each measure of a codon table."""
    for measure in MEASURES:
        if measure.column == "rscu":
            yield Scale(measure, "0", "1", str(_LARGEST_FAMILY))
        else:
            yield Scale(measure, "0", "", measure.shown(_top(measure, table[measure.column])))


def layout(cells: Mapping[str, Cell]) -> list[tuple[str, list[tuple[str, list[Cell]]]]]:
    """First base → third base → the cells of the four second bases."""
    return [
        (first, [(third, [cells[first + second + third] for second in BASES]) for third in BASES]) for first in BASES
    ]


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
