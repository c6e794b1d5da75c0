"""How often a codon is used: within its family, and among all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.arrays import Floats, checked, divide, family_totals


def rscu(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Relative synonymous codon usage: the count over the mean count of its family, stops and single codons included.

    counts: (..., 64) int, codons alphabetical. Returns float64 of that shape; NaN where the family is empty.
    Raises ContractError if the last axis is not 64 or a count is no non-negative integer.
    Source: Sharp, Tuohy & Mosurski 1986.
    """
    table = checked(counts)
    sizes = np.array([len(code.families[amino_acid]) for amino_acid in code.amino_acids], dtype=np.int64)
    return divide(table * sizes, family_totals(table, code))


def fraction(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Share of a codon in its family, 0 to 1.

    counts: (..., 64) int, codons alphabetical. Returns float64 of that shape; NaN where the family is empty.
    Raises ContractError as `rscu`. Source: the Fraction column of EMBOSS cusp.
    """
    table = checked(counts)
    return divide(table, family_totals(table, code))


def per_thousand(counts: npt.ArrayLike) -> Floats:
    """Codons in a thousand counted codons, stops included.

    counts: (..., 64) int, codons alphabetical. Returns float64 of that shape; NaN where nothing was counted.
    Raises ContractError as `rscu`. Source: the Frequency column of EMBOSS cusp.
    """
    table = checked(counts)
    return divide(table * 1000, table.sum(axis=-1, keepdims=True))
