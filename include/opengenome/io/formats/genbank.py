"""GenBank: the sequence of each record. Its coding sequences are read by io/coding/genbank.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from opengenome.core.counting import CountedSequences, SequenceCounter
from opengenome.core.model import Chunk, SourceFile
from opengenome.errors import ContractError
from opengenome.io.clock import Clock
from opengenome.io.content import Content
from opengenome.io.formats.interface import Beginning, Recognised
from opengenome.io.genbank.text import BEGIN, RELEASE, read_records
from opengenome.io.opening import reading
from opengenome.io.records import RecordTable
from opengenome.io.row_shards import RowShards
from opengenome.io.text_shards import TextShards

NAME = "genbank"
SUFFIXES: tuple[str, ...] = (".gb", ".gbk", ".gbff", ".genbank")
CAN_BE_EMPTY = False
IN_TABLES = False
SHARDS: type[TextShards] | type[RowShards] = RowShards

_PROTEIN = re.compile(rb"LOCUS[^\r\n]*[ \t]\d+[ \t]+aa\b")


def recognise(beginning: Beginning) -> Recognised | None:
    text, _ = beginning.text
    if _PROTEIN.match(text):
        advice = "It holds protein; codon usage needs nucleotide sequences."
        return Recognised("", beginning.compression, "GenBank of proteins (GenPept)", advice)
    known = BEGIN.match(text) or RELEASE.match(text)
    return Recognised(NAME, beginning.compression) if known else None


def index(content: Content) -> Iterator[RecordTable] | None:  # noqa: ARG001  (its sequences are broken into lines)
    return None


def copy(content: Content, shards: RowShards) -> Iterator[RecordTable]:
    with content.text() as text, reading(content.file.path):
        for record in read_records(text, content.file.path):
            yield from shards.add(record.name, np.frombuffer(record.letters, dtype=np.uint8))


def end(path: Path) -> int:
    raise _never_a_chunk(path)


def count(
    chunk: Chunk,
    counter: SequenceCounter,  # noqa: ARG001  (never called)
    clock: Clock,  # noqa: ARG001
) -> Iterator[CountedSequences]:
    raise _never_a_chunk(chunk.path)


def why_empty(file: SourceFile) -> str:  # noqa: ARG001  (the same for each)
    return "Its LOCUS lines tell of 0 bases."


def _never_a_chunk(path: object) -> ContractError:
    """The error for a plan that would read this format by ranges: its copies are row shards, in Parquet."""
    return ContractError("GenBank cannot be read by ranges", file=path)
