"""Bases by codon position: content of G and C, and the balance of complementary bases at third positions."""

from __future__ import annotations

import numpy.typing as npt

from opengenome.core.alphabet import BASES, CODONS
from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.arrays import (
    Floats,
    bases,
    boxes,
    checked,
    codons_of,
    divide,
    share,
    synonymous_families,
)

_A, _C, _G, _T = range(len(BASES))


def gc(counts: npt.ArrayLike) -> Floats:
    """Share of G and C in all counted codons, 0 to 1, stops included.

    counts: (..., 64) int. Returns float64 (...); NaN where nothing was counted. Raises ContractError as `checked`.
    """
    return _gc_at(counts, 0, 1, 2)


def gc1(counts: npt.ArrayLike) -> Floats:
    """Share of G and C at first positions. Shape, missing and errors as `gc`."""
    return _gc_at(counts, 0)


def gc2(counts: npt.ArrayLike) -> Floats:
    """Share of G and C at second positions. Shape, missing and errors as `gc`."""
    return _gc_at(counts, 1)


def gc3(counts: npt.ArrayLike) -> Floats:
    """Share of G and C at third positions. Shape, missing and errors as `gc`."""
    return _gc_at(counts, 2)


def gc12(counts: npt.ArrayLike) -> Floats:
    """Share of G and C at first and second positions together: the ordinate of a neutrality plot.

    Shape, missing and errors as `gc`. Source: Sueoka 1988.
    """
    return _gc_at(counts, 0, 1)


def gc3s(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Share of G and C at third positions of the families of two or more codons, without stops.

    counts: (..., 64) int. Returns float64 (...); NaN where no such codon was counted. Errors as `gc`.
    Source: Wright 1990.
    """
    synonymous = codons_of(synonymous_families(code))
    return share(checked(counts), (i for i in synonymous if CODONS[i][2] in "GC"), synonymous)


def gc3_skew(counts: npt.ArrayLike) -> Floats:
    """(G − C) / (G + C) at third positions of all counted codons, −1 to 1; NaN where neither occurs there.

    Shape and errors as `gc`. Source: Lobry 1996.
    """
    return _skew(counts, _G, _C)


def at3_skew(counts: npt.ArrayLike) -> Floats:
    """(A − T) / (A + T) at third positions of all counted codons, −1 to 1; NaN where neither occurs there.

    Shape and errors as `gc`. Source: Lobry 1996.
    """
    return _skew(counts, _A, _T)


def pr2_gc(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """G3 / (G3 + C3) in boxes of four synonymous codons: the abscissa of a PR2 plot, 0.5 without bias.

    counts: (..., 64) int. A box shares its first two bases, so a family of six gives its four. Returns float64 (...);
    NaN where no such codon was counted. Errors as `gc`. Source: Sueoka 1995.
    """
    return _parity(counts, code, "GC")


def pr2_at(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """A3 / (A3 + T3) in boxes of four synonymous codons: the ordinate of a PR2 plot. Otherwise as `pr2_gc`."""
    return _parity(counts, code, "AT")


def _gc_at(counts: npt.ArrayLike, *positions: int) -> Floats:
    at = bases(counts)[list(positions)]
    return divide((at[:, _C] + at[:, _G]).sum(axis=0), at.sum(axis=(0, 1)))


def _skew(counts: npt.ArrayLike, plus: int, minus: int) -> Floats:
    third = bases(counts)[2]
    return divide(third[plus] - third[minus], third[plus] + third[minus])


def _parity(counts: npt.ArrayLike, code: GeneticCode, pair: str) -> Floats:
    fourfold = codons_of(box for box in boxes(code) if len(box) == 4)
    of = [i for i in fourfold if CODONS[i][2] in pair]
    return share(checked(counts), (i for i in of if CODONS[i][2] == pair[0]), of)
