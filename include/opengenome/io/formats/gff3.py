"""GFF3: annotation of sequences that lie in its ##FASTA section or in a FASTA file. `io/coding/gff3.py` reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from opengenome.core.counting import CountedSequences, SequenceCounter
from opengenome.core.model import Chunk, SourceFile
from opengenome.errors import ContractError, InputError
from opengenome.io.clock import Clock
from opengenome.io.content import Content
from opengenome.io.formats.interface import Beginning, Recognised
from opengenome.io.records import RecordTable
from opengenome.io.row_shards import RowShards
from opengenome.io.text_shards import TextShards

NAME = "gff3"
SUFFIXES: tuple[str, ...] = (".gff", ".gff3")
CAN_BE_EMPTY = False
IN_TABLES = False
SHARDS: type[TextShards] | type[RowShards] = RowShards

_VERSION = re.compile(rb"##gff-version[ \t]+3\b")
_COMMENTS = re.compile(rb"(?:[ \t]*(?:#[^\r\n]*)?(?:[\r\n]|\Z))*")
_COLUMNS = rb"[^\t\r\n>][^\t\r\n]*\t[^\t\r\n]*\t[^\t\r\n]+\t\d+\t\d+\t[^\t\r\n]+\t[+.?-]\t[012.]\t"
_ROW = re.compile(_COLUMNS + rb'(?:[^\t\r\n"=;]+=[^\t\r\n]*|\.)[ \t]*(?:[\r\n]|\Z)')
# GTF and GFF2 write `gene_id "x";`. Some of their files claim to be of version 3.
_OLDER = re.compile(_COLUMNS + rb'[ ]*\w+ +"')


def recognise(beginning: Beginning) -> Recognised | None:
    text, _ = beginning.text
    first = _COMMENTS.match(text)
    begin = first.end() if first else 0
    version = _VERSION.match(text) and not _OLDER.match(text, begin)
    return Recognised(NAME, beginning.compression) if version or _ROW.match(text, begin) else None


def index(content: Content) -> Iterator[RecordTable] | None:  # noqa: ARG001  (it has no records to read by ranges)
    return None


def copy(content: Content, shards: RowShards) -> Iterator[RecordTable]:  # noqa: ARG001  (it refuses every file)
    raise InputError(
        "GFF3 annotates sequences, and mode sequences counts whole ones",
        file=content.file.path,
        advice="Start a new run with mode cds, or with the FASTA alone.",
    )


def end(path: Path) -> int:
    return path.stat().st_size


def count(
    chunk: Chunk,
    counter: SequenceCounter,  # noqa: ARG001  (no chunk is of GFF3)
    clock: Clock,  # noqa: ARG001
) -> Iterator[CountedSequences]:
    raise ContractError("A chunk of GFF3 was planned, and no code makes such", file=chunk.path)


def why_empty(file: SourceFile) -> str:  # noqa: ARG001  (the same for each)
    return "It has no sequence that its annotation describes."
