"""Nucleotide letters and codons: the reference tables of all other modules.

Source of the letters: NC-IUB 1984, "Nomenclature for incompletely specified bases in nucleic acid sequences".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BASES = "ACGT"
AMBIGUITY_CODES = "RYSWKMBDHVN"
MASK = "X"  # Kraken 2, RepeatMasker (-x) and cross_match write it for a masked base; it is not in NC-IUB
AMBIGUOUS_LETTERS = AMBIGUITY_CODES + MASK
WHITESPACE = b" \t\r\n"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # of text in UTF-8

# Alphabetical: the index of a codon is 16·b1 + 4·b2 + b3 with A, C, G, T = 0..3.
CODONS: tuple[str, ...] = tuple(a + b + c for a in BASES for b in BASES for c in BASES)

# Classes of a byte inside a sequence. 0..3 are the bases themselves, so a class is also a base's digit in the index.
AMBIGUOUS = 4
SPACE = 8
INVALID = 16


def byte_classes() -> npt.NDArray[np.uint8]:
    """The class of every byte value, (256,) uint8: 0..3 for A C G T/U in either case, or AMBIGUOUS, SPACE, INVALID."""
    import numpy as np  # here, because the trigger form imports this module and must not load numpy

    table = np.full(256, INVALID, dtype=np.uint8)
    for letters, values in ((BASES, range(4)), ("U", [3]), (AMBIGUOUS_LETTERS, [AMBIGUOUS] * len(AMBIGUOUS_LETTERS))):
        for letter, value in zip(letters, values, strict=True):
            table[ord(letter)] = table[ord(letter.lower())] = value
    table[list(WHITESPACE)] = SPACE
    return table
