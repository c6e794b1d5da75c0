"""Find duplicate identifiers by their hashes, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

_AT_ONCE = 1 << 22  # hashes sorted at once: 32 MB, and 32 MB for their positions


@dataclass(frozen=True, slots=True)
class Duplicates:
    """ids: how many identifiers occur more than once. records: how many records have one of these. examples: positions.

    A position counts records from 0.
    """

    ids: int
    records: int
    examples: tuple[tuple[int, ...], ...]


def find_duplicates(read: Callable[[], Iterable[Hashes]], records: int, examples: int = 5) -> Duplicates:
    """Find identifiers that occur more than once.

    read: yields (n,) uint64 hashes in input order, the same at each call; it is called once for every 4 million
    records. records: the number of hashes in all. The chance that any two of n identifiers share a hash is n² / 2⁶⁵.
    """
    passes = max(1, -(-records // _AT_ONCE))
    ids = copies = 0
    shown: list[tuple[int, ...]] = []
    for remainder in range(passes):
        values, positions = _select(read(), passes, remainder)
        order = np.argsort(values, kind="stable")
        values, positions = values[order], positions[order]
        _, starts, sizes = np.unique(values, return_index=True, return_counts=True)
        repeated = sizes > 1
        ids += int(repeated.sum())
        copies += int(sizes[repeated].sum())
        for start, size in zip(starts[repeated][:examples], sizes[repeated][:examples], strict=True):
            shown.append(tuple(positions[start : start + min(size, examples)].tolist()))
    return Duplicates(ids, copies, tuple(sorted(shown)[:examples]))


def _select(arrays: Iterable[Hashes], passes: int, remainder: int) -> tuple[Hashes, npt.NDArray[np.int64]]:
    values, positions = [], []
    begin = 0
    for hashes in arrays:
        chosen = np.flatnonzero(hashes % np.uint64(passes) == remainder)
        values.append(hashes[chosen])
        positions.append(chosen + begin)
        begin += len(hashes)
    return np.concatenate(values), np.concatenate(positions)
