"""The decompressed content of an input file, and the digest of the file's bytes as stored."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from blake3 import blake3

from opengenome.core.model import SourceFile
from opengenome.errors import FOUND_ANEW, InputError
from opengenome.io.ahead import ReadAhead
from opengenome.io.compression import Decompressed
from opengenome.io.opening import open_input, reading

OF_BYTES = "blake3:"  # begins a digest of a file's bytes
_BLOCK_BYTES = 4 << 20  # two such blocks wait: about what is decompressed while one is indexed


class Content:
    """The content of one input file, read once from beginning to end."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self._hashed: blake3 | None = None

    def digest(self) -> str:
        """As `digest_of_bytes`; "" if neither `text` nor `in_place` has read the file."""
        return _named(self._hashed) if self._hashed else ""

    @contextlib.contextmanager
    def text(self) -> Iterator[BinaryIO]:
        """Its text, decompressed by a thread. Has `readinto`."""
        self._hashed = blake3()
        with open_input(self.file.path) as packed:
            hashed = cast("BinaryIO", _Hashed(packed, self._hashed))
            if not self.file.compression:
                yield hashed
                return
            with ReadAhead(cast("BinaryIO", _decompressed(hashed, self.file)), _BLOCK_BYTES) as ahead:
                yield cast("BinaryIO", ahead)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[str]:
        """Its path, for a reader that needs random access. Raises InputError if the file changes meanwhile."""
        self._hashed = _hash_of(self.file)
        yield self.file.path
        if digest_of_bytes(self.file) != self.digest():
            raise InputError("The file changed while it was read", file=self.file.path, advice=FOUND_ANEW)


@contextlib.contextmanager
def open_text(file: SourceFile) -> Iterator[BinaryIO]:
    """The text of an input, decompressed. Has `read`."""
    with open_input(file.path) as packed, reading(file.path):
        yield cast("BinaryIO", _decompressed(packed, file)) if file.compression else packed


def digest_of_bytes(file: SourceFile) -> str:
    """`blake3:` and the BLAKE3 of a file's bytes as stored, 64 hex digits; `b3sum` prints the same."""
    return _named(_hash_of(file))


def _named(hashed: blake3) -> str:
    return f"{OF_BYTES}{hashed.hexdigest()}"


def _hash_of(file: SourceFile) -> blake3:
    digest = blake3()
    with open_input(file.path) as opened, reading(file.path):
        for block in iter(lambda: opened.read(_BLOCK_BYTES), b""):
            digest.update(block)
    return digest


def _decompressed(packed: BinaryIO, file: SourceFile) -> Decompressed:
    return Decompressed(packed, file.compression, file.path, file.size)


class _Hashed(io.RawIOBase):
    """A file whose bytes are hashed as they are read, in order."""

    def __init__(self, file: BinaryIO, digest: blake3) -> None:
        self.name = file.name
        self._file, self._digest = file, digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with memoryview(buffer) as view:
            read = self._file.readinto(view)  # type: ignore[attr-defined]
            self._digest.update(view[:read])
        return int(read)
