"""A search for codons such as stops in many sequences at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from opengenome.core.alphabet import AMBIGUITY_CODES, BASES

if TYPE_CHECKING:
    from opengenome.core.counting import Bytes

# numpy is imported on use, because the DAG file imports the rules of coding sequences.


def with_one_of(codons: frozenset[str], texts: Sequence[str]) -> list[bool]:
    """Whether each text has, in frame and before its last codon, one of these. The last codon may lack bases.

    texts: upper case; every character below U+0100. codons: in the letters of NC-IUB, with T.
    """
    import numpy as np

    from opengenome.core.kernels import load_kernels

    data = np.frombuffer("".join(texts).encode("latin-1"), dtype=np.uint8)
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([*map(len, texts)], out=ends[1:])
    found = np.empty(len(texts), dtype=np.uint8)
    load_kernels().find_codons(data, len(data), ends, len(ends), *_tables(codons), found)
    return found.astype(bool).tolist()


@cache
def _tables(codons: frozenset[str]) -> tuple[Bytes, Bytes]:
    """digits and wanted of `bulk_numba.find_codons`."""
    import numpy as np

    from opengenome.core.kernels import CLASSES, TRIPLES

    digits, wanted = np.zeros(CLASSES, dtype=np.uint8), np.zeros(TRIPLES, dtype=np.uint8)
    for digit, letter in enumerate(BASES + AMBIGUITY_CODES, 1):
        digits[ord(letter)] = digit
    for codon in codons:
        first, second, third = (int(digits[ord(letter)]) for letter in codon)
        wanted[first << 8 | second << 4 | third] = 1
    return digits, wanted
