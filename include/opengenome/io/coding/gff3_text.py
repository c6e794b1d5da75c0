"""The text of a GFF3 file: blocks of whole lines, up to its ##FASTA section, which is read from there on."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from opengenome.core.alphabet import BYTE_ORDER_MARK
from opengenome.errors import InputError

_BLOCK_BYTES = 1 << 20
_LONGEST_LINE = 1 << 24  # a line with the translation of titin has 40,000 bytes
# A header alone begins the section too (specification 1.26).
_FASTA = re.compile(rb"(?:\A|[\r\n])(##FASTA\b[^\r\n]*(?:\r\n|[\r\n]|\Z)|(?=>))")


class Gff3Text:
    """Iterates over blocks of whole lines that end in a line feed, whatever the file has. Then `fasta` is what follows.

    line: the number of the next line. fasta: None if the file has no ##FASTA section; at: its offset in the file.
    """

    def __init__(self, text: BinaryIO, path: str) -> None:
        self.line = 1
        self.at = 0
        self.fasta: BinaryIO | None = None
        self._text, self._path = text, path

    def __iter__(self) -> Iterator[bytes]:
        """Each block ends at the end of a line. The caller adds to `line` what it has read."""
        for piece in self._pieces():
            section = _FASTA.search(piece) if b">" in piece or b"##FASTA" in piece else None
            lines = piece[: section.start(1)] if section else piece
            yield _with_line_feeds(lines)
            if section:
                self.at += section.end(1)
                self.line += bool(section[1])
                self.fasta = cast("BinaryIO", _Rest(self._left(piece[section.end(1) :]), self._text))
                return
            self.at += len(piece)

    def _pieces(self) -> Iterator[bytes]:
        buffer = bytearray(_BLOCK_BYTES)
        self._held = b""
        while read := self._text.readinto(buffer):  # type: ignore[attr-defined]
            data = self._held + buffer[:read]
            if self.at == 0 and data.startswith(BYTE_ORDER_MARK):
                data, self.at = data[len(BYTE_ORDER_MARK) :], len(BYTE_ORDER_MARK)
            # A carriage return at the very end may be half of a line end.
            end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
            self._held = data[end:]
            if len(self._held) > _LONGEST_LINE:
                raise InputError(
                    f"A line is longer than {_LONGEST_LINE:,} bytes",
                    file=self._path,
                    advice="Is this GFF3? Its rows have nine columns.",
                )
            if end:
                yield data[:end]
        if self._held:
            last, self._held = self._held, b""
            yield last

    def _left(self, begin: bytes) -> bytes:
        """What was read and not given out."""
        return begin + self._held


def _with_line_feeds(lines: bytes) -> bytes:
    return lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in lines else lines


class _Rest(io.RawIOBase):
    """A beginning that was read already, and the rest of a text."""

    def __init__(self, begin: bytes, text: BinaryIO) -> None:
        self.name = getattr(text, "name", None)
        self._begin, self._text = memoryview(begin), text

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._begin:
            return int(self._text.readinto(buffer))  # type: ignore[attr-defined]
        with memoryview(buffer) as view:
            filled = min(len(view), len(self._begin))
            view[:filled] = self._begin[:filled]
        self._begin = self._begin[filled:]
        return filled
