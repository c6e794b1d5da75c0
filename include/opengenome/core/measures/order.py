"""How far synonymous usage is from even (SCUO), and from that of a reference (MILC)."""

from __future__ import annotations

from math import log

import numpy as np
import numpy.typing as npt

from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.adaptation import seen_or_half
from opengenome.core.measures.arrays import (
    Counts,
    Floats,
    by_codon,
    codons_of,
    divide,
    one_table,
    sense_families,
    sums,
    synonymous_families,
)


def scuo(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Synonymous codon usage order: 0 where synonymous codons are used evenly, 1 where each family uses one codon.

    counts: (..., 64) int. 1 − entropy / largest entropy of each synonymous family, weighted by its codons.
    Returns float64 (...); NaN where no synonymous codon was counted. Raises ContractError as `rscu`.
    Source: Wan, Xu, Kleinhofs & Zhou 2004.
    """
    table, families = by_codon(counts), synonymous_families(code)
    # n · (1 − H / ln m) of each family, with n·H = −Σ x ln(x / n); families of one size m are added together.
    orders = []
    for size in sorted({len(family) for family in families}):
        x = table[[family for family in families if len(family) == size],]
        n = x.sum(axis=1)
        surprises = _surprise(x, divide(x, n[:, None]))
        orders.append(n.sum(axis=0) + sums(surprises.reshape(len(n) * size, *n.shape[1:])) / log(size))
    order = divide(sums(orders), table[codons_of(families)].sum(axis=0))
    return np.clip(order, 0, 1)  # rounding: an even family may end some 1e-17 below 0


def milc(counts: npt.ArrayLike, code: GeneticCode, reference: npt.ArrayLike) -> Floats:
    """Measure independent of length and composition: the distance of usage from that of a reference, near 0 if alike.

    counts: (..., 64) int; reference: (64,) int. 2 Σ x ln(x / expected) / L − (Σ (m − 1) / L − 0.5): m the sizes of the
    families in the sequence, L its sense codons. An unseen codon of the reference counts one half; a family that the
    reference does not have is left out. Returns float64 (...), below 0 for some short sequences; NaN where no
    synonymous codon is left. Raises ContractError as `cai`. Source: Supek & Vlahoviček 2005.
    """
    table, expected = by_codon(counts), seen_or_half(one_table(reference), code)
    known = [family for family in synonymous_families(code) if not np.isnan(expected[list(family)]).any()]
    single = [family for family in sense_families(code) if len(family) == 1]
    distance, freedom = [np.zeros(table.shape[1:])], np.zeros(table.shape[1:], dtype=np.int64)
    for family in map(list, known):
        x, g = table[family], expected[family].reshape(-1, *[1] * (table.ndim - 1))
        n = x.sum(axis=0)
        distance.append(2 * sums(_surprise(x, divide(x, n) / (g / g.sum()))))
        freedom = freedom + (len(family) - 1) * (n > 0)
    length = np.where(freedom > 0, table[codons_of([*known, *single])].sum(axis=0), 0)
    return divide(sums(distance) - freedom, length) + 0.5


def _surprise(counts: Counts, ratio: Floats) -> Floats:
    """x ln(ratio); 0 where x is 0."""
    logarithms: Floats = np.log(np.where(counts > 0, ratio, 1))  # faster than a logarithm with `where`
    return counts * logarithms
