"""All measures in one table: what each is called, needs and ranges over. `names` has their names for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any

import numpy.typing as npt

from opengenome.core.measures import adaptation, composition, effective_number, order, protein, synonymous, trna
from opengenome.core.measures.arrays import Checked, Floats, checked
from opengenome.errors import ContractError


class For(StrEnum):
    """What one value of a measure belongs to."""

    CODON = "codon"
    AMINO_ACID = "amino acid"
    SEQUENCE = "sequence"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: its function of (..., 64) counts and of what it needs besides, in this order.

    needs: of "code" (a GeneticCode), "reference" and "trna" (tables of 64). range: lowest and highest value possible.
    """

    function: Callable[..., Floats]
    needs: tuple[str, ...]
    range: tuple[float, float]
    citation: str
    value_for: For = For.SEQUENCE

    def __call__(self, counts: npt.ArrayLike | Checked, **given: Any) -> Floats:
        """The measure of the counts. Raises ContractError if something it needs is not given, and as its function."""
        if missing := [need for need in self.needs if given.get(need) is None]:
            raise ContractError(f"{self.function.__name__} cannot be computed without {' and '.join(missing)}")
        return self.function(counts, *(given[need] for need in self.needs))


_CODE = ("code",)
_REFERENCE = ("code", "reference")
_SHARE = (0.0, 1.0)
_SKEW = (-1.0, 1.0)

MEASURES: dict[str, Measure] = {
    "fraction": Measure(synonymous.fraction, _CODE, _SHARE, "EMBOSS cusp", For.CODON),
    "per_thousand": Measure(synonymous.per_thousand, (), (0.0, 1000.0), "EMBOSS cusp", For.CODON),
    "rscu": Measure(synonymous.rscu, _CODE, (0.0, 64.0), "Sharp, Tuohy & Mosurski 1986", For.CODON),
    "w": Measure(adaptation.relative_adaptiveness, _CODE, _SHARE, "Sharp & Li 1987", For.CODON),
    "amino_acid_usage": Measure(protein.amino_acid_usage, _CODE, _SHARE, "Lobry & Gautier 1994", For.AMINO_ACID),
    "gc": Measure(composition.gc, (), _SHARE, "EMBOSS cusp"),
    "gc1": Measure(composition.gc1, (), _SHARE, "EMBOSS cusp"),
    "gc2": Measure(composition.gc2, (), _SHARE, "EMBOSS cusp"),
    "gc3": Measure(composition.gc3, (), _SHARE, "EMBOSS cusp"),
    "gc12": Measure(composition.gc12, (), _SHARE, "Sueoka 1988"),
    "gc3s": Measure(composition.gc3s, _CODE, _SHARE, "Wright 1990"),
    "gc3_skew": Measure(composition.gc3_skew, (), _SKEW, "Lobry 1996"),
    "at3_skew": Measure(composition.at3_skew, (), _SKEW, "Lobry 1996"),
    "pr2_gc": Measure(composition.pr2_gc, _CODE, _SHARE, "Sueoka 1995"),
    "pr2_at": Measure(composition.pr2_at, _CODE, _SHARE, "Sueoka 1995"),
    "enc_wright": Measure(effective_number.enc_wright, _CODE, (20.0, 64.0), "Wright 1990"),
    "enc_sun": Measure(effective_number.enc_sun, _CODE, (20.0, 64.0), "Sun, Yang & Xia 2013"),
    "enc_expected": Measure(effective_number.enc_expected, _CODE, (31.0, 61.0), "Wright 1990"),
    "scuo": Measure(order.scuo, _CODE, _SHARE, "Wan, Xu, Kleinhofs & Zhou 2004"),
    "gravy": Measure(protein.gravy, _CODE, (-4.5, 4.5), "Kyte & Doolittle 1982"),
    "aromaticity": Measure(protein.aromaticity, _CODE, _SHARE, "Lobry & Gautier 1994"),
    "cai": Measure(adaptation.cai, _REFERENCE, _SHARE, "Sharp & Li 1987"),
    "fop": Measure(adaptation.fop, _REFERENCE, _SHARE, "Ikemura 1981"),
    "cbi": Measure(adaptation.cbi, _REFERENCE, (-inf, 1.0), "Bennetzen & Hall 1982"),
    "milc": Measure(order.milc, _REFERENCE, (-inf, inf), "Supek & Vlahoviček 2005"),
    "tai": Measure(trna.tai, ("code", "trna"), _SHARE, "dos Reis, Savva & Wernisch 2004"),
}

# What they are called that have one value for a sequence.
OF_SEQUENCES = tuple(name for name, measure in MEASURES.items() if measure.value_for is For.SEQUENCE)


def by_sequence(counts: npt.ArrayLike, **given: Any) -> dict[str, Floats]:
    """Every measure with one value for a sequence that can be computed from what is given: name to float64 (...).

    counts: (..., 64) int; given: as `Measure.needs`, None as good as absent. Raises ContractError as the measures.
    """
    table = Checked(checked(counts))
    at_hand = {name for name, value in given.items() if value is not None}
    return {name: MEASURES[name](table, **given) for name in OF_SEQUENCES if at_hand.issuperset(MEASURES[name].needs)}
