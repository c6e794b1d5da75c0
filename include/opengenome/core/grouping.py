"""Codon counts by group, each group under each of its genetic codes: sums that do not depend on order or batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.counting import Ints
from opengenome.core.measures.arrays import Floats, divide

_FEWEST_ROWS = 1 << 10

Pair = tuple[str, int]  # a group, and the number of a genetic code


class GroupCounts:
    """Adds up the counts of sequences by pair. Memory: about 1 kB for each pair, half of it for a table that grows."""

    def __init__(self) -> None:
        self._rows: dict[Pair, int] = {}
        self._table = np.zeros((_FEWEST_ROWS, len(CODONS)), dtype=np.int64)
        self._sequences: list[int] = []
        self._biases = np.zeros((_FEWEST_ROWS, 2))
        self.unnamed = 0  # sequences without a group

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, names: Sequence[str], which: Ints, codes: Ints, counts: Ints, biases: Floats | None = None) -> None:
        """Add n sequences.

        names: groups, each once. which: (n,), the place of each sequence's group in `names`. codes: (n,), numbers of
        genetic codes. counts: (n, 64). biases: (n, 2), the sum of the scores of its codon pairs and their number.
        """
        if not len(counts):
            return
        self.unnamed += int(np.count_nonzero(np.array([not name for name in names])[which]))
        width = int(codes.max()) + 1
        pairs, of_pair = np.unique(which.astype(np.int64) * width + codes, return_inverse=True)
        order = np.argsort(of_pair, kind="stable")
        begins = np.searchsorted(of_pair[order], np.arange(len(pairs)))
        sums = np.add.reduceat(counts[order], begins, axis=0)
        rows = [self._row((names[pair // width], pair % width)) for pair in pairs.tolist()]
        self._table[rows] += sums
        for row, sequences in zip(rows, np.diff(begins, append=len(counts)).tolist(), strict=True):
            self._sequences[row] += sequences
        if biases is not None:  # one by one, so that the sum depends on the order of sequences alone
            np.add.at(self._biases, np.array(rows)[of_pair], biases)

    def _row(self, pair: Pair) -> int:
        row = self._rows.setdefault(pair, len(self._rows))
        if row == len(self._sequences):
            self._sequences.append(0)
        if row == len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
            self._biases = np.concatenate([self._biases, np.zeros_like(self._biases)])
        return row

    @property
    def pairs(self) -> list[Pair]:
        """Every pair, by group and then by code."""
        return sorted(self._rows)

    def tables(self, pairs: Sequence[Pair]) -> Ints:
        """The counts of some pairs, (pairs, 64)."""
        return self._table[[self._rows[pair] for pair in pairs]]

    def sequences(self, pairs: Sequence[Pair]) -> Ints:
        """How many sequences some pairs have, (pairs,)."""
        return np.array([self._sequences[self._rows[pair]] for pair in pairs], dtype=np.int64)

    def biases(self, pairs: Sequence[Pair]) -> Floats:
        """The mean score of the codon pairs of some pairs of group and code, (pairs,); NaN where there is none."""
        sums = self._biases[[self._rows[pair] for pair in pairs]]
        return divide(sums[:, 0], sums[:, 1])

    def total(self) -> Ints:
        """The counts of all groups together, (64,)."""
        total: Ints = self._table.sum(axis=0)
        return total

    def by_code(self) -> Iterator[tuple[int, Ints]]:
        """Each code with the counts of all its sequences, (64,)."""
        for code in sorted({code for _, code in self._rows}):
            yield code, self.tables([pair for pair in self._rows if pair[1] == code]).sum(axis=0)
