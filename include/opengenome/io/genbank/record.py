"""One record of GenBank: what its header says, its letters, and where in the file it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from opengenome.core.alphabet import AMBIGUOUS_LETTERS, BASES
from opengenome.core.kernels import CLASSES, KEPT, REFUSED, load_kernels
from opengenome.core.numerals import whole
from opengenome.errors import InputError
from opengenome.io.diagnosis import wrong_byte

_LOCUS = re.compile(rb"\nLOCUS[ \t]+(?:([^\n]*?)[ \t]+)??(\d+)[ \t]+(bp|aa|rc|nt)\b([^\n]*)", re.IGNORECASE)
_NAME = re.compile(rb"\nLOCUS[ \t]+([^ \t\n]*)([^\n]*)")
_VERSION = re.compile(rb"\nVERSION[ \t]+(?!\.(?:\s|\Z))(\S+)")  # SnapGene writes a dot where it has none
_ACCESSION = re.compile(rb"\nACCESSION([^\n]*(?:\n[ \t]+[^\n]*)*)")
_ORGANISM = re.compile(rb"\n[ \t]+ORGANISM[ \t]+([^\n]+(?:\n[ \t]+[^;\n]*[^;.\n])*)(?=\n)")
# Lines of a feature table whose columns are as they should be, without a blank at their end.
_STANDARD = re.compile(rb"(?:\n(?: {21}| {5}[^ \n][^\n]{14} )[^ \n][^\n]*+(?<! ))++")
_SECTION = re.compile(rb"\n(?=[^ \t\n])")
_AFTER_FEATURES = re.compile(rb"\n(?:BASE COUNT|ORIGIN|CONTIG|WGS|TSA|TLS)")
_NUMBERED = re.compile(rb"\n[ \t]*(\d+)?([^\n]*)")
_SPACE_AND_DIGITS = b" \t\n\v\f0123456789"
_LETTERS = f"{BASES}U{AMBIGUOUS_LETTERS}".encode()
_NUCLEOTIDES = _LETTERS + _LETTERS.lower()
_KINDS = np.full(CLASSES, KEPT | REFUSED, dtype=np.uint8)
_KINDS[list(_SPACE_AND_DIGITS)] = 0
_KINDS[list(_NUCLEOTIDES)] = KEPT
_AGAIN = "Was its download or copy cut off? Fetch the file again."


@dataclass(frozen=True)
class Record:
    """line: of its LOCUS, from 1. text: from the line break before LOCUS on. ended: whether a line of // follows."""

    path: str
    line: int
    text: bytes
    ended: bool

    @cached_property
    def name(self) -> str:
        """The VERSION, else the name of the LOCUS line."""
        if version := _VERSION.search(self.text, 0, self._features):
            return as_text(version[1])
        return self._locus[0] or f"line_{self.line}"

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name of the record; of its version also without the number."""
        accessions = _ACCESSION.search(self.text, 0, self._features)
        names = [self.name, self._locus[0], *(as_text(accessions[1]).split() if accessions else ())]
        stem, _, number = self.name.rpartition(".")
        return frozenset(filter(None, [*names, stem if number.isdecimal() else ""]))

    @property
    def circular(self) -> bool:
        return re.search(r"\bcircular\b", self._locus[2], re.IGNORECASE) is not None

    @property
    def organism(self) -> str:
        """That of the header; "" if it has none, or only a dot."""
        found = _ORGANISM.search(self.text, 0, self._features + 1)  # with the break that ends its line
        return " ".join(as_text(found[1]).split()).removeprefix(".") if found else ""

    @cached_property
    def table(self) -> tuple[int, int, bool]:
        """Where the lines of the feature table begin and end in the text, both the same if there is none; and whether
        all have their columns as they should be, though there may be tabs in them.

        Raises InputError if the section after it has no known name, as when a line has lost its indentation.
        """
        if self._features == len(self.text) or not self.text.startswith(b"\nFEATURES", self._features):
            return self._features, self._features, True
        begin = self.text.find(b"\n", self._features + 1)
        if begin < 0:
            return len(self.text), len(self.text), True
        lines = _STANDARD.match(self.text, begin)
        standard = lines.end() if lines else begin
        end = _SECTION.search(self.text, standard)
        if end and not _AFTER_FEATURES.match(self.text, end.start()):
            raise self.error("This line belongs to no section of the record", at=end.start())
        after = end.start() if end else len(self.text)
        return begin, after, after == standard

    @cached_property
    def letters(self) -> bytes:
        """Its nucleotides as they are written. Raises InputError if they are missing, torn, or something else."""
        _, length, rest = self._locus
        if rest.startswith("aa"):
            raise self.error("This record is a protein", "Codon usage needs nucleotide sequences.")
        begin = self.text.find(b"\n", self.origin + 1)
        letters, fine = _stripped(self.text, begin) if begin > 0 else (b"", True)
        if not self.ended and (length is None or len(letters) != length):
            of = "" if length is None else f" of {length:,}"
            place = f"after {len(letters):,}{of} bases" if begin > 0 else "before its sequence"
            raise self.error(f"The record is torn: it ends {place}, without a line of //", _AGAIN)
        if not letters and length != 0:
            parts = " but names its parts (CONTIG)" if b"\nCONTIG" in self.text else ""
            advice = 'Fetch it with its sequence, e.g. as "GenBank (full)".'
            raise self.error(f"The record has no sequence{parts}", advice)
        if not fine:
            raise self._wrong_letter(letters.translate(None, _NUCLEOTIDES), begin)
        if length is not None and len(letters) != length:
            self._check_numbers(begin, length, len(letters))
        return letters

    def error(self, message: str, advice: str = "", *, at: int = 0) -> InputError:
        """The error about the line that begins at this place of the text."""
        return InputError(message, advice=advice, **self.where(at))

    def where(self, at: int = 0) -> dict[str, Any]:
        return {"file": self.path, "record": self.name, "line": self.line + self.text.count(b"\n", 0, at + 1) - 1}

    @cached_property
    def _features(self) -> int:
        """Where the header ends."""
        found = self.text.find(b"\nFEATURES")
        found = found if found >= 0 else self.text.find(b"\nORIGIN")
        return found if found >= 0 else len(self.text)

    @cached_property
    def origin(self) -> int:
        """Where its sequence begins in the text. Raises InputError as `table`, which it passes over."""
        begin, end, _ = self.table
        header = self.text.find(b"\nORIGIN", 0, begin)
        found = header if header >= 0 else self.text.find(b"\nORIGIN", end)
        return found if found >= 0 else len(self.text)

    @cached_property
    def _locus(self) -> tuple[str, int | None, str]:
        """Its name, the length that it tells (None if that cannot be read), and the rest of the line, unit first."""
        if found := _LOCUS.match(self.text):
            name, length, unit, rest = found.groups()
            return as_text(name or b""), whole(as_text(length)), as_text(unit.lower() + rest)
        found = _NAME.match(self.text)
        return (as_text(found[1]), None, as_text(found[2])) if found else ("", None, "")

    def _wrong_letter(self, wrong: bytes, begin: int) -> InputError:
        at = min(self.text.find(bytes([byte]), begin) for byte in set(wrong))
        line = self.text.rfind(b"\n", 0, at) + 1
        before = self.text[line:at].strip(_SPACE_AND_DIGITS)
        return wrong_byte(before, self.text[at:].split(b"\n", 1)[0], begins_line=False, **self.where(line - 1))

    def _check_numbers(self, begin: int, length: int, found: int) -> None:
        """Raises InputError if a line begins with another base than its number says, so that a piece was lost."""
        bases = 0
        for line in _NUMBERED.finditer(self.text, begin):
            if line[1] and (first := whole(as_text(line[1]))) != bases + 1:
                said = "a base of many digits" if first is None else f"base {first:,}"
                raise self.error(
                    f"The line says that it begins with {said}, and {bases:,} bases precede it;"
                    f" LOCUS tells of {length:,} bases, and {found:,} are there",
                    _AGAIN,
                    at=line.start(),
                )
            bases += len(line[2].translate(None, _SPACE_AND_DIGITS))


def _stripped(text: bytes, begin: int) -> tuple[bytes, bool]:
    """What is no white space and no digit from text[begin] on, and whether all of it is nucleotides."""
    kept = np.empty(len(text) - begin, dtype=np.uint8)
    data = np.frombuffer(text, dtype=np.uint8)
    n = load_kernels().strip(data, len(data), begin, _KINDS, kept, len(kept))
    return kept[: max(n, ~n)].tobytes(), n >= 0


def as_text(written: bytes) -> str:
    """Text that may be in Latin-1 where it is not UTF-8."""
    try:
        return written.decode()
    except UnicodeDecodeError:
        return written.decode("latin-1")
