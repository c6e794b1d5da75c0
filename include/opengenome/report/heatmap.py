"""The codon table in the layout of the genetic code: one heat map for the report and for the pages inside Airflow.

`files/heatmap.html` draws it, with the style of `files/heatmap.css`. It needs no script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from math import log
from typing import Any

from jinja2 import PackageLoader

from opengenome.core.genetic_code import STOP
from opengenome.core.measures.names import NAMES, Name
from opengenome.errors import number_of
from opengenome.report.rounding import rounded

BASES = "TCAG"  # the order in which biologists print the genetic code
STEPS = 12  # of the colour scale, from 0
_LARGEST_FAMILY = 6  # codons of an amino acid in NCBI's standard code
AMINO_ACIDS = {
    **{"A": "Alanine", "R": "Arginine", "N": "Asparagine", "D": "Aspartic acid", "C": "Cysteine"},
    **{"Q": "Glutamine", "E": "Glutamic acid", "G": "Glycine", "H": "Histidine", "I": "Isoleucine"},
    **{"L": "Leucine", "K": "Lysine", "M": "Methionine", "F": "Phenylalanine", "P": "Proline"},
    **{"S": "Serine", "T": "Threonine", "W": "Tryptophan", "Y": "Tyrosine", "V": "Valine"},
    **{"U": "Selenocysteine", "O": "Pyrrolysine", STOP: "Stop"},
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of the codon table. digits: shown after the point."""

    column: str
    digits: int
    name: Name

    @property
    def meaning(self) -> str:
        return f"{self.name.title}: {self.name.scale}." if self.name.scale else f"{self.name.title}."

    def shown(self, value: float) -> str:
        return rounded(value, self.digits, {"fraction": 1, "per_thousand": 1000}.get(self.column))


MEASURES = (
    Measure("count", 0, Name("Counts", "How often each codon was counted", "")),
    *(
        Measure(column, digits, NAMES[column])
        for column, digits in {"per_thousand": 2, "fraction": 3, "rscu": 3}.items()
    ),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of a codon. exact: as the published table has it. level: of its colour, 0 to STEPS; -1 if missing."""

    measure: Measure
    text: str
    exact: str
    level: int

    @property
    def missing(self) -> str:
        return f"Not defined because {self.measure.name.missing}"


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
class HeatMap:
    """layout: first base → third base → the cells of the four second bases."""

    caption: str
    measures: tuple[Measure, ...]
    scales: list[Scale]
    steps: range
    bases: str
    layout: list[tuple[str, list[tuple[str, list[Cell]]]]]


def heat_map(table: Mapping[str, Sequence[Any]], code: str = "") -> HeatMap:
    """Of a codon table: its columns. code: that of its amino acids, such as `genetic code 1 (Standard)`, if known."""
    codons = number_of(sum(table["count"]), "codon")
    letters = f", with the amino acids of {code}" if code else ""
    caption = f"{codons}{letters}; stops have a dashed frame"
    return HeatMap(caption, MEASURES, list(scales(table)), range(STEPS + 1), BASES, layout(cells(table)))


def templates() -> PackageLoader:
    """Where jinja2 finds heatmap.html."""
    return PackageLoader(__package__, "files")


def style() -> str:
    return (resources.files(__package__) / "files" / "heatmap.css").read_text(encoding="utf-8")
