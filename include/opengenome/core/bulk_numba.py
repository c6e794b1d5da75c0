"""More loops that numba compiles, as those of `counting_numba.py`: for annotated records, and for sums of floats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from opengenome.core.counting_numba import jit
from opengenome.core.kernels import KEPT, REFUSED

_int, _float = types.int64, types.float64
# Read-only arrays, because they may be the bytes of Python's objects.
_bytes = types.Array(types.uint8, 1, "C", readonly=True)
_offsets = types.Array(_int, 1, "C", readonly=True)
_written = types.uint8[::1]


@jit(_int(_bytes, _int, _bytes, _written))
def strip(text: Any, i: Any, kinds: Any, kept: Any) -> Any:
    """Copy the bytes from text[i] on whose kind has the bit KEPT. Returns their number n; ~n if one has REFUSED.

    kinds: of each byte value. kept: as long as the rest of the text.
    """
    n, seen = np.uint64(0), np.uint8(0)
    for at in range(np.uint64(i), np.uint64(text.shape[0])):
        kind = kinds[text[at]]
        kept[n] = text[at]
        n += np.uint64(kind & KEPT)
        seen |= kind
    return ~_int(n) if seen & REFUSED else _int(n)


@jit(types.void(_bytes, _offsets, _bytes, _bytes, _written))
def find_codons(data: Any, offsets: Any, digits: Any, wanted: Any, found: Any) -> Any:
    """Whether a codon of each string, but for its last, is wanted: into found[k], 1 or 0. The last may lack bases.

    digits: of each byte value, 0 to 15. wanted: 1 for the number of three digits (12 bits) of a wanted codon.
    """
    for k in range(offsets.shape[0] - 1):
        any_found = np.uint8(0)
        last = np.uint64(max(offsets[k + 1] - 3, 0))
        at = np.uint64(offsets[k])
        while at < last:
            a, b, c = digits[data[at]], digits[data[at + np.uint64(1)]], digits[data[at + np.uint64(2)]]
            any_found |= wanted[np.uint64(a) << np.uint64(8) | np.uint64(b) << np.uint64(4) | np.uint64(c)]
            at += np.uint64(3)
        found[k] = any_found


@jit(types.void(_float[:, ::1], _float[::1], _float[::1], _float[::1]))
def sum_columns(terms: Any, total: Any, error: Any, doubt: Any) -> Any:
    """Add each column to total, the rounding errors to error, and what their own rounding lost, without sign, to doubt.

    terms: (terms, columns). Source of a + b and what rounding loses: Knuth, TAOCP 2, 4.2.2, theorem B.
    """
    for k in range(terms.shape[0]):
        for i in range(terms.shape[1]):
            a, b = total[i], terms[k, i]
            rounded = a + b
            part = rounded - a
            lost = (a - (rounded - part)) + (b - part)
            total[i] = rounded
            a = error[i]
            rounded = a + lost
            part = rounded - a
            doubt[i] += abs((a - (rounded - part)) + (lost - part))
            error[i] = rounded
