"""Codons with ambiguous letters, read where their meaning is certain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import product

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP, GeneticCode

# Source: NC-IUB 1984, as in core/alphabet.py.
_MEANINGS = {"A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
             "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"}  # fmt: skip


def stops_in_frame(text: str, code: GeneticCode) -> Iterator[int]:
    """The codons (0-based) of a text in upper case with T that are stops, and nothing else, in this code.

    Codes 27, 28 and 31 have no such codon: each of their stops also stands for an amino acid.
    """
    stops = frozenset(codon for codon, letter in zip(CODONS, code.amino_acids, strict=True) if letter == STOP)
    at = 0
    while stops and (match := _up_to(stops).match(text, at)):
        at = match.end()
        yield at // 3 - 1


@cache
def surely(codons: frozenset[str]) -> frozenset[str]:
    """The codons, in IUPAC letters, each of whose readings is one of these: TAR where TAA and TAG are given."""
    return frozenset(
        "".join(letters)
        for letters in product(_MEANINGS, repeat=3)
        if codons.issuperset(map("".join, product(*(_MEANINGS[letter] for letter in letters))))
    )


@cache
def _up_to(stops: frozenset[str]) -> re.Pattern[str]:
    """Steps from codon to codon; a search would begin anew out of frame, so this is matched where a codon begins."""
    return re.compile(f"(?:...)*?(?:{'|'.join(sorted(surely(stops)))})", re.DOTALL)
