"""A spliced CDS, codon by codon under its own genetic code. Ambiguous letters count where their meaning is certain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product

from opengenome.annotation.cds import Cds
from opengenome.annotation.splice import Placed
from opengenome.annotation.transl_except import TERM, codon_of
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP, GeneticCode
from opengenome.core.stops import with_one_of

# Source: NC-IUB 1984, as in core/alphabet.py.
_MEANINGS = {"A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
             "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"}  # fmt: skip
_UPPER_DNA = bytes(range(256)).upper().replace(b"U", b"T")


@dataclass(slots=True)
class Spliced:
    """A CDS in its record, its spliced letters (b"" where it has no place), and the code that it is read with.

    text: the letters from the first whole codon on, in A C G T and IUPAC. named: the codons (0-based) that a
    transl_except names, and their amino acids. may_stop: False if `search_stops` found no stop before its last codon.
    """

    cds: Cds
    placed: Placed
    letters: bytes
    code: GeneticCode
    text: str = field(init=False)
    may_stop: bool = field(init=False, default=True)
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
    stops = _stops(code.amino_acids)
    return [at for at in range(len(text) // 3) if text[3 * at : 3 * at + 3] in stops]


def search_stops(many: Sequence[Spliced]) -> None:
    """Note of each CDS whether it has a stop before its last codon: all at once, in compiled code."""
    by_code: dict[str, list[Spliced]] = defaultdict(list)
    for spliced in many:
        by_code[spliced.code.amino_acids].append(spliced)
    for amino_acids, some in by_code.items():
        found = with_one_of(_stops(amino_acids), [spliced.text for spliced in some])
        for spliced, stops in zip(some, found, strict=True):
            spliced.may_stop = stops


@cache
def _stops(amino_acids: str) -> frozenset[str]:
    return surely(frozenset(codon for codon, letter in zip(CODONS, amino_acids, strict=True) if letter == STOP))


@cache
def surely(codons: frozenset[str]) -> frozenset[str]:
    """The codons, in IUPAC letters, each of whose readings is one of these: TAR where TAA and TAG are given."""
    return frozenset(
        "".join(letters)
        for letters in product(_MEANINGS, repeat=3)
        if codons.issuperset(map("".join, product(*(_MEANINGS[letter] for letter in letters))))
    )
