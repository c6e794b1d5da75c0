"""The interface of an input format, and the types that it uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from opengenome.core.alphabet import BYTE_ORDER_MARK, WHITESPACE
from opengenome.core.counting import CountedSequences, SequenceCounter
from opengenome.core.model import Chunk, SourceFile
from opengenome.errors import InputError
from opengenome.io.clock import Clock
from opengenome.io.content import Content
from opengenome.io.records import RecordTable
from opengenome.io.row_shards import RowShards
from opengenome.io.text_shards import TextShards


@dataclass(frozen=True)
class Beginning:
    """The beginning of a file.

    file: the open file, for a format that needs random access; only useful without compression. first: the first 64 kB,
    decompressed. following: returns the next bytes, as many as asked for.
    """

    path: str
    file: BinaryIO
    compression: str
    first: bytes
    following: Callable[[int], bytes]

    @cached_property
    def text(self) -> tuple[bytes, int]:
        """The text without leading white space and byte order mark, and the number of lines before it."""
        lines = 0
        text = self.first.removeprefix(BYTE_ORDER_MARK)
        while text:
            rest = text.lstrip(WHITESPACE)
            lines += text[: len(text) - len(rest)].count(b"\n")
            if rest:
                return rest, lines
            text = self.following(len(self.first))
        return b"", lines


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is. format: its name; "" for a file that is not read. compression: as in SourceFile.

    what: of a file that is not read, or is empty: what it is, in few words. advice: what to do with it. line: of text
    before the first header; else 0. aside: whether a search passes it over whatever its name, such as a table that a
    run wrote or a summary of other files. fasta: whether it may still be FASTA, so that no search may pass it over.
    same: whether the advice repairs this file; else it makes a new one. cds: as in SourceFile.
    """

    format: str
    compression: str = ""
    what: str = ""
    advice: str = ""
    line: int = 0
    aside: bool = False
    fasta: bool = False
    same: bool = False
    cds: str = ""

    def refusal(self, path: str, *, named: bool = True) -> InputError:
        """The error for a wanted file that is not read.

        named: the user named this file, so a new file needs a new run. A folder is searched again by a retry.
        """
        if self.line:
            return InputError("There is text before the first header", file=path, line=self.line, advice=self.advice)
        advice = f"{self.advice} Start a new run with the new file." if named and not self.same else self.advice
        return InputError(f"This is {self.what}, which is not a supported input", file=path, advice=advice)


class Format(Protocol):
    """A module of this package. Every error about a file's content is an InputError with file, record and line."""

    NAME: str
    """The format's name, as in SourceFile and Chunk."""

    SUFFIXES: tuple[str, ...]
    """Endings of file names that promise sequences in this format."""

    CAN_BE_EMPTY: bool
    """Whether an empty file is a file of this format without records."""

    IN_TABLES: bool
    """Whether files of it may belong to a table with a list of its files (Delta, Iceberg, Hudi)."""

    SHARDS: type[TextShards] | type[RowShards]
    """The class that `copy` writes into: TextShards or RowShards."""

    def recognise(self, beginning: Beginning) -> Recognised | None:
        """Describe a file of this format, or of a variant of it that is not read; None for any other file."""

    def index(self, content: Content) -> Iterator[RecordTable] | None:
        """Index the records of an uncompressed file in place, and check every byte.

        A format that reads by `content.text` has the digest of the file's bytes too; else it is that of the records.

        None for a file whose records cannot be read by ranges: it is copied.
        """

    def copy(self, content: Content, shards: Any) -> Iterator[RecordTable]:
        """Copy the records of a file into shards, and check every byte. Memory: blocks, however long a record."""

    def end(self, path: Path) -> int:
        """Where the last record of a file ends, in the unit of Chunk.start and stop."""

    def count(self, chunk: Chunk, counter: SequenceCounter, clock: Clock) -> Iterator[CountedSequences]:
        """Count a range of records with a new counter. Adds the seconds of reading to the clock's "read".

        Raises InputError if the range does not hold the records that ingest saw.
        """

    def why_empty(self, file: SourceFile) -> str:
        """Why the records of a file hold no base, or what to do about it: a sentence."""
