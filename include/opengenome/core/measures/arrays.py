"""What every measure does with counts: check them, divide them, sum them, and find the families of the code.

Quotients are of exact integers and sums are correctly rounded (`math.fsum`): the same counts give the same bits, alone
or among others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from math import fsum, prod

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import BASES, CODONS
from opengenome.core.genetic_code import STOP, GeneticCode
from opengenome.core.kernels import load_kernels
from opengenome.errors import ContractError

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Family = tuple[int, ...]

# The square of a larger total does not fit the 53 bits of a float64.
_SQUARES_FIT_BELOW = 1 << 26


@dataclass(frozen=True, eq=False)
class Checked:
    """Counts, (..., 64), that `checked` has let pass: several measures of the same counts look at them once."""

    table: Counts

    @cached_property
    def bases(self) -> Counts:
        """How often each base, in the order of `BASES`, stands at each position of the codons: (3, 4, ...)."""
        by_base = by_codon(self).reshape(*[len(BASES)] * 3, *self.table.shape[:-1])
        return np.stack([by_base.sum(axis=others) for others in ((1, 2), (0, 2), (0, 1))])


def checked(counts: npt.ArrayLike | Checked) -> Counts:
    """The counts as int64. Raises ContractError if the last axis is not 64 or a count is no non-negative integer."""
    if isinstance(counts, Checked):
        return counts.table
    array = np.asarray(counts)
    if array.ndim == 0 or array.shape[-1] != len(CODONS):
        raise ContractError(f"Counts have the shape {array.shape}, but their last axis must hold 64 codons")
    if array.dtype.kind not in "iu" or (array < 0).any():
        raise ContractError(f"Counts must be non-negative integers, but are {array.dtype} from {array.min()}")
    return array.astype(np.int64, copy=False)


def bases(counts: npt.ArrayLike | Checked) -> Counts:
    """As `Checked.bases`. Raises ContractError as `checked`."""
    return (counts if isinstance(counts, Checked) else Checked(checked(counts))).bases


def by_codon(counts: npt.ArrayLike | Checked) -> Counts:
    """Checked counts with the codons on the first axis: sums over codons then run along all sequences at once."""
    return np.moveaxis(checked(counts), -1, 0)


def one_table(counts: npt.ArrayLike) -> Counts:
    """The counts of one table, (64,). Raises ContractError as `checked`, and for any other shape."""
    array = checked(counts)
    if array.ndim != 1:
        raise ContractError(f"Counts have the shape {array.shape}, but one table of (64,) is needed")
    return array


def exact(counts: npt.ArrayLike) -> npt.NDArray[np.int64] | npt.NDArray[np.object_]:
    """Checked counts whose squares divide exactly: int64, or Python's integers where a total is too large for that."""
    array = checked(counts)
    fits = not array.size or array.sum(axis=-1).max() < _SQUARES_FIT_BELOW
    return array if fits else array.astype(object)


def divide(above: npt.ArrayLike, below: npt.ArrayLike) -> Floats:
    """above / below, broadcast; NaN where `below` is not positive."""
    divisor = np.asarray(below)
    positive = divisor > 0
    if positive.all():
        return np.asarray(np.asarray(above) / divisor, dtype=np.float64)
    quotients = np.asarray(above) / np.where(positive, divisor, 1)
    return np.where(positive, np.asarray(quotients, dtype=np.float64), np.nan)


def row_sums(values: npt.ArrayLike) -> Floats:
    """As `sums`, over the last axis."""
    return sums(np.moveaxis(np.asarray(values, dtype=np.float64), -1, 0))


def sums(values: npt.ArrayLike) -> Floats:
    """Sums of float64 over the first axis, correctly rounded: they do not depend on the order of terms or of rows.

    All rows are added at once, with the rounding error of each step beside the sum (Ogita, Rump & Oishi 2005). Where
    that does not settle the last bit, `math.fsum` adds the row.
    """
    terms = np.asarray(values, dtype=np.float64)
    rows = np.ascontiguousarray(terms.reshape(len(terms), prod(terms.shape[1:])))
    total, error, doubt = np.zeros((3, rows.shape[1]))
    load_kernels().sum_columns(rows, *rows.shape, total, error, doubt)
    total, rest = _two_sum(total, error)
    doubt = 2 * doubt  # the doubt itself was rounded
    size = np.abs(total)
    half_a_bit = (size - np.nextafter(size, 0)) / 2  # on the side of zero, where the bit may be the smaller one
    settled = (doubt == 0) | (np.abs(rest) + doubt < half_a_bit)  # without doubt, total + error was the exact sum
    if not settled.all():
        settled |= np.isnan(rows).any(axis=0)
    for row in np.flatnonzero(~settled):
        total[row] = fsum(rows[:, row].tolist())
    return total.reshape(terms.shape[1:])


def _two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a + b rounded, and exactly what the rounding lost. Source: Knuth, TAOCP 2, 4.2.2, theorem B."""
    rounded = a + b
    part = rounded - a
    return rounded, (a - (rounded - part)) + (b - part)


def weighted_mean(counts: Counts, weights: Floats) -> Floats:
    """The mean of (64,) weights over the counted codons; a codon of weight NaN is left out. NaN where none is left."""
    known = np.flatnonzero(~np.isnan(weights))
    return divide(row_sums(counts[..., known] * weights[known]), counts[..., known].sum(axis=-1))


def share(counts: Counts, members: Iterable[int], of: Iterable[int]) -> Floats:
    """The codons `members` over the codons `of`; NaN where none of these was counted."""
    return divide(counts[..., list(members)].sum(axis=-1), counts[..., list(of)].sum(axis=-1))


def family_totals(counts: Counts, code: GeneticCode) -> Counts:
    """Each codon's count replaced by the sum of its family; same shape."""
    totals = np.empty_like(counts)
    for family in code.families.values():
        totals[..., family] = counts[..., family].sum(axis=-1, keepdims=True)
    return totals


@cache
def sense_families(code: GeneticCode) -> tuple[Family, ...]:
    """The codons of each amino acid, amino acids alphabetical, stops left out."""
    return tuple(family for amino_acid, family in code.families.items() if amino_acid != STOP)


@cache
def synonymous_families(code: GeneticCode) -> tuple[Family, ...]:
    """The sense families of two or more codons."""
    return tuple(family for family in sense_families(code) if len(family) > 1)


@cache
def boxes(code: GeneticCode) -> tuple[Family, ...]:
    """Sense families, taken apart where the first two bases differ (index // 4): cubar's "subfamilies"."""
    return tuple(box for family in sense_families(code) for box in _split(family))


def codons_of(families: Iterable[Family]) -> list[int]:
    """The codon indices of some families."""
    return [index for family in families for index in family]


def _split(family: Family) -> list[Family]:
    found: dict[int, list[int]] = {}
    for index in family:
        found.setdefault(index // 4, []).append(index)
    return [tuple(box) for box in found.values()]
