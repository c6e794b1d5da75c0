"""Count pairs of adjacent codons in many sequences at once, sparsely: a sequence has few of the 4,096 pairs.

Not part of the flow yet: the counter of batches does not call it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import AMBIGUOUS, CODONS, byte_classes

PAIRS = len(CODONS) ** 2  # index of a pair: 64 · first + second
AMBIGUOUS_CODON = -1

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PairCounts:
    """The pairs of n sequences. starts: (n + 1,) where the entries of each begin.

    pair: (m,) ascending within a sequence. count: (m,) above 0.
    """

    starts: Ints
    pair: Ints
    count: Ints

    def total(self) -> Ints:
        """The pairs of all sequences together, (4096,)."""
        return np.bincount(self.pair, weights=self.count, minlength=PAIRS).astype(np.int64)

    def sequence(self) -> Ints:
        """The sequence of each entry, (m,), from 0."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


def codon_indices(data: npt.NDArray[np.uint8], starts: Ints) -> tuple[Ints, Ints]:
    """The codons of n sequences, one after another, and (n + 1,) where those of each begin.

    data: letters without blanks; starts: (n + 1,) where each sequence begins in it. Every codon is 0 to 63, or
    AMBIGUOUS_CODON. The 1 or 2 bases at the end of a sequence are left out.
    """
    lengths = np.diff(starts) // 3
    begins = np.concatenate([[0], np.cumsum(lengths)])
    at = 3 * np.arange(begins[-1]) + np.repeat(starts[:-1] - 3 * begins[:-1], lengths)
    bases = byte_classes()[data]
    first, second, third = (bases[at + position] for position in range(3))
    ambiguous = (first | second | third) >= AMBIGUOUS  # bases are 0 to 3
    index = 16 * first.astype(np.int64) + 4 * second + third
    return np.where(ambiguous, AMBIGUOUS_CODON, index), begins


def pair_counts(codons: npt.NDArray[np.integer], starts: Ints) -> PairCounts:
    """The pairs of adjacent codons of each sequence; none across sequences, and none with an ambiguous codon.

    codons: indices as of `codon_indices`; starts: (n + 1,) where those of each sequence begin, ascending.
    """
    sequences = len(starts) - 1
    of = np.repeat(np.arange(sequences), np.diff(starts))
    first, second = codons[:-1].astype(np.int64), codons[1:].astype(np.int64)
    paired = (first >= 0) & (second >= 0) & (of[:-1] == of[1:])
    keys, count = np.unique(of[:-1][paired] * PAIRS + first[paired] * 64 + second[paired], return_counts=True)
    begins = np.searchsorted(keys, np.arange(sequences + 1) * PAIRS)
    return PairCounts(begins.astype(np.int64), keys % PAIRS, count.astype(np.int64))
