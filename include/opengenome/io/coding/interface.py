"""The interface of a reader of coding sequences, and the types that it uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from opengenome.annotation.reading import Spliced
from opengenome.core.genetic_code import GeneticCode, genetic_code
from opengenome.io.content import Content

ANNOTATION, SAMPLESHEET, PARAMETER = "annotation", "samplesheet", "parameter"
CODE_SOURCES = {  # why a CDS has its genetic code
    ANNOTATION: "the annotation names it",
    SAMPLESHEET: "the samplesheet names it",
    PARAMETER: "that of the run, because neither annotation nor samplesheet names one",
}


@dataclass(frozen=True, slots=True)
class Codes:
    """Which genetic code a CDS has: that of its annotation, else of the samplesheet, else of the run.

    samplesheet: an NCBI table; 0 if the samplesheet has none. default: the run's.
    """

    samplesheet: int
    default: GeneticCode

    def choose(self, annotated: int | None) -> tuple[GeneticCode, str]:
        """The code, and where it is from: ANNOTATION, SAMPLESHEET or PARAMETER.

        annotated: the NCBI table that the annotation names; None if it names none.
        """
        if annotated is not None:
            return genetic_code(annotated), ANNOTATION
        if self.samplesheet:
            return genetic_code(self.samplesheet), SAMPLESHEET
        return self.default, PARAMETER


@dataclass(frozen=True, slots=True)
class Found:
    """The CDS of one record of a file.

    features: how many CDS the text has, counted by code of its own (a search for lines), so that law 7 compares two
    counts; of GFF3 they are rows, each as often as it has Parents. cds: all CDS in the order of the file, spliced; read
    once. line: where the record begins, from 1. again: reads the CDS from the file again, where they are too many to be
    held; else None.
    """

    record: str
    line: int
    features: int
    cds: Iterable[Spliced]
    again: Callable[[], Iterable[Spliced]] | None = None


class Reader(Protocol):
    """A module of this package.

    Every error about a file's content is an InputError with file, record and line. Memory: one record.
    """

    NAME: str
    """As in `Unit.reader`."""

    def read(self, contents: Sequence[Content], codes: Codes) -> Iterator[Found]:
        """Read the files of a unit: each record once, also those without a CDS.

        contents: in the order of the unit's files. Reads each to its end, so that its digest covers all bytes.
        """
