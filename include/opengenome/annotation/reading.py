"""A spliced CDS, codon by codon under its own genetic code. Ambiguous letters count where their meaning is certain."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
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


@dataclass(slots=True)
class Spliced:
    """A CDS in its record, its spliced letters (b"" where it has no place), and the code that it is read with.

    text: the letters from the first whole codon on, in A C G T and IUPAC. named: the codons (0-based) that a
    transl_except names, and their amino acids.
    """

    cds: Cds
    placed: Placed
    letters: bytes
    code: GeneticCode
    text: str = field(init=False)
    named: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.letters[self.cds.codon_start - 1 :].translate(_UPPER_DNA).decode("latin-1")
        self.named = self._named() if self.cds.transl_except else {}

    def _named(self) -> dict[int, str]:
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


def stops_in_frame(text: str, code: GeneticCode) -> list[int]:
    """The codons (0-based) of a text in upper case with T that are stops, and nothing else, in this code.

    Codes 27, 28 and 31 have no such codon: each of their stops also stands for an amino acid.
    """
    codons = len(text) // 3
    letters = text[: 3 * codons].encode("latin-1")
    found = 0
    # All codons at once, as one long number with a byte for each: several times as fast as one by one.
    for tables in _stops_by_position(code.amino_acids):
        first, second, third = (
            int.from_bytes(letters[position::3].translate(table), "little") for position, table in enumerate(tables)
        )
        found |= first & second & third
    return [at for at, byte in enumerate(found.to_bytes(codons, "little")) if byte] if found else []


@cache
def surely(codons: frozenset[str]) -> frozenset[str]:
    """The codons, in IUPAC letters, each of whose readings is one of these: TAR where TAA and TAG are given."""
    return frozenset(
        "".join(letters)
        for letters in product(_MEANINGS, repeat=3)
        if codons.issuperset(map("".join, product(*(_MEANINGS[letter] for letter in letters))))
    )


@cache
def _stops_by_position(amino_acids: str) -> list[tuple[bytes, bytes, bytes]]:
    """Tables of bits for the three letters of a codon: it is a stop if the letters have a bit in common in one triple.

    A bit is a beginning of two letters with all that may follow it, so a triple of tables has eight of them.
    """
    stops = frozenset(codon for codon, letter in zip(CODONS, amino_acids, strict=True) if letter == STOP)
    ends: dict[str, str] = {}
    for codon in sorted(surely(stops)):
        ends[codon[:2]] = ends.get(codon[:2], "") + codon[2]
    alternatives = list(ends.items())
    found = []
    for at in range(0, len(alternatives), 8):
        tables = bytearray(256), bytearray(256), bytearray(256)
        for bit, (begin, end) in enumerate(alternatives[at : at + 8]):
            for table, letters in zip(tables, (begin[0], begin[1], end), strict=True):
                for letter in letters:
                    table[ord(letter)] |= 1 << bit
        first, second, third = map(bytes, tables)
        found.append((first, second, third))
    return found
