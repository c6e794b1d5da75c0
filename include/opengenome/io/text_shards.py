"""Text shards: plain-text copies of compressed or small FASTA files, indexed while they are written.

So a compressed file has the same digests as its plain form, and the counts of one are reused for the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from opengenome.core.alphabet import BYTE_ORDER_MARK, WHITESPACE
from opengenome.core.measuring import WrongByteError
from opengenome.io.fasta_text import index_text
from opengenome.io.paths import text_of
from opengenome.io.records import RecordTable
from opengenome.io.schemas import RecordFile
from opengenome.io.store import storing
from opengenome.io.table_schemas import shard_name


class TextShards:
    """Collects FASTA text in one shard. Call `finish` at the end; then `shards` lists the file if it has a record.

    begun: records so far.
    """

    def __init__(self, folder: Path, final: Path, shards: list[RecordFile]) -> None:
        name = shard_name(len(shards), "fasta")
        self.begun = 0
        self._shards, self._path, self._final = shards, folder / name, final / name
        self._bytes = 0

    def add(self, text: BinaryIO) -> Iterator[RecordTable]:
        """Copy and index the text of one file. Raises WrongByteError; its `at` is an offset into that text."""
        with self._path.open("ab", buffering=0) as file:
            copied = _Copied(text, cast("BinaryIO", file), self._path.parent)
            try:
                for table in index_text(cast("BinaryIO", copied)):
                    table.start[:] += self._bytes
                    self.begun += len(table.start)
                    yield table
            except WrongByteError as error:
                error.at += copied.left_out
                raise
        self._bytes += copied.written

    def finish(self) -> Iterator[RecordTable]:
        """List the shard, or remove it if it has no record. Yields nothing: `add` has yielded every record."""
        if self.begun:
            self._shards.append(RecordFile(text_of(self._final), "fasta", self.begun, self._bytes, self._bytes))
        else:
            self._path.unlink(missing_ok=True)
        yield from ()


class _Copied:
    """Reads FASTA text, and copies it to a file without leading blanks and with a final line end.

    Leading blanks would extend the record before, which belongs to another file.
    left_out: bytes skipped at the beginning, a byte order mark included. written: bytes.
    """

    def __init__(self, text: BinaryIO, file: BinaryIO, folder: Path) -> None:
        self.name = getattr(text, "name", None)
        self.left_out = self.written = 0
        self._text, self._file, self._folder = text, file, folder
        self._last = b""

    def readinto(self, buffer: memoryview) -> int:
        while read := self._text.readinto(buffer):  # type: ignore[attr-defined]
            if self.written:
                break
            first = bytes(buffer[:read])
            if not self.left_out:
                first = first.removeprefix(BYTE_ORDER_MARK)
            begin = read - len(first.lstrip(WHITESPACE))
            self.left_out += begin
            if begin < read:
                read -= begin
                buffer[:read] = buffer[begin : begin + read]
                break
        if not read and self._last not in (b"", b"\n", b"\r"):
            buffer[:1], read = b"\n", 1
        if read:
            with storing(self._folder):  # so that a full disk is not reported as an error of the input
                self._file.write(buffer[:read])
            self.written += read
            self._last = bytes(buffer[read - 1 : read])
        return int(read)
