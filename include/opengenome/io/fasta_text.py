"""Read FASTA text in blocks and index its records. Memory is one block, however long the lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from opengenome.core.counting import Bytes
from opengenome.core.measuring import FastaMeasurer, WrongByteError
from opengenome.core.planning import Digests
from opengenome.errors import InputError
from opengenome.io.digests import RecordDigests
from opengenome.io.opening import reading
from opengenome.io.records import RecordTable

BLOCK_BYTES = 1 << 20
_BEGIN_BYTES = 40  # of a header, for a message
_HEADER = re.compile(rb"[ \t]*>")  # the kernels allow white space before '>'


class HeaderTooLongError(InputError):
    """A header line does not fit into a block."""


def read_blocks(file: BinaryIO, size: int = BLOCK_BYTES, limit: int | None = None) -> Iterator[Bytes]:
    """Blocks of at most `size` bytes that never end inside a header line; at most `limit` bytes in all.

    A block is a view of a shared buffer and valid until the next one is requested. Raises HeaderTooLongError for a
    header line that is longer than a block, EngineError if the disk fails.
    """
    buffer = bytearray(size)
    view, array = memoryview(buffer), np.frombuffer(buffer, dtype=np.uint8)
    kept = 0
    while True:
        wanted = size - kept if limit is None else min(size - kept, limit)
        with reading(getattr(file, "name", None)):
            read = file.readinto(view[kept : kept + wanted]) if wanted else 0  # type: ignore[attr-defined]
        if limit is not None:
            limit -= read
        filled = kept + read
        if not read:
            if filled:
                yield array[:filled]
            return
        line = max(buffer.rfind(b"\n", 0, filled), buffer.rfind(b"\r", 0, filled)) + 1
        end = line if _HEADER.match(buffer, line, filled) else filled
        if end == 0 and filled == size:
            begin = bytes(buffer[:_BEGIN_BYTES]).decode("latin-1")
            raise HeaderTooLongError(
                f"A header line is longer than {size:,} bytes",
                advice=f"It begins with {begin!r}. Is the line break missing that ends it?",
            )
        if end:
            yield array[:end]
        kept = filled - end
        buffer[:kept] = buffer[end:filled]


def index_text(file: BinaryIO) -> Iterator[RecordTable]:
    """Index the records of FASTA text in one pass that also checks every byte.

    A record's digest covers its bytes from '>' up to the next record.
    Raises WrongByteError; its `at` is an offset into the text.
    """
    measurer, digests = FastaMeasurer(), RecordDigests()
    offset = 0
    pending: list[tuple[int, int, int]] = []  # the open record: start, bases, hash
    for block in read_blocks(file):
        at = 0
        starts: list[int] = []
        closed: list[tuple[int, int, int]] = []
        while at < len(block):
            try:
                at, found = measurer.step(block, at)
            except WrongByteError as error:
                error.at += offset
                raise
            new = slice(found.carried, None)
            begun = found.starts[new].tolist()
            starts += begun
            if found.carried:
                pending = [(pending[0][0], int(found.bases[0]), pending[0][2])]
            pending += [
                (offset + start, bases, id_hash)
                for start, bases, id_hash in zip(
                    begun, found.bases[new].tolist(), found.hashes[new].tolist(), strict=True
                )
            ]
            closed += pending[:-1]
            pending = pending[-1:]
        ended = digests.feed(block.data, starts)
        if closed:
            yield _record_table(closed, ended)
        offset += len(block)
    if pending:
        yield _record_table(pending, digests.finish())


def _record_table(records: list[tuple[int, int, int]], digests: Digests) -> RecordTable:
    starts, bases, hashes = zip(*records, strict=True)
    return RecordTable(
        np.array(starts, dtype=np.int64),
        np.array(bases, dtype=np.int64),
        digests,
        np.array(hashes, dtype=np.uint64),
    )
