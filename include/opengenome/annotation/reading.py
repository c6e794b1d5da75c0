"""A spliced CDS, codon by codon under its own genetic code. Ambiguous letters count where their meaning is certain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

from opengenome.annotation.cds import Cds
from opengenome.annotation.splice import Placed
from opengenome.annotation.transl_except import TERM, codon_of
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP, GeneticCode

# Source: NC-IUB 1984, as in core/alphabet.py.
_MEANINGS = {"A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
             "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"}  # fmt: skip
_UPPER_DNA = bytes(range(256)).upper().replace(b"U", b"T")


@dataclass(frozen=True)
class Spliced:
    """A CDS in its record, its spliced letters (b"" where it has no place), and the code that it is read with."""

    cds: Cds
    placed: Placed
    letters: bytes
    code: GeneticCode

    @cached_property
    def text(self) -> str:
        """The letters from the first whole codon on, in A C G T and IUPAC."""
        return self.letters[self.cds.codon_start - 1 :].translate(_UPPER_DNA).decode("latin-1")

    @cached_property
    def named(self) -> dict[int, str]:
        """The codons (0-based) that a transl_except names, and their amino acids."""
        skipped = self.cds.codon_start - 1
        found = [(codon_of(named, self.placed.segments, skipped), named.amino_acid) for named in self.cds.transl_except]
        return {codon: amino_acid for codon, amino_acid in found if codon is not None}

    @property
    def whole_codons(self) -> int:
        return len(self.text) // 3

    @property
    def completed(self) -> bool:
        """Whether a stop of one or two bases becomes whole in the messenger, by its tail of A."""
        return self.named.get(self.whole_codons) == TERM


def stops_in_frame(text: str, code: GeneticCode) -> Iterator[int]:
    """The codons (0-based) of a text in upper case with T that are stops, and nothing else, in this code.

    Codes 27, 28 and 31 have no such codon: each of their stops also stands for an amino acid.
    """
    pattern = _up_to_a_stop(code.amino_acids)
    at = 0
    while pattern and (match := pattern.match(text, at)):
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
def _up_to_a_stop(amino_acids: str) -> re.Pattern[str] | None:
    """Steps from codon to codon up to a stop of a code; None if it has none.

    A search would begin anew out of frame, so this is matched where a codon begins.
    """
    stops = frozenset(codon for codon, letter in zip(CODONS, amino_acids, strict=True) if letter == STOP)
    # Codons that differ in their last letter are one alternative.
    ends: dict[str, str] = {}
    for codon in sorted(surely(stops)):
        ends[codon[:2]] = ends.get(codon[:2], "") + codon[2]
    either = "|".join(f"{begin}[{end}]" for begin, end in ends.items())
    return re.compile(f"(?:...)*?(?:{either})", re.DOTALL) if stops else None
