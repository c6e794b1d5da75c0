"""The effective number of codons: about 20 where each amino acid uses one codon, all sense codons if usage is even."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.arrays import Floats, boxes, codons_of, divide, exact, sense_families, sums
from opengenome.core.measures.composition import gc3s


def enc_wright(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Effective number of codons from the mean homozygosity F of the families of each size.

    counts: (..., 64) int. F of a family needs two codons and is left out at 0; a missing 3-fold mean is that of the 2-
    and 4-fold ones. Returns float64 (...), at most the number of sense codons; NaN where another size of family has no
    F. Raises ContractError as `rscu`. Source: Wright 1990.
    """
    table, families = np.moveaxis(exact(counts), -1, 0), sense_families(code)
    mean = {1: np.ones(table.shape[1:])}  # one codon is one effective codon, seen or not
    for size in {len(family) for family in families} - {1}:
        x = table[[family for family in families if len(family) == size],]
        n, squares = x.sum(axis=1), (x * x).sum(axis=1)
        known = (squares > n) & (n > 1)
        # F = (n Σp² − 1) / (n − 1) with p = x/n, times n/n to stay in integers.
        homozygosity = divide(np.where(known, squares - n, 0), np.where(known, n * (n - 1), 1))
        mean[size] = divide(sums(homozygosity), known.sum(axis=0))
    if {2, 3, 4} <= set(mean):
        mean[3] = np.where(np.isnan(mean[3]), (mean[2] + mean[4]) / 2, mean[3])
    effective = sums([1 / mean[len(family)] for family in families])
    return np.minimum(effective, len(codons_of(families)))


def enc_sun(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Effective number of codons with pseudocounts and families weighted by their size in the data.

    counts: (..., 64) int. A family whose codons differ in the first two bases is taken apart there (6-fold: 4 + 2).
    Returns float64 (...), at most the number of sense codons; NaN where no sense codon was counted.
    Raises ContractError as `rscu`. Source: Sun, Yang & Xia 2013.
    """
    table, parts = np.moveaxis(exact(counts), -1, 0), boxes(code)
    terms = [np.full(table.shape[1:], float(sum(len(box) == 1 for box in parts)))]
    for size in sorted({len(box) for box in parts} - {1}):
        padded = table[[box for box in parts if len(box) == size],] + 1
        # Σ (n+m)·F with F = Σ ((x+1)/(n+m))², one exact quotient per family.
        weighted = sums(divide((padded * padded).sum(axis=1), padded.sum(axis=1)))
        terms.append(divide(len(padded) * padded.sum(axis=(0, 1)), weighted))
    effective = np.minimum(sums(terms), len(codons_of(parts)))
    return np.where(table[codons_of(parts)].sum(axis=0) > 0, effective, np.nan)


def enc_expected(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Effective number of codons if GC3s alone decides: `expected_at` of GC3s.

    counts: (..., 64) int. Returns float64 (...); NaN where GC3s is. Errors as `rscu`. Source: Wright 1990.
    """
    return expected_at(gc3s(counts, code))


def expected_at(s: Floats) -> Floats:
    """2 + s + 29 / (s² + (1 − s)²), the curve of an Nc plot: that of the standard code's families. s: GC3s, (...)."""
    return 2 + s + 29 / (s * s + (1 - s) * (1 - s))
