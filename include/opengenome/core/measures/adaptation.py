"""How far a sequence uses the codons that a reference prefers. A reference is (64,) counts, e.g. of expressed genes.

Only synonymous codons take part: families of one codon (Met and Trp in the standard code) and stops are left out, and
so is a family that the reference does not have.
"""

from __future__ import annotations

from math import lcm

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.arrays import (
    Floats,
    checked,
    codons_of,
    divide,
    family_totals,
    one_table,
    share,
    synonymous_families,
    weighted_mean,
)

# Sharp & Li's stand-in for a codon that the reference never uses, so that its adaptiveness is not 0.
UNSEEN = 0.5


def seen_or_half(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """The counts of the synonymous codons as float64: an unseen codon of a family that was seen counts one half.

    counts: (..., 64) int. NaN for what takes no part: single codons, stops, families that were not seen.
    Raises ContractError as `rscu`. Source: Sharp & Li 1987.
    """
    table = checked(counts)
    synonymous = np.zeros(len(CODONS), dtype=bool)
    synonymous[codons_of(synonymous_families(code))] = True
    taking_part = synonymous & (family_totals(table, code) > 0)
    return np.where(taking_part, np.maximum(table, UNSEEN), np.nan)


def relative_adaptiveness(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """w: a codon's count over that of the most used codon of its family, above 0 to 1; an unseen codon counts one half.

    counts: (..., 64) int. Returns float64 of that shape; NaN for single codons, stops and empty families.
    Raises ContractError as `rscu`. Source: Sharp & Li 1987.
    """
    used = seen_or_half(counts, code)
    w = np.full(used.shape, np.nan)
    for family in map(list, synonymous_families(code)):
        w[..., family] = used[..., family] / used[..., family].max(axis=-1, keepdims=True)
    return w


def optimal_codons(reference: npt.ArrayLike, code: GeneticCode) -> npt.NDArray[np.bool_]:
    """The most used codon of each synonymous family in the reference, all of them at a tie; (64,) bool.

    Raises ContractError unless the reference is one table.
    """
    return np.asarray(relative_adaptiveness(one_table(reference), code) == 1.0)


def cai(counts: npt.ArrayLike, code: GeneticCode, reference: npt.ArrayLike) -> Floats:
    """Codon adaptation index: the geometric mean of w over the synonymous codons, above 0 to 1.

    counts: (..., 64) int; reference: (64,) int. Returns float64 (...); NaN where no codon with a w was counted.
    Raises ContractError as `rscu`, and unless the reference is one table. Source: Sharp & Li 1987.
    """
    return np.exp(weighted_mean(checked(counts), np.log(relative_adaptiveness(one_table(reference), code))))


def fop(counts: npt.ArrayLike, code: GeneticCode, reference: npt.ArrayLike) -> Floats:
    """Frequency of optimal codons: their share in the synonymous codons, 0 to 1; optimal as `optimal_codons` says.

    counts: (..., 64) int; reference: (64,) int. Returns float64 (...); NaN where no codon of a family that the
    reference has was counted. Raises ContractError as `cai`. Source: Ikemura 1981.
    """
    taking_part = ~np.isnan(seen_or_half(one_table(reference), code))
    optimal = optimal_codons(reference, code)
    return share(checked(counts), np.flatnonzero(optimal).tolist(), np.flatnonzero(taking_part).tolist())


def cbi(counts: npt.ArrayLike, code: GeneticCode, reference: npt.ArrayLike) -> Floats:
    """Codon bias index: (optimal − random) / (all − random), 1 if only optimal codons are used and 0 at random.

    counts: (..., 64) int; reference: (64,) int. Random is each family's count times its share of optimal codons.
    Returns float64 (...), at least −1 if no codons tie in the reference; NaN where nothing can be told: no codon
    counted, or every codon of the families is optimal. Raises ContractError as `cai`. Source: Bennetzen & Hall 1982.
    """
    table, optimal = checked(counts), optimal_codons(reference, code)
    families = [np.array(family) for family in synonymous_families(code) if optimal[list(family)].any()]
    # Times the least common multiple of the sizes, so that the three sums stay integers.
    scale = lcm(*map(len, families))
    best = at_random = total = np.zeros(table.shape[:-1], dtype=np.int64)
    for family in families:
        n = table[..., family].sum(axis=-1)
        best = best + scale * table[..., family[optimal[family]]].sum(axis=-1)
        at_random = at_random + scale // len(family) * optimal[family].sum() * n
        total = total + scale * n
    return divide(best - at_random, total - at_random)
