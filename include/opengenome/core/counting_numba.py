"""The loops that numba compiles: counting codons, measuring records, hashing identifiers.

`count_naive` in `counting.py` is the specification of the counting loops. Only `compiling.py` imports this file; all
other modules get the machine code of the loops from `kernels.py`.

The caller owns all arrays. A loop keeps what must survive from one block to the next in `state`, a small int64 array,
so that memory depends on the block and not on the sequence. It returns the position where it stopped: the end of its
input, or earlier if the slots are full or a byte is wrong (`state[ERROR]`).

Slots: record number k of a call writes slot k. The record that is open when a call ends stays open in `state[SLOT]`;
the caller moves it to slot 0 before the next call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types

from opengenome.core.alphabet import AMBIGUOUS, SPACE
from opengenome.core.kernels import BAD_BYTE, ERROR, LINE_START, NO_HEADER, PHASE, SKIP, SLOT, VALUE

_AMBIGUOUS_CODON = 64  # column of the ambiguous codons in a row of counts
_MARK = 1 << 8  # an ambiguous base adds it to the codon being read; it survives the shifts that follow
_GT, _LF, _CR = ord(">"), ord("\n"), ord("\r")
_SPACE_BYTE, _TAB = ord(" "), ord("\t")

# FNV-1a, 64 bits (Fowler, Noll & Vo; RFC 9923): portable, and good enough to find duplicate identifiers.
_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)


_int = types.int64
_ints, _ints_2d, _hashes = _int[::1], _int[:, ::1], types.uint64[::1]
# Read-only arrays, because they may be mapped memory.
_bytes = types.Array(types.uint8, 1, "C", readonly=True)
_offsets = types.Array(_int, 1, "C", readonly=True)


def jit(signature: Any) -> Callable[[Any], Any]:
    compiled: Callable[[Any], Any] = numba.njit(signature)
    return compiled


@jit(_int(_bytes, _int, _int, _bytes, _ints, _ints))
def _count_run(block: Any, i: int, stop: int, classes: Any, row: Any, state: Any) -> Any:
    """Count bases from i, skipping white space, up to the first byte that is neither.

    A codon may begin in one call and end in the next. Twelve bases are tested at once: on real sequence that test
    almost always passes, and it makes the loop a third faster. Indices are unsigned so that numba adds no test for
    negatives.
    """
    phase, value, skip, line_start = state[PHASE], state[VALUE], state[SKIP], state[LINE_START]
    at, end = np.uint64(i), np.uint64(stop)
    one, two, three, twelve = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(12)
    four = np.uint64(4)
    while at < end:
        if phase == 0 and skip == 0:
            begin = at
            while at + twelve <= end:
                a0, a1, a2 = classes[block[at]], classes[block[at + one]], classes[block[at + two]]
                at += three
                b0, b1, b2 = classes[block[at]], classes[block[at + one]], classes[block[at + two]]
                at += three
                c0, c1, c2 = classes[block[at]], classes[block[at + one]], classes[block[at + two]]
                at += three
                d0, d1, d2 = classes[block[at]], classes[block[at + one]], classes[block[at + two]]
                at += three
                if (a0 | a1 | a2 | b0 | b1 | b2 | c0 | c1 | c2 | d0 | d1 | d2) >= AMBIGUOUS:
                    at -= twelve
                    break
                row[(np.uint64(a0) << four) | (np.uint64(a1) << two) | np.uint64(a2)] += 1
                row[(np.uint64(b0) << four) | (np.uint64(b1) << two) | np.uint64(b2)] += 1
                row[(np.uint64(c0) << four) | (np.uint64(c1) << two) | np.uint64(c2)] += 1
                row[(np.uint64(d0) << four) | (np.uint64(d1) << two) | np.uint64(d2)] += 1
            while at + three <= end:
                a0, a1, a2 = classes[block[at]], classes[block[at + one]], classes[block[at + two]]
                together = a0 | a1 | a2
                if together < AMBIGUOUS:
                    row[(np.uint64(a0) << four) | (np.uint64(a1) << two) | np.uint64(a2)] += 1
                elif together < SPACE:
                    row[_AMBIGUOUS_CODON] += 1
                else:
                    break
                at += three
            if at > begin:
                line_start = 0
            if at >= end:
                break
        byte = block[at]
        base = classes[byte]
        if base > AMBIGUOUS:
            if base > SPACE:
                break
            line_start = 1 if byte == _LF or byte == _CR else line_start
            at += one
            continue
        line_start = 0
        at += one
        if skip > 0:
            skip -= 1
            continue
        value = value * 4 + (np.int64(base) if base < AMBIGUOUS else _MARK)
        phase += 1
        if phase == 3:
            row[value if value < _AMBIGUOUS_CODON else _AMBIGUOUS_CODON] += 1
            phase = 0
            value = 0
    state[PHASE], state[VALUE], state[SKIP], state[LINE_START] = phase, value, skip, line_start
    return np.int64(at)


@jit(types.void(_ints, _int))
def _open_record(state: Any, frame: int) -> None:
    state[SLOT] += 1
    state[PHASE] = 0
    state[VALUE] = 0
    state[SKIP] = frame


@jit(types.void(_ints, _int, _ints, _ints))
def _close_record(state: Any, frame: int, skipped: Any, trailing: Any) -> None:
    if state[SLOT] >= 0:
        skipped[state[SLOT]] = frame - state[SKIP]
        trailing[state[SLOT]] = state[PHASE]


@jit(_int(_bytes, _int, _bytes, _int, _ints, _ints_2d, _ints, _ints, _ints_2d))
def count_fasta(
    block: Any, i: int, classes: Any, frame: int, state: Any, counts: Any, skipped: Any, trailing: Any, headers: Any
) -> Any:
    """Count FASTA text from block[i]. A block never ends inside a header line.

    counts: (slots, 65) int64, zeroed. skipped, trailing: (slots,) int64, written when a record closes.
    headers: (slots, 2) int64, the span of a header line without '>' and line end, in this block.
    """
    stop = block.shape[0]
    while i < stop:
        byte = block[i]
        if byte == _GT and state[LINE_START]:
            _close_record(state, frame, skipped, trailing)
            if state[SLOT] + 1 == counts.shape[0]:
                return i
            _open_record(state, frame)
            headers[state[SLOT], 0] = i + 1
            while i < stop and block[i] != _LF and block[i] != _CR:
                i += 1
            headers[state[SLOT], 1] = i
            continue
        if state[SLOT] < 0:
            if classes[byte] != SPACE:
                state[ERROR] = NO_HEADER
                return i
            i += 1
            continue
        i = _count_run(block, i, stop, classes, counts[state[SLOT]], state)
        if i < stop and not (block[i] == _GT and state[LINE_START]):
            state[ERROR] = BAD_BYTE
            return i
    return i


@jit(_int(_bytes, _offsets, _bytes, _int, _bytes, _int, _ints, _ints_2d, _ints, _ints))
def count_strings(
    data: Any,
    offsets: Any,
    continues: Any,
    k: int,
    classes: Any,
    frame: int,
    state: Any,
    counts: Any,
    skipped: Any,
    trailing: Any,
) -> Any:
    """Count the strings data[offsets[k]:offsets[k+1]] for k on; continues[k] != 0 joins string k to the one before."""
    while k < offsets.shape[0] - 1:
        if continues[k] == 0:
            _close_record(state, frame, skipped, trailing)
            if state[SLOT] + 1 == counts.shape[0]:
                return k
            _open_record(state, frame)
        elif state[SLOT] < 0:
            state[ERROR] = NO_HEADER
            return k
        if _count_run(data, offsets[k], offsets[k + 1], classes, counts[state[SLOT]], state) < offsets[k + 1]:
            state[ERROR] = BAD_BYTE
            return k
        k += 1
    return k


@jit(types.uint64(_bytes, _int, _int))
def _fnv(data: Any, i: int, stop: int) -> Any:
    value = _FNV_OFFSET
    for j in range(i, stop):
        value = (value ^ np.uint64(data[j])) * _FNV_PRIME
    return value


@jit(_int(_bytes, _int, _int, _bytes))
def _skip_bases(block: Any, i: int, stop: int, classes: Any) -> Any:
    # One test for eight letters: on real sequence it passes until the end of the line.
    at, end = np.uint64(i), np.uint64(stop)
    one, eight = np.uint64(1), np.uint64(8)
    while at + eight <= end:
        kinds = np.uint8(0)
        for j in range(8):
            kinds |= classes[block[at + np.uint64(j)]]
        if kinds >= SPACE:
            break
        at += eight
    while at < end and classes[block[at]] <= AMBIGUOUS:
        at += one
    return np.int64(at)


@jit(_int(_bytes, _int, _bytes, _ints, _ints, _ints, _hashes))
def measure_fasta(block: Any, i: int, classes: Any, state: Any, starts: Any, bases: Any, hashes: Any) -> Any:
    """Find the records of FASTA text from block[i], count their bases and check every byte. Codons are not counted.

    starts: (slots,) int64, the position of the record's '>' in this block. bases: (slots,) int64, added to.
    hashes: (slots,) uint64, of the identifier (the first word).
    """
    stop = block.shape[0]
    while i < stop:
        byte = block[i]
        if byte == _GT and state[LINE_START]:
            if state[SLOT] + 1 == starts.shape[0]:
                return i
            state[SLOT] += 1
            starts[state[SLOT]] = i
            bases[state[SLOT]] = 0
            begin = i + 1
            while i < stop and block[i] != _LF and block[i] != _CR:
                i += 1
            while begin < i and (block[begin] == _SPACE_BYTE or block[begin] == _TAB):
                begin += 1
            end = begin
            while end < i and block[end] != _SPACE_BYTE and block[end] != _TAB:
                end += 1
            hashes[state[SLOT]] = _fnv(block, begin, end)
            continue
        kind = classes[byte]
        if kind == SPACE:
            if byte == _LF or byte == _CR:
                state[LINE_START] = 1
            i += 1
            continue
        if kind > SPACE or state[SLOT] < 0:
            state[ERROR] = BAD_BYTE if state[SLOT] >= 0 else NO_HEADER
            return i
        state[LINE_START] = 0
        begin = i
        i = _skip_bases(block, i, stop, classes)
        bases[state[SLOT]] += i - begin
    return i


@jit(_int(_bytes, _offsets, _bytes, _ints))
def measure_strings(data: Any, offsets: Any, classes: Any, bases: Any) -> Any:
    """Count the bases of each string into bases[k]. Returns the number of strings, or that of the first wrong one."""
    for k in range(offsets.shape[0] - 1):
        i, stop = offsets[k], offsets[k + 1]
        bases[k] = 0
        while i < stop:
            begin = i
            i = _skip_bases(data, i, stop, classes)
            bases[k] += i - begin
            while i < stop and classes[data[i]] == SPACE:
                i += 1
            if i < stop and classes[data[i]] > SPACE:
                return k
    return offsets.shape[0] - 1


@jit(types.void(_bytes, _offsets, _hashes))
def hash_strings(data: Any, offsets: Any, hashes: Any) -> None:
    """FNV-1a of each string into hashes[k], (strings,) uint64."""
    for k in range(offsets.shape[0] - 1):
        hashes[k] = _fnv(data, offsets[k], offsets[k + 1])
