"""What a format answers, and the few records that it answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from opengenome.core.alphabet import BYTE_ORDER_MARK, WHITESPACE
from opengenome.core.counting import CountedSequences
from opengenome.core.model import Chunk, SourceFile
from opengenome.errors import InputError
from opengenome.io.clock import Clock
from opengenome.io.content import Content
from opengenome.io.records import RecordTable
from opengenome.io.row_shards import RowShards
from opengenome.io.text_shards import TextShards


@dataclass(frozen=True)
class Beginning:
    """How a file begins.

    file: the open file itself; a format that needs places in it looks there, if there is no compression. first: the
    first 64 kB, decompressed. following: gives so many bytes of what follows them.
    """

    path: str
    file: BinaryIO
    compression: str
    first: bytes
    following: Callable[[int], bytes]

    @cached_property
    def text(self) -> tuple[bytes, int]:
        """What stands from the first letter on, and how many lines before it. A byte order mark is no letter."""
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
    """format: its name; "" for what is not read. compression: as in SourceFile.

    what: for what is not read, and for an empty file: what it is, in few words. advice: what to do with it. line:
    where text stands before the first header; else 0. aside: whether a search leaves it out whatever its
    name: a table that a run of ours wrote, a summary of files that are found themselves. fasta: whether it may be FASTA
    all the same, so that no search may leave it out. same: whether the advice mends this file, and makes no other one.
    """

    format: str
    compression: str = ""
    what: str = ""
    advice: str = ""
    line: int = 0
    aside: bool = False
    fasta: bool = False
    same: bool = False

    def refusal(self, path: str, *, named: bool = True) -> InputError:
        """The error for a file that was wanted, and is not read.

        named: as this one file. What was found in a folder is mended there: a retry of the run searches it again.
        """
        if self.line:
            return InputError("There is text before the first header", file=path, line=self.line, advice=self.advice)
        advice = f"{self.advice} Start a new run with the new file." if named and not self.same else self.advice
        return InputError(f"This is {self.what}, which is no input", file=path, advice=advice)


class Format(Protocol):
    """A module of this package. All that it raises about a file is an InputError with file, record and line."""

    NAME: str
    """As in SourceFile and Chunk."""

    SUFFIXES: tuple[str, ...]
    """Of the names of files that promise sequences in this format."""

    CAN_BE_EMPTY: bool
    """Whether a file without any byte is one of this format, with no record."""

    IN_TABLES: bool
    """Whether files of it may belong to a table whose list of files lies beside them (Delta, Iceberg, Hudi)."""

    SHARDS: type[TextShards] | type[RowShards]
    """What `copy` writes into: TextShards or RowShards."""

    def recognise(self, beginning: Beginning) -> Recognised | None:
        """What a file is, if it is of this format, or a kind of it that is not read."""

    def index(self, file: SourceFile) -> Iterator[RecordTable] | None:
        """The records of a file that is not compressed, where they lie, every byte checked.

        None for a file whose records cannot be read by ranges: it is copied.
        """

    def copy(self, content: Content, shards: Any) -> Iterator[RecordTable]:
        """The records of a file, copied into shards, every byte checked. Memory: blocks, however large a record."""

    def end(self, path: Path) -> int:
        """Where the last record of a file ends, in the unit of Chunk.start and stop."""

    def count(self, chunk: Chunk, frame: int, clock: Clock) -> Iterator[CountedSequences]:
        """Count a range of records. Adds the seconds of reading to the clock's "read".

        Raises InputError when the range does not hold the records that ingest saw.
        """

    def why_empty(self, file: SourceFile) -> str:
        """Why a file that has records holds no base, or what to do about it: a sentence."""
