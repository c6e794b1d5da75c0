"""Read the records of FASTA text with their letters. Memory: one record, and a block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from opengenome.core.alphabet import BYTE_ORDER_MARK, WHITESPACE
from opengenome.core.counting import Bytes, identifier
from opengenome.core.measuring import FastaMeasurer, WrongByteError
from opengenome.io.fasta_text import read_blocks

_LINE_END = re.compile(rb"[\r\n]")


@dataclass(frozen=True, slots=True)
class FastaRecord:
    """header: what follows '>'. line: of its header, from 1. letters: without white space, every one checked.

    Nothing else holds the letters, so a reader that drops a record before it asks for the next has one in memory.
    """

    header: bytes
    line: int
    letters: bytearray

    @property
    def name(self) -> str:
        """The first word of its header."""
        return identifier(self.header)


def read_records(text: BinaryIO, at: int = 0, line: int = 1) -> Iterator[FastaRecord]:
    """The records of FASTA text.

    at, line: where the text begins in its file. Raises WrongByteError for a letter that is not a nucleotide, where its
    `at` is an offset into the file; HeaderTooLongError.
    """
    measurer, lines = FastaMeasurer(), _Lines(line)
    header, begun = b"", 0
    letters: list[bytearray] = []  # of the open record; a list, so that `pop` leaves no reference
    for number, read in enumerate(read_blocks(text)):
        marked = number == 0 and read[: len(BYTE_ORDER_MARK)].tobytes() == BYTE_ORDER_MARK
        block = read[len(BYTE_ORDER_MARK) :] if marked else read
        at += len(read) - len(block)
        starts = _starts(measurer, block, at)
        data = block.tobytes()
        if letters:
            letters[0] += data[: starts[0] if starts else len(data)].translate(None, WHITESPACE)
        for start, stop in pairwise((*starts, len(data))):
            if letters:
                yield FastaRecord(header, begun, letters.pop())
            begun = lines.up_to(data, start)
            found = _LINE_END.search(data, start)
            end = found.start() if found else len(data)
            header = data[start + 1 : end]
            letters.append(bytearray(data[end:stop].translate(None, WHITESPACE)))
        lines.end(data)
        at += len(data)
    if letters:
        yield FastaRecord(header, begun, letters.pop())


def _starts(measurer: FastaMeasurer, block: Bytes, offset: int) -> list[int]:
    """Where records begin in the next block, all of whose letters are checked."""
    starts: list[int] = []
    at = 0
    while at < len(block):
        try:
            at, found = measurer.step(block, at)
        except WrongByteError as error:
            error.at += offset
            raise
        starts += found.starts[found.carried :].tolist()
    return starts


class _Lines:
    """Counts lines through consecutive blocks."""

    def __init__(self, line: int) -> None:
        self._line, self._at, self._last = line, 0, b""

    def up_to(self, data: bytes, end: int) -> int:
        """The line of data[end]. Ask for rising positions."""
        part = data[self._at : end]
        ends = part.count(b"\n")
        if b"\r" in part or self._last == b"\r":
            joined = self._last + part
            ends += part.count(b"\r") - joined.count(b"\r\n")
        self._line, self._at, self._last = self._line + ends, end, part[-1:] or self._last
        return self._line

    def end(self, data: bytes) -> None:
        """Go on with the next block."""
        self.up_to(data, len(data))
        self._at = 0
