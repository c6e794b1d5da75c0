"""Count pairs of adjacent codons in many sequences at once, sparsely: a sequence has few of the 4,096 pairs.

A pair with an ambiguous codon is none, and none crosses the end of a sequence. `count_pairs_naive` is the
specification.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import CODONS, byte_classes
from opengenome.core.kernels import ENTRIES, NO_CODON, PREVIOUS, SLOT, load_kernels, new_state

PAIR_BITS = 12
PAIRS = 1 << PAIR_BITS  # index of a pair: 64 · first + second
_CODON_BITS = PAIR_BITS // 2

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_SLOTS = 2048  # sequences that are closed before their entries are taken
_ROOM = 64 * PAIRS  # entries held at once: 4 MB


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


def first_of(pair: Ints) -> Ints:
    """The first codons of pairs. By bits, because numpy is several times as slow at a remainder."""
    return pair >> _CODON_BITS


def second_of(pair: Ints) -> Ints:
    """Their second codons."""
    return pair & (len(CODONS) - 1)


def count_pairs_naive(sequence: str, frame: int = 0) -> dict[tuple[str, str], int]:
    """Count the pairs of one sequence in the obvious, slow way. sequence: letters without white space."""
    letters = sequence.upper().replace("U", "T")[frame:]
    codons = [letters[i : i + 3] for i in range(0, len(letters) - 2, 3)]
    return Counter(pair for pair in pairwise(codons) if set("".join(pair)) <= set("ACGT"))


class PairCounter:
    """Counts the pairs of a stream of sequences that arrives in blocks. Memory: those of the sequences not yet taken.

    It passes over bytes that are no letters; `SequenceCounter` refuses them.
    """

    def __init__(self, frame: int) -> None:
        self._kernels = load_kernels()
        self._classes = byte_classes()
        self._frame = frame
        self._table = np.zeros(PAIRS, dtype=np.int64)  # of the open sequence
        self._ends = np.zeros(_SLOTS, dtype=np.int64)
        self._pair, self._count = np.zeros(_ROOM, dtype=np.int64), np.zeros(_ROOM, dtype=np.int64)
        self._closed: list[tuple[Ints, Ints, Ints]] = []  # entries of each sequence; pairs; counts
        self._begin()

    def _begin(self) -> None:
        self._state = new_state()
        self._state[PREVIOUS] = NO_CODON

    def feed_strings(self, data: Bytes, offsets: Ints, continues: Bytes) -> None:
        """As `SequenceCounter.feed_strings`, without identifiers."""
        at = 0
        while at < len(continues):
            at = self._kernels.pair_strings(
                data, len(data), offsets, len(offsets), continues, at, self._classes, self._frame, self._state,
                self._table, self._ends, _SLOTS, self._pair, self._count, _ROOM,
            )  # fmt: skip
            self._keep()

    def _keep(self) -> None:
        """Copy the entries of the closed sequences, so that the loop has room again."""
        slots, entries = int(self._state[SLOT]), int(self._state[ENTRIES])
        if slots > 0:
            each = np.diff(self._ends[:slots], prepend=0)
            self._closed.append((each, self._pair[:entries].copy(), self._count[:entries].copy()))
            self._state[SLOT] = self._state[ENTRIES] = 0

    def finish(self) -> None:
        """Close the last sequence."""
        # Another sequence, which is empty, ends the one before it.
        self.feed_strings(np.zeros(0, np.uint8), np.zeros(2, np.int64), np.zeros(1, np.uint8))
        self._begin()

    def take(self) -> PairCounts:
        """The sequences that were closed since the last call, in input order."""
        closed, self._closed = self._closed, []
        each, pair, count = (np.concatenate([np.zeros(0, np.int64), *columns]) for columns in _columns(closed))
        return PairCounts(np.concatenate([[0], np.cumsum(each)]), pair, count)


def _columns(rows: list[tuple[Ints, Ints, Ints]]) -> list[list[Ints]]:
    return [[row[k] for row in rows] for k in range(3)]


def unlike_codons(counts: Ints, by_first: Ints, by_second: Ints) -> npt.NDArray[np.bool_]:
    """Whether the pairs of a sequence do not reproduce its codons, (n,).

    counts: (n, 65), the 64 codons and the ambiguous ones. by_first, by_second: (n, 64), its pairs by their first and by
    their second codon. A sequence falls into stretches of codons without an ambiguous one. The last codon of each
    stretch is the first of no pair, and its first codon is the second of none. So without ambiguous codons exactly one
    codon is left on either side.
    """
    codons, ambiguous = counts[:, : len(CODONS)], counts[:, len(CODONS)]
    last, first = codons - by_first, codons - by_second
    number = codons.sum(axis=1)
    stretches = last.sum(axis=1)
    fewest, most = np.minimum(number, 1), np.minimum(number, ambiguous + 1)
    negative = np.minimum(last, first).min(axis=1) < 0
    wrong: npt.NDArray[np.bool_] = negative | (stretches < fewest) | (stretches > most)
    return wrong
