"""FASTA: text whose records begin with '>'. Plain files are read in place, by byte range."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from opengenome.annotation.fasta_header import convention
from opengenome.core.alphabet import BYTE_ORDER_MARK
from opengenome.core.counting import CountedSequences, SequenceCounter, decode
from opengenome.core.measuring import WrongByteError
from opengenome.core.model import Chunk, SourceFile
from opengenome.errors import InputError
from opengenome.io import kinds
from opengenome.io.clock import Clock
from opengenome.io.content import Content, open_text
from opengenome.io.diagnosis import locate
from opengenome.io.digests import ChunkDigest
from opengenome.io.fasta_text import HeaderTooLongError, index_text, read_blocks
from opengenome.io.formats.interface import Beginning, Recognised
from opengenome.io.opening import open_input, reading
from opengenome.io.records import RecordTable
from opengenome.io.row_shards import RowShards
from opengenome.io.text_shards import TextShards

NAME = "fasta"
SUFFIXES: tuple[str, ...] = (".fasta", ".fa", ".fna", ".ffn", ".fas", ".fsa", ".frn", ".cds", ".mfa", ".seq")
CAN_BE_EMPTY = True
IN_TABLES = False
SHARDS: type[TextShards] | type[RowShards] = TextShards

_BEGIN_BYTES = 1 << 16
# Header lines that seem to contain the sequences: pattern, advice. The first match counts.
_HEADERS = [
    (
        re.compile(rb"^[ \t]*>[^\r\n]*[,;|\t][\"']?[ACGTUNacgtun]{3,}[\"']?[ \t]*$", re.MULTILINE),
        "The sequences are in the header lines, as in a table with '>' before each row: put each on a line of its own, "
        "below its header.",
    ),
    (
        re.compile(rb"^[ \t]*>[^\r\n]*?(?:[ACGTUN]{6,}|[acgtun]{6,})[ \t]*$", re.MULTILINE),
        "The sequences are in the header lines: is the line break after the identifier missing?",
    ),
    (re.compile(rb"^[ \t]*>[ \t]*>", re.MULTILINE), "Was it quoted, as in a mail? Remove the first '>' of each line."),
]
_HEADERS_ALONE = "It holds only header lines: was it truncated, or made by grep '>'? Give the sequences too."


def recognise(beginning: Beginning) -> Recognised | None:
    text, _ = beginning.text
    if not text:
        return Recognised(NAME, beginning.compression, "an empty file")
    if kinds.kind_of(beginning.first, text):
        return None
    header = re.split(rb"[\r\n]", text, maxsplit=1)[0].removeprefix(b">")
    return Recognised(NAME, beginning.compression, cds=convention(decode(header)))


def index(content: Content) -> Iterator[RecordTable]:
    with open_text(content.file) as text:
        begin = len(BYTE_ORDER_MARK) if text.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK else 0
    with content.text() as text, located(content.file):
        with reading(content.file.path):
            text.read(begin)
        try:
            for table in index_text(text):
                table.start[:] += begin
                yield table
        except WrongByteError as error:
            error.at += begin
            raise


def copy(content: Content, shards: TextShards) -> Iterator[RecordTable]:
    with located(content.file), content.text() as text:
        yield from shards.add(text)


def end(path: Path) -> int:
    return path.stat().st_size


def count(chunk: Chunk, counter: SequenceCounter, clock: Clock) -> Iterator[CountedSequences]:
    digest = ChunkDigest(chunk, "bytes")
    with open_input(chunk.path) as file:
        try:
            file.seek(chunk.start)
            for block in clock.around("read", read_blocks(file, limit=chunk.stop - chunk.start)):
                yield from counter.feed_fasta(block)
                digest.feed(block.data, counter.record_starts)
        except InputError as error:
            raise digest.changed() from error  # ingest found every byte valid
    yield from counter.finish()
    digest.check()


def why_empty(file: SourceFile) -> str:
    with open_text(file) as text:
        begin = text.read(_BEGIN_BYTES).replace(b"\r", b"\n")
    return next((why for pattern, why in _HEADERS if pattern.search(begin)), _HEADERS_ALONE)


@contextlib.contextmanager
def located(file: SourceFile) -> Iterator[None]:
    """Add file, record and line to an error about an invalid byte of its text."""
    try:
        yield
    except HeaderTooLongError as error:
        raise InputError(error.message, file=file.path, advice=error.advice) from error
    except WrongByteError as error:
        with open_text(file) as text:
            raise locate(text, error, file.path) from error
