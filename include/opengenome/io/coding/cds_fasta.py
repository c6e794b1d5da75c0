"""FASTA whose records are CDS, spliced already. Their headers tell the rest, see annotation/fasta_header.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from opengenome.annotation.fasta_header import read_header
from opengenome.annotation.location import Segment
from opengenome.annotation.reading import Spliced
from opengenome.annotation.splice import Placed
from opengenome.core.alphabet import BYTE_ORDER_MARK
from opengenome.core.counting import decode
from opengenome.core.model import SourceFile
from opengenome.errors import InputError
from opengenome.io.coding.interface import Codes, Found
from opengenome.io.content import Content, open_text
from opengenome.io.fasta_records import read_records
from opengenome.io.formats.fasta import located

NAME = "cds_fasta"

_BLOCK_BYTES = 1 << 20
_EMPTY = Placed(fault="it has no bases")


def read(contents: Sequence[Content], codes: Codes) -> Iterator[Found]:
    """All CDS of a file as one group without a name, because the isoforms of a gene may lie anywhere in it."""
    for content in contents:
        again = partial(_cds, Content(content.file), codes)
        yield Found("", 1, _features(content.file), _cds(content, codes), again)


def _cds(content: Content, codes: Codes) -> Iterator[Spliced]:
    code, source = codes.choose(None)
    with located(content.file), content.text() as text:
        for number, record in enumerate(read_records(text), start=1):
            try:
                cds = read_header(decode(record.header), code.id, source)
            except InputError as error:
                named, path = f"{number} ({record.name})", content.file.path
                raise InputError(
                    error.message, file=path, record=named, line=record.line, advice=error.advice
                ) from error
            letters = bytes(record.letters)
            yield Spliced(cds, Placed((Segment(0, len(letters)),)) if letters else _EMPTY, letters, code)


def _features(file: SourceFile) -> int:
    """How many lines begin with '>', after blanks or none. A search of its own, so that law 7 compares two counts."""
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
