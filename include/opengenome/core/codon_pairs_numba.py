"""The loop that counts pairs of adjacent codons, for numba. What counting_numba.py says of its loops holds here too.

`count_pairs_naive` in `codon_pairs.py` is its specification.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types

from opengenome.core.alphabet import AMBIGUOUS
from opengenome.core.kernels import ENTRIES, NO_CODON, PAIRS, PHASE, PREVIOUS, SKIP, SLOT, VALUE

_CODONS = 64
_MARK = 1 << 8  # as in counting_numba.py

_int = types.int64
_ints = _int[::1]
_bytes, _offsets = (types.Array(kind, 1, "C", readonly=True) for kind in (types.uint8, _int))


def _jit(signature: Any) -> Callable[[Any], Any]:
    compiled: Callable[[Any], Any] = numba.njit(signature)
    return compiled


@_jit(types.void(_bytes, _int, _int, _bytes, _ints, _ints))
def _pair_run(data: Any, i: int, stop: int, classes: Any, state: Any, table: Any) -> None:
    """Count the pairs of data[i:stop] into `table`, passing over what is no letter."""
    phase, value, skip, previous = state[PHASE], state[VALUE], state[SKIP], state[PREVIOUS]
    at, end = np.uint64(i), np.uint64(stop)
    one, two, three, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    while at < end:
        if phase == 0 and skip == 0 and previous != NO_CODON:
            while at + three <= end:
                a, b, c = classes[data[at]], classes[data[at + one]], classes[data[at + two]]
                if (a | b | c) >= AMBIGUOUS:
                    break
                following = np.int64((np.uint64(a) << four) | (np.uint64(b) << two) | np.uint64(c))
                table[np.uint64(64 * previous + following)] += 1
                previous = following
                at += three
            if at >= end:
                break
        base = classes[data[at]]
        at += one
        if base > AMBIGUOUS:
            continue
        if skip > 0:
            skip -= 1
            continue
        value = value * 4 + (np.int64(base) if base < AMBIGUOUS else _MARK)
        phase += 1
        if phase == 3:
            codon = value if value < _CODONS else NO_CODON
            if codon != NO_CODON and previous != NO_CODON:
                table[64 * previous + codon] += 1
            previous = codon
            phase = 0
            value = 0
    state[PHASE], state[VALUE], state[SKIP], state[PREVIOUS] = phase, value, skip, previous


@_jit(_int(_bytes, _offsets, _bytes, _int, _bytes, _int, _ints, _ints, _ints, _ints, _ints))
def pair_strings(
    data: Any,
    offsets: Any,
    continues: Any,
    k: int,
    classes: Any,
    frame: int,
    state: Any,
    table: Any,
    ends: Any,
    pair: Any,
    count: Any,
) -> Any:
    """Count the pairs of adjacent codons of strings as of `count_strings`. It stops where a record has no room.

    table: (4096,) int64, of the open record; it is zero again when the record closes. ends: (slots,) int64, the entries
    up to the end of each record that closed. pair, count: (entries,) int64, those entries.
    """
    while k < offsets.shape[0] - 1:
        if continues[k] == 0:
            if state[SLOT] >= 0:
                if state[SLOT] == ends.shape[0] or state[ENTRIES] + PAIRS > pair.shape[0]:
                    return k
                entries = state[ENTRIES]
                for index in range(PAIRS):  # without a branch, which would often be mispredicted
                    pair[entries] = index
                    count[entries] = table[index]
                    entries += table[index] != 0
                    table[index] = 0
                ends[state[SLOT]] = entries
                state[ENTRIES] = entries
            state[SLOT] += 1
            state[PHASE] = state[VALUE] = 0
            state[SKIP] = frame
            state[PREVIOUS] = NO_CODON
        _pair_run(data, offsets[k], offsets[k + 1], classes, state, table)
        k += 1
    return k
