"""Ordination: sequences and codons as points on the few axes along which codon usage differs most.

All three analyses use the codons of families of two or more, stops left out. Beyond `MOST` sequences they use a sample,
and the result says so. The sign of an axis is arbitrary: here the codon that lies furthest out is on the positive side.

The axes are eigenvectors of a product of at most 64 × 64 numbers. `einsum` makes it, because a BLAS adds up in an order
that depends on its number of threads, and then two tasks of one run could differ in the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.arrays import Counts, Floats, checked, codons_of, synonymous_families
from opengenome.core.measures.synonymous import rscu
from opengenome.errors import ContractError

MOST = 20_000  # sequences; a quarter of a second and some 50 MB on one core
AXES = 4
_NOTHING, _OF_ALL = 1e-20, 1e-12  # an eigenvalue below one of them, or below that share of their sum, is rounding

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ordination:
    """The axes of an analysis, the most telling first; k of them, fewer than asked for if usage varies in fewer ways.

    given: how many sequences there were. sequences: (n,) positions of the analysed ones among them, ascending.
    codons: (c,) indices of the codons that occur, ascending. of_sequences: (n, k) and of_codons: (c, k) coordinates.
    eigenvalues: (k,) inertia or variance of each axis. share: (k,) of the total, 0 to 1. left_out: how many sequences
    of the sample have no synonymous codon.
    """

    given: int
    sequences: Ints
    codons: Ints
    of_sequences: Floats
    of_codons: Floats
    eigenvalues: Floats
    share: Floats
    left_out: int

    @property
    def sampled(self) -> bool:
        """Whether only a sample was analysed."""
        return self.given > MOST


def correspondence_of_counts(counts: npt.ArrayLike, code: GeneticCode, axes: int = AXES) -> Ordination:
    """Correspondence analysis of codon counts; amino acid usage takes part in the axes.

    counts: (n, 64) int. Coordinates are principal ones for sequences and for codons, as codonW's `-coa_cu` has them.
    Raises ContractError as `rscu`, and unless the counts have two dimensions. Source: Greenacre 1984; Perrière &
    Thioulouse 2002.
    """
    return _ordination(counts, code, axes, lambda table, codons: _correspondence(table[:, codons]))


def correspondence_of_rscu(
    counts: npt.ArrayLike, code: GeneticCode, axes: int = AXES, codons: Sequence[int] = ()
) -> Ordination:
    """Correspondence analysis of RSCU: synonymous usage alone.

    codons: use only these, as `comparable` gives them; by default all synonymous ones. A family that a sequence does
    not have enters as 0, as in codonW's `-coa_rscu`, whose figures these are. Such sequences lie further out than their
    usage does: prefer counts, or leave short sequences out. Otherwise as `correspondence_of_counts`.
    """
    return _ordination(
        counts, code, axes, lambda table, used: _correspondence(np.nan_to_num(rscu(table, code))[:, used]), codons
    )


def pca_of_rscu(counts: npt.ArrayLike, code: GeneticCode, axes: int = AXES, codons: Sequence[int] = ()) -> Ordination:
    """Principal components of RSCU, centred and not scaled.

    codons: as in `correspondence_of_rscu`. A family that a sequence does not have enters as the mean of the sequences
    that have it, so that it moves the sequence on no axis. of_sequences: scores; of_codons: loadings (unit vectors);
    eigenvalues: variances (n − 1). Otherwise as `correspondence_of_counts`. Source: Pearson 1901; Suzuki, Brown, Forney
    & Top 2008.
    """
    return _ordination(counts, code, axes, lambda table, used: _principal(rscu(table, code)[:, used]), codons)


def comparable(codes: Iterable[GeneticCode]) -> list[int]:
    """The codons whose RSCU means the same in all codes, ascending: of the synonymous families that all have."""
    shared = set.intersection(*(set(synonymous_families(code)) for code in codes))
    return sorted(codons_of(shared))


def sample(sequences: int) -> Ints:
    """The positions of the sequences that are analysed, ascending: all, or `MOST` of them.

    The sample has the smallest hashes (SplitMix64 of the position), so it depends on the number of sequences alone.
    """
    if sequences <= MOST:
        return np.arange(sequences, dtype=np.int64)
    return np.sort(np.argpartition(_hashes(sequences), MOST)[:MOST]).astype(np.int64)


_Analysis = tuple[Floats, Floats, Floats]  # coordinates of the rows, coordinates of the columns, eigenvalues


def _ordination(
    counts: npt.ArrayLike,
    code: GeneticCode,
    axes: int,
    analysis: Callable[[Counts, Ints], _Analysis],
    codons: Sequence[int] = (),
) -> Ordination:
    """Choose the sequences and codons, analyse them, and keep the first axes with their signs settled."""
    table = checked(counts)
    if table.ndim != 2:
        raise ContractError(f"Counts have the shape {table.shape}, but a row for each sequence is needed")
    positions = sample(len(table))
    synonymous = np.array(codons or sorted(codons_of(synonymous_families(code))), dtype=np.int64)
    chosen = table[np.ix_(positions, synonymous)]
    rows, columns = chosen.any(axis=1), chosen.any(axis=0)
    of_sequences, of_codons, eigenvalues = analysis(table[positions[rows]], synonymous[columns])
    kept = slice(min(axes, int((eigenvalues > max(_NOTHING, _OF_ALL * eigenvalues.sum())).sum())))
    signs = _signs(of_codons[:, kept])
    return Ordination(
        given=len(table),
        sequences=positions[rows],
        codons=synonymous[columns],
        of_sequences=of_sequences[:, kept] * signs,
        of_codons=of_codons[:, kept] * signs,
        eigenvalues=eigenvalues[kept],
        share=eigenvalues[kept] / (eigenvalues.sum() or 1.0),
        left_out=int((~rows).sum()),
    )


def _correspondence(values: npt.NDArray[np.number]) -> _Analysis:
    """Of a table without negative values, empty rows or empty columns: principal coordinates and inertias."""
    shares: Floats = np.asarray(values / (values.sum() or 1.0), dtype=np.float64)
    of_rows, of_columns = shares.sum(axis=1), shares.sum(axis=0)
    expected = np.outer(of_rows, of_columns)
    scores, axes, inertias = _decomposed((shares - expected) / np.sqrt(expected))
    return scores / np.sqrt(of_rows)[:, None], axes * np.sqrt(inertias) / np.sqrt(of_columns)[:, None], inertias


def _principal(values: Floats) -> _Analysis:
    """Of values, NaN where missing: scores, loadings and variances."""
    known = ~np.isnan(values)
    mean = np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
    scores, axes, squares = _decomposed(np.where(known, values - mean, 0.0))
    return scores, axes, squares / max(1, len(values) - 1)


def _decomposed(values: Floats) -> _Analysis:
    """A singular value decomposition: rows on the axes, axes as unit vectors in columns, squared singular values."""
    squares, axes = np.linalg.eigh(np.einsum("ni,nj->ij", values, values))
    squares, axes = np.maximum(squares[::-1], 0.0), np.ascontiguousarray(axes[:, ::-1])
    return np.einsum("ni,ij->nj", values, axes), axes, squares


def _signs(of_codons: Floats) -> Floats:
    """For each axis 1 or −1, so that its furthest codon is positive; of equally far ones the first."""
    if not of_codons.size:
        return np.ones(of_codons.shape[1])
    furthest = np.abs(of_codons).round(9).argmax(axis=0)
    return np.where(of_codons[furthest, np.arange(of_codons.shape[1])] < 0, -1.0, 1.0)


def _hashes(n: int) -> npt.NDArray[np.uint64]:
    """SplitMix64 of 0 to n − 1 (Steele, Lea & Flood 2014): an invertible mixing of 64 bits, so no two are equal."""
    z = (np.arange(n, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
