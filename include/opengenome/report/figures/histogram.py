"""Histograms of all sequences in a stream: counted in fine bins, drawn in coarser ones that fit what occurs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from opengenome.core.measures.arrays import Floats
from opengenome.core.measures.ordination import Ints

MOST_BINS = 60
_FINE_SHARES = 1000
_FINE_LENGTHS, _DECADES = 200, 11  # in each decade; up to 100 Gnt
_COARSER = (1, 2, 4, 5, 10, 20, 25, 50, 100, 200, 500)


@dataclass
class Histogram:
    """edges: of the fine bins, (bins + 1,) ascending. A value equal to an edge is in the bin above it, in the last one
    if there is none. missing: values that are NaN or below the first edge. total: the sum of the others.
    """

    edges: Floats
    counts: Ints = field(init=False)
    missing: int = 0
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = np.zeros(len(self.edges) - 1, dtype=np.int64)

    def add(self, values: Floats) -> None:
        """values: (n,)."""
        known = values[values >= self.edges[0]]
        self.missing += len(values) - len(known)
        self.total += float(known.sum())
        bins = np.minimum(np.searchsorted(self.edges, known, side="right") - 1, len(self.counts) - 1)
        self.counts += np.bincount(bins, minlength=len(self.counts))

    @property
    def known(self) -> int:
        return int(self.counts.sum())

    def span(self) -> tuple[int, int]:
        """The first fine bin that holds a value, and the one behind the last; (0, 0) if none does."""
        held = np.flatnonzero(self.counts)
        return (int(held[0]), int(held[-1]) + 1) if len(held) else (0, 0)

    def bins(self, span: tuple[int, int] | None = None, margin: int = 0) -> pd.DataFrame:
        """The bins to draw, about `MOST_BINS` at most: `from`, `to`, `sequences`. Empty ones between others are there.

        span: as `span` gives it; by default that of this histogram. margin: how many more on each side, if there are.
        """
        first, last = span or self.span()
        step = next(step for step in _COARSER if -(-last // step) - first // step <= MOST_BINS)
        begins = np.arange(first // step - margin, -(-last // step) + margin) * step
        begins = begins[(begins >= 0) & (begins < len(self.counts))]
        ends = np.minimum(begins + step, len(self.counts))
        before = np.concatenate([[0], np.cumsum(self.counts)])
        frame = pd.DataFrame(
            {"from": self.edges[begins], "to": self.edges[ends], "sequences": before[ends] - before[begins]}
        )
        # In some fine bins of lengths lies no whole number.
        return frame[frame["from"] < frame["to"]].reset_index(drop=True)


def of_shares() -> Histogram:
    """Of values from 0 to 1."""
    return Histogram(np.arange(_FINE_SHARES + 1) / _FINE_SHARES)


def of_lengths() -> Histogram:
    """Of whole numbers from 1, in bins of equal width on a logarithmic axis. Edges are whole, so bins are exact."""
    return Histogram(np.ceil(10.0 ** (np.arange(_FINE_LENGTHS * _DECADES + 1) / _FINE_LENGTHS) - 1e-9))
