"""Compare two codon tables: how alike they are as a whole, and how often each codon occurs in one and in the other.

Pure arithmetic of two vectors, or of two tables of 64 counts. NaN means missing. Sums are correctly rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, inf, log, nan, sqrt

import numpy as np
import numpy.typing as npt

from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.arrays import Floats, codons_of, one_table, synonymous_families
from opengenome.core.measures.synonymous import fraction, per_thousand, rscu

# The two-sided 95 % point of the normal distribution.
Z95 = 1.959963984540054
# Added to a count and to its total, so that a codon that one table lacks has a finite ratio (Walter 1975).
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two vectors are, over the codons that have a value in both. NaN where it cannot be told."""

    codons: int
    pearson: float
    spearman: float
    cosine: float


def likeness(x: npt.ArrayLike, y: npt.ArrayLike) -> Likeness:
    """x, y: (64,) values, NaN where missing."""
    a, b = _floats(x), _floats(y)
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    return Likeness(len(a), pearson(a, b), spearman(a, b), cosine(a, b))


def likenesses(a: npt.ArrayLike, b: npt.ArrayLike, code: GeneticCode | None) -> dict[str, Likeness]:
    """The likeness of two tables by measure: `per_thousand` over all codons, stops included; `rscu` and `fraction`.

    a, b: (64,) int counts. code: of both; None if they differ, and then there is no `rscu` and no `fraction`. These
    are over the codons of families of two or more that both tables have, without stops: others tell nothing.
    Raises ContractError as `one_table`.
    """
    a, b = one_table(a), one_table(b)
    found = {"per_thousand": likeness(per_thousand(a), per_thousand(b))}
    if code is not None:
        synonymous = codons_of(synonymous_families(code))
        for name, measure in (("rscu", rscu), ("fraction", fraction)):
            found[name] = likeness(measure(a, code)[synonymous], measure(b, code)[synonymous])
    return found


def pearson(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Pearson's correlation of two vectors (n,), −1 to 1; NaN if one does not vary. Source: Pearson 1895."""
    return cosine(_centred(x), _centred(y))


def spearman(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Pearson's correlation of the ranks, ties sharing their mean rank; as `pearson`. Source: Spearman 1904."""
    return pearson(_ranks(x), _ranks(y))


def cosine(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """The cosine of the angle between two vectors (n,), −1 to 1; NaN if one is 0 throughout."""
    a, b = _floats(x), _floats(y)
    lengths = sqrt(fsum(a * a) * fsum(b * b))
    return max(-1.0, min(1.0, fsum(a * b) / lengths)) if lengths else nan


def kullback_leibler(p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """Σ P log₂(P / Q), in bits: what it costs to describe P by Q; 0 if they are equal.

    p, q: (n,) counts, or any multiples of the frequencies. A codon that P lacks adds nothing; one that only Q lacks
    makes the result infinite. NaN if a table is empty. Source: Kullback & Leibler 1951.
    """
    a, b = _frequencies(p), _frequencies(q)
    if a is None or b is None:
        return nan
    here = a > 0
    if (b[here] == 0).any():
        return inf
    return max(0.0, fsum(a[here] * np.log2(a[here] / b[here])))


def jensen_shannon(p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """The mean divergence of P and of Q from their average, in bits, 0 to 1. It is finite and the same both ways.

    p, q: as in `kullback_leibler`. NaN if a table is empty. Source: Lin 1991.
    """
    a, b = _frequencies(p), _frequencies(q)
    if a is None or b is None:
        return nan
    middle = (a + b) / 2
    return min(1.0, (kullback_leibler(a, middle) + kullback_leibler(b, middle)) / 2)


def log_ratios(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """log₂ of each codon's frequency in A over that in B, with a 95 % interval: (64, 3) float64: ratio, low, high.

    a, b: (64,) int counts. With x of m codons in A and y of n in B: ln((x+½)/(m+½)) − ln((y+½)/(n+½)) (Walter 1975),
    standard error √(1/(x+½) − 1/(m+½) + 1/(y+½) − 1/(n+½)) (Pettigrew, Gart & Thomas 1986), divided by ln 2.
    The interval takes codons as drawn independently. NaN for a codon that neither table has, and throughout if a table
    is empty. Raises ContractError as `one_table`.
    """
    (x, m), (y, n) = _halves(a), _halves(b)
    ratio = (np.log(x / m) - np.log(y / n)) / log(2)
    reach = Z95 * np.sqrt(1 / x - 1 / m + 1 / y - 1 / n) / log(2)
    found = np.stack([ratio, ratio - reach, ratio + reach], axis=-1)
    found[(x + y == 2 * HALF) | (min(m, n) == HALF)] = np.nan
    return found


def _floats(values: npt.ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _centred(values: npt.ArrayLike) -> Floats:
    """The values less their mean; exactly 0 if they do not vary."""
    x = _floats(values)
    return np.zeros_like(x) if not len(x) or x.min() == x.max() else x - fsum(x) / len(x)


def _ranks(values: npt.ArrayLike) -> Floats:
    """Ranks from 1, ties sharing their mean."""
    _, at, times = np.unique(_floats(values), return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    mean: Floats = ((last - times + 1) + last) / 2
    return mean[at]


def _frequencies(values: npt.ArrayLike) -> Floats | None:
    x = _floats(values)
    total = fsum(x)
    return x / total if total else None


def _halves(counts: npt.ArrayLike) -> tuple[Floats, float]:
    """The counts and their total, a half added to each."""
    table = one_table(counts)
    return table.astype(np.float64) + HALF, int(table.sum()) + HALF
