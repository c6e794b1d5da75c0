"""Coding sequences of GFF3 and its FASTA: a file of its own beside it, else the ##FASTA section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from opengenome.annotation.cds import Cds
from opengenome.annotation.gff3 import group_cds
from opengenome.annotation.gff3_cds import Region, cds_of, check_seqids, told, without_version
from opengenome.annotation.qualifiers import read_genetic_code
from opengenome.annotation.reading import Spliced
from opengenome.annotation.splice import Molecule, Placed, place, splice
from opengenome.core.genetic_code import GeneticCode
from opengenome.errors import InputError
from opengenome.io.coding.gff3_rows import Annotated, Annotation
from opengenome.io.coding.gff3_text import Gff3Text
from opengenome.io.coding.interface import Codes, Found
from opengenome.io.content import Content
from opengenome.io.fasta_records import FastaRecord, read_records
from opengenome.io.formats import gff3
from opengenome.io.formats.fasta import located
from opengenome.io.paths import path_of

NAME = gff3.NAME

_DRAIN_BYTES = 1 << 20
_SHOWN = 3  # names in a message


def read(contents: Sequence[Content], codes: Codes) -> Iterator[Found]:
    """As `interface.Reader.read`. contents: the GFF3, and its FASTA if that is a file of its own.

    A sequence that is annotated and not in the FASTA comes last, with its CDS and no letters. Memory: the rows of CDS
    and of their ancestors, compressed, and the letters of one record.
    """
    annotated = contents[0]
    path = annotated.file.path
    annotation = Annotation(path)
    with annotated.text() as opened:
        text = Gff3Text(opened, path)
        annotation.read(text)
        if text.fasta and len(contents) == 1:
            with located(annotated.file):
                yield from _Reading(annotation, path, path, codes).all(read_records(text.fasta, text.at, text.line))
            return
        buffer = bytearray(_DRAIN_BYTES)
        while text.fasta and text.fasta.readinto(buffer):  # type: ignore[attr-defined]
            pass  # its own file wins, and the digest covers all bytes
    if len(contents) == 1:
        raise InputError(
            "The GFF3 file has no sequences",
            file=path,
            advice="Give its FASTA too, with the same name before the ending, or append it after a line ##FASTA.",
        )
    with contents[1].text() as opened, located(contents[1].file):
        yield from _Reading(annotation, path, contents[1].file.path, codes).all(read_records(opened))


class _Reading:
    """The reading of the sequences of one annotation. path, fasta: for messages."""

    def __init__(self, annotation: Annotation, path: str, fasta: str, codes: Codes) -> None:
        self._waiting = {name: found for name, found in annotation.sequences.items() if found.places}
        self._path, self._fasta, self._codes = path, fasta, codes
        self._met: set[str] = set()  # sequences that have CDS
        self._versions = {without_version(name) for name in self._waiting}
        self._others: set[str] = set()  # sequences that may be another version of an annotated one
        self._first: list[str] = []  # names in the FASTA, for a message

    def all(self, records: Iterator[FastaRecord]) -> Iterator[Found]:
        for record in records:
            name = record.name
            if name in self._met:
                raise InputError(
                    "The sequence occurs twice in the FASTA, and the annotation may mean either",
                    file=self._fasta,
                    record=name,
                    line=record.line,
                    advice="Leave one of them out, or give each its own name.",
                )
            if len(self._first) < _SHOWN:
                self._first.append(name)
            if without_version(name) in self._versions:
                self._others.add(name)
            annotated = self._waiting.pop(name, None)
            found = self._found(record, annotated)
            del record  # so that the next sequence is in memory alone
            yield found
            del found
        self._check_missing()
        for name, annotated in self._waiting.items():
            yield Found(name, annotated.line, annotated.places, self._missing(name, annotated))

    def _found(self, record: FastaRecord, annotated: Annotated | None) -> Found:
        if annotated is None:
            return Found(record.name, record.line, 0, ())
        self._met.add(record.name)
        self._check_length(record, annotated.region)
        return Found(record.name, record.line, annotated.places, self._cds(record, annotated))

    def _cds(self, record: FastaRecord, annotated: Annotated) -> Iterator[Spliced]:
        letters = record.letters
        region = replace(annotated.region, length=len(letters))
        molecule = Molecule(len(letters), region.circular, frozenset({record.name}))
        for cds, code in self._read(record.name, annotated, region):
            placed = place(cds.location, molecule)
            yield Spliced(cds, placed, splice(letters, placed.segments), code)

    def _missing(self, name: str, annotated: Annotated) -> Iterator[Spliced]:
        nowhere = Placed(fault=f"its sequence, {name}, is not in the FASTA {path_of(self._fasta).name}")
        for cds, code in self._read(name, annotated, annotated.region):
            yield Spliced(cds, nowhere, b"", code)

    def _read(self, name: str, annotated: Annotated, region: Region) -> Iterator[tuple[Cds, GeneticCode]]:
        """The CDS of a sequence, before their letters are known."""
        for number, group in enumerate(group_cds(annotated.rows(self._path, name)), 1):
            try:
                sources = (row.attributes for row in (*group.rows, *group.ancestors))
                table = told(sources, "transl_table") or region.genetic_code
                code, source = self._codes.choose(read_genetic_code(table) if table else None)
                cds = cds_of(group, annotated.around(group.rows, region), number, (code.id, source))
            except InputError as error:
                line = group.rows[0].line
                raise InputError(error.message, file=self._path, record=name, line=line, advice=error.advice) from error
            yield cds, code

    def _check_length(self, record: FastaRecord, region: Region) -> None:
        """Raises InputError where the annotation is of a longer sequence, or of a circle of another length."""
        bases = len(record.letters)
        if region.length > bases or (region.circular and region.length != bases):
            raise InputError(
                f"The annotation is of a sequence of {region.length:,} bases, and that in the FASTA has {bases:,}",
                file=self._fasta,
                record=record.name,
                line=record.line,
                advice="Give both of one assembly; or was the FASTA truncated?",
            )

    def _check_missing(self) -> None:
        """Raises InputError where sequences are there under another version, or none of the annotated ones is there."""
        try:
            check_seqids(self._waiting, self._others)
        except InputError as error:
            raise InputError(
                error.message, file=self._path, record=error.where["record"], advice=error.advice
            ) from error
        if self._waiting and not self._met:
            raise InputError(
                f"None of the sequences that the annotation names is in the FASTA {path_of(self._fasta).name}:"
                f" the annotation has {_names([*self._waiting])}, and the FASTA {_names(self._first)}",
                file=self._path,
                advice="Give the FASTA of this annotation, or the same names to both.",
            )


def _names(names: list[str]) -> str:
    more = ", …" if len(names) >= _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more if names else "no sequence"
