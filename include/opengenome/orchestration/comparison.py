"""Two codon tables side by side, as numbers: for JSON, for CSV, for `compare` and for its page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from math import isfinite
from typing import Any

from opengenome.core import comparing
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.arrays import Floats
from opengenome.core.measures.synonymous import fraction, per_thousand, rscu
from opengenome.io.usage_tables import UsageTable

TITLES = {"per_thousand": "per thousand", "rscu": "RSCU", "fraction": "fraction"}  # of the measures
_RATIO = ("log2_ratio", "low", "high")
_COLUMNS: dict[str, Callable[[UsageTable], list[Any]]] = {
    "amino_acid": lambda table: list(table.amino_acids),
    "count": lambda table: list(table.counts),
    "per_thousand": lambda table: per_thousand(table.counts).tolist(),
    "fraction": lambda table: fraction(table.counts, table.code).tolist(),
    "rscu": lambda table: rscu(table.counts, table.code).tolist(),
}


@dataclass(frozen=True)
class Comparison:
    """Two tables and what follows from them. A table that does not say what its codons mean is read under the other's.

    If neither says it, both are read under genetic code 1.
    """

    a: UsageTable
    b: UsageTable

    @classmethod
    def of(cls, a: UsageTable, b: UsageTable) -> Comparison:
        letters = a.amino_acids or b.amino_acids or genetic_code(1).amino_acids
        return cls(*(one if one.amino_acids else replace(one, amino_acids=letters, told=False) for one in (a, b)))

    @cached_property
    def differing(self) -> list[str]:
        """The codons that mean another amino acid in the other table."""
        meanings = zip(CODONS, self.a.amino_acids, self.b.amino_acids, strict=True)
        return [f"{codon} ({one}, {other})" for codon, one, other in meanings if one != other]

    @property
    def cautions(self) -> list[str]:
        """A sentence for each table of several genetic codes."""
        return [f"{letter}: {one.caution}" for letter, one in (("A", self.a), ("B", self.b)) if one.caution]

    @cached_property
    def likenesses(self) -> dict[str, comparing.Likeness]:
        code = None if self.differing else self.a.code
        return comparing.likenesses(self.a.counts, self.b.counts, code)

    @cached_property
    def divergences(self) -> dict[str, float]:
        """In bits, by the name of its JSON key."""
        a, b = self.a.counts, self.b.counts
        return {
            "kullback_leibler_a_b": comparing.kullback_leibler(a, b),
            "kullback_leibler_b_a": comparing.kullback_leibler(b, a),
            "jensen_shannon": comparing.jensen_shannon(a, b),
        }

    @cached_property
    def ratios(self) -> Floats:
        return comparing.log_ratios(self.a.counts, self.b.counts)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """64 rows, codons alphabetical; None if missing."""
        by_name: dict[str, list[Any]] = {"codon": list(CODONS)}
        for name, column in _COLUMNS.items():
            by_name |= {f"{name}_a": column(self.a), f"{name}_b": column(self.b)}
        by_name |= {name: self.ratios[:, at].tolist() for at, name in enumerate(_RATIO)}
        return [
            {name: _figure(value) for name, value in zip(by_name, row, strict=True)}
            for row in zip(*by_name.values(), strict=True)
        ]

    @property
    def by_difference(self) -> list[dict[str, Any]]:
        """The rows with a ratio, the greatest difference first."""
        told = [row for row in self.rows if row["log2_ratio"] is not None]
        return sorted(told, key=lambda row: (-abs(row["log2_ratio"]), row["codon"]))

    def answer(self) -> dict[str, Any]:
        """For scripts; docs/usage.md explains each key."""
        facts = ("title", "run", "proven", "genetic_code", "codons")
        likenesses = dict.fromkeys(TITLES) | {
            name: {key: _figure(value) for key, value in asdict(found).items()}
            for name, found in self.likenesses.items()
        }
        return {
            "a": {name: getattr(self.a, name) for name in facts},
            "b": {name: getattr(self.b, name) for name in facts},
            "codons_that_differ_in_meaning": self.differing,
            **likenesses,
            **{name: _figure(value) for name, value in self.divergences.items()},
            "by_codon": self.rows,
        }

    def csv(self) -> str:
        """The 64 rows as CSV; an empty cell is missing."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()


def _figure(value: Any) -> Any:
    """The value as JSON takes it: None for NaN and for infinity."""
    return None if isinstance(value, float) and not isfinite(value) else value
