"""Measure each sequence during ingest, without counting codons: its position, its bases, a hash of its identifier.

The ledger compares these base counts with the counter's. The two share the table of letters, but no loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import byte_classes
from opengenome.core.counting import Bytes, Ints
from opengenome.core.kernels import ERROR, NO_ERROR, NO_HEADER, SLOT, load_kernels, new_state
from opengenome.errors import InputError

_SLOTS = 1 << 14


class WrongByteError(InputError):
    """Byte `at` of the current block is not a nucleotide. before_first_header: no record has begun yet."""

    def __init__(self, message: str, *, at: int = 0, before_first_header: bool = False) -> None:
        super().__init__(message)
        self.at = at
        self.before_first_header = before_first_header

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(WrongByteError, self.message, at=self.at, before_first_header=self.before_first_header), ()


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of one step of a measurement. Its arrays are views, valid until the next step.

    carried: 1 if entry 0 is the open record of the step before, else 0; all later entries begin in this block.
    starts: the position of '>' in the block. bases: so far (the last entry is still open). hashes: of the identifiers.
    """

    carried: int
    starts: Ints
    bases: Ints
    hashes: npt.NDArray[np.uint64]


class FastaMeasurer:
    """Measures FASTA text that arrives in blocks. A block must not end inside a header line."""

    def __init__(self) -> None:
        self._kernels = load_kernels()
        self._classes = byte_classes()
        self._state = new_state()
        self._starts = np.zeros(_SLOTS, dtype=np.int64)
        self._bases = np.zeros(_SLOTS, dtype=np.int64)
        self._hashes = np.zeros(_SLOTS, dtype=np.uint64)

    def step(self, block: Bytes, at: int) -> tuple[int, Measured]:
        """Measure from block[at]. Returns the position where it stopped: before the end if the slots were full.

        Raises WrongByteError.
        """
        state = self._state
        carried = 0
        if state[SLOT] >= 0:
            last = state[SLOT]
            self._bases[0], self._hashes[0] = self._bases[last], self._hashes[last]
            state[SLOT] = 0
            carried = 1
        at = self._kernels.measure_fasta(
            block, len(block), at, self._classes, state, self._starts, _SLOTS, self._bases, self._hashes
        )
        if state[ERROR] != NO_ERROR:
            raise WrongByteError("not a nucleotide", at=at, before_first_header=bool(state[ERROR] == NO_HEADER))
        n = int(state[SLOT]) + 1
        return at, Measured(carried, self._starts[:n], self._bases[:n], self._hashes[:n])


def measure_strings(data: Bytes, offsets: Ints) -> Ints:
    """The bases of each string data[offsets[k]:offsets[k+1]], (n,) int64. Raises WrongByteError; its `at` is k."""
    kernels = load_kernels()
    bases = np.zeros(len(offsets) - 1, dtype=np.int64)
    seen = kernels.measure_strings(data, len(data), offsets, len(offsets), byte_classes(), bases)
    if seen < len(bases):
        raise WrongByteError("not a nucleotide", at=seen)
    return bases


def hash_strings(data: Bytes, offsets: Ints) -> npt.NDArray[np.uint64]:
    """FNV-1a, 64 bits, of each string, as FastaMeasurer computes it for identifiers. (n,) uint64."""
    hashes = np.zeros(len(offsets) - 1, dtype=np.uint64)
    load_kernels().hash_strings(data, len(data), offsets, len(offsets), hashes)
    return hashes
