"""FASTA whose records are CDS, spliced already. Their headers tell the rest, see annotation/fasta_header.py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO

from opengenome.annotation.fasta_header import read_header
from opengenome.annotation.location import Segment
from opengenome.annotation.reading import Spliced
from opengenome.annotation.splice import Placed
from opengenome.core.alphabet import BYTE_ORDER_MARK, WHITESPACE
from opengenome.core.counting import decode, identifier
from opengenome.core.measuring import FastaMeasurer, WrongByteError
from opengenome.core.model import SourceFile
from opengenome.errors import InputError
from opengenome.io.coding.interface import Codes, Found
from opengenome.io.content import Content, open_text
from opengenome.io.diagnosis import line_of
from opengenome.io.fasta_text import read_blocks
from opengenome.io.formats.fasta import located

NAME = "cds_fasta"

_BLOCK_BYTES = 1 << 20
_HEADER = re.compile(rb">([^\r\n]*)")
_EMPTY = Placed(fault="it has no bases")


def read(contents: Sequence[Content], codes: Codes) -> Iterator[Found]:
    """All CDS of a file as one group without a name, because the isoforms of a gene may lie anywhere in it."""
    for content in contents:
        yield Found("", 1, _features(content.file), _cds(content, codes))


def _cds(content: Content, codes: Codes) -> Iterator[Spliced]:
    code, source = codes.choose(None)
    with located(content.file), content.text() as text:
        for number, (at, record) in enumerate(_records(text), start=1):
            header = _HEADER.match(record)
            assert header, "a record begins with '>'"  # noqa: S101  (the measurer found it there)
            letters = record[header.end() :].translate(None, WHITESPACE)
            try:
                cds = read_header(decode(header[1]), code.id, source)
            except InputError as error:
                raise _in_its_place(error, content.file, at, f"{number} ({identifier(header[1])})") from error
            yield Spliced(cds, Placed((Segment(0, len(letters)),)) if letters else _EMPTY, letters, code)


def _records(text: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each record from its '>' on, and its offset in the text. Raises WrongByteError, as `fasta_text.index_text`."""
    measurer = FastaMeasurer()
    offset = 0
    begun, pieces = -1, list[bytes]()
    for block in read_blocks(text):
        data = block.tobytes()
        at = len(BYTE_ORDER_MARK) if not offset and data.startswith(BYTE_ORDER_MARK) else 0
        edges: list[int] = []
        while at < len(data):
            try:
                at, found = measurer.step(block, at)
            except WrongByteError as error:
                error.at += offset
                raise
            edges += found.starts[found.carried :].tolist()
        edges.append(len(data))
        pieces.append(data[: edges[0]])
        for start, stop in pairwise(edges):
            if begun >= 0:
                yield begun, b"".join(pieces)
            begun, pieces = offset + start, [data[start:stop]]
        offset += len(data)
    if begun >= 0:
        yield begun, b"".join(pieces)


def _in_its_place(error: InputError, file: SourceFile, at: int, record: str) -> InputError:
    with open_text(file) as text:
        line = line_of(text, at)
    return InputError(error.message, file=file.path, record=record, line=line, advice=error.advice)


def _features(file: SourceFile) -> int:
    """How many lines begin with '>', after blanks or none. A search of its own, so that law 6 compares two counts."""
    number, begins = 0, True  # whether the line so far has only blanks
    with open_text(file) as text:
        block = text.read(_BLOCK_BYTES).removeprefix(BYTE_ORDER_MARK)
        while block:
            at = block.find(b">")
            while at >= 0:
                number += _begins_line(block, at, begins)
                at = block.find(b">", at + 1)
            begins = _begins_line(block, len(block), begins)
            block = text.read(_BLOCK_BYTES)
    return number


def _begins_line(block: bytes, at: int, begins: bool) -> bool:
    """Whether only blanks lie between block[at] and the beginning of its line."""
    while at and block[at - 1] in b" \t":
        at -= 1
    return block[at - 1] in b"\r\n" if at else begins
