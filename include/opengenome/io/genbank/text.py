"""A stream of GenBank text as records, one at a time.

A record begins with a LOCUS line and ends with a line of //. Line breaks may be LF, CR LF or CR.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from opengenome.core.alphabet import BYTE_ORDER_MARK
from opengenome.errors import InputError
from opengenome.io.genbank.record import Record

BEGIN = re.compile(rb"LOCUS[ \t]")
RELEASE = re.compile(rb"GB[A-Z]+\d*\.SEQ\s")  # begins a file of a GenBank release; text follows up to the first LOCUS

_BLOCK_BYTES = 1 << 22
_LOCUS = re.compile(rb"\nLOCUS[ \t]")
_MARK = re.compile(rb"\n(?:(LOCUS)[ \t]|//)")


def read_records(text: BinaryIO, path: str) -> Iterator[Record]:
    """The records of a text that has `readinto`. Memory: one record.

    Raises InputError, with file and line, for text outside of records, and for a file without a record.
    """
    any_record = False
    for pieces, line, ended in _pieces(text, path):
        whole = b"".join(pieces)
        match = _LOCUS.search(whole)
        outside = whole[: match.start()] if match else whole
        if (told := outside.strip()) and not (match and RELEASE.match(told)):
            at = line + outside[: outside.find(told)].count(b"\n") - 1
            raise InputError(
                "This line belongs to no record of GenBank", file=path, line=at,
                advice="A record begins with LOCUS and ends with a line of //. Was the file edited, or torn and joined?",
            )  # fmt: skip
        if match:
            any_record = True
            yield Record(path, line + outside.count(b"\n"), whole[match.start() :] if outside else whole, ended)
    if not any_record:
        raise InputError("The file holds no record of GenBank", file=path, advice="A record begins with LOCUS.")


def _pieces(text: BinaryIO, path: str) -> Iterator[tuple[list[bytes], int, bool]]:
    """What lies between the ends of records, in blocks; its first line; and whether a line of // ends it.

    Each begins with the line break before it, so that every line of it does.
    """
    held: list[bytes] = []
    began, line, open_ = 1, 1, False  # the first line of what is held, that of the block, and whether a LOCUS is held
    for block in _blocks(text):
        at = 0
        for mark in _MARK.finditer(block):
            if mark[1] and not open_:
                open_ = True
                continue
            held.append(block[at : mark.start()])
            yield held, began, not mark[1]
            held, open_ = [], bool(mark[1])
            at = mark.start()
            if not mark[1]:
                end = block.find(b"\n", mark.end())
                at = end if end >= 0 else len(block)
                if block[mark.end() : at].strip():
                    where = line + block.count(b"\n", 0, mark.end()) - 1
                    raise InputError("A line of GenBank goes on after //", file=path, line=where)
            began = line + block.count(b"\n", 0, at)
        held.append(block[at:])
        line += block.count(b"\n")
    yield held, began, False


def _blocks(text: BinaryIO) -> Iterator[bytes]:
    """The text in blocks of whole lines. Each line begins with a line feed, and has none at its end."""
    line = [b"\n"]  # the beginning of the last line
    for block in _unix(text):
        cut = block.rfind(b"\n")
        if cut < 0:
            line.append(block)
        else:
            yield b"".join((*line, block[:cut]))
            line = [block[cut:]]
    yield b"".join(line)


def _unix(text: BinaryIO) -> Iterator[bytes]:
    """The blocks of a file, without a byte order mark, with LF for each CR LF and CR."""
    buffer = memoryview(bytearray(_BLOCK_BYTES))
    first, held = True, b""
    while size := text.readinto(buffer):  # type: ignore[attr-defined]
        block = held + bytes(buffer[:size])
        held = b""
        if first:
            block, first = block.removeprefix(BYTE_ORDER_MARK), False
        if b"\r" in block:
            if block.endswith(b"\r"):
                block, held = block[:-1], b"\r"
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield block
    yield held.replace(b"\r", b"\n")
