"""FASTA text: read in blocks, indexed by record, counted by byte range. Memory is one block, however long the lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64, xxh3_64_intdigest

from opengenome.core.counting import Bytes, CountedSequences, Ints, SequenceCounter
from opengenome.core.measuring import FastaMeasurer, WrongByteError
from opengenome.core.model import Chunk
from opengenome.core.planning import Digest, chunk_digest
from opengenome.errors import InputError
from opengenome.io.clock import Clock
from opengenome.io.sources import open_input, reading

BLOCK_BYTES = 1 << 20
_HEADER = re.compile(rb"[ \t]*>")  # the kernels take white space before '>' as they take a blank line


class HeaderTooLongError(InputError):
    """A header line does not fit into a block."""


@dataclass(frozen=True, slots=True)
class RecordTable:
    """Complete records in input order, as columns of `schemas.records_schema`; all (n,)."""

    start: Ints
    bases: Ints
    digest: npt.NDArray[np.uint64]
    id_hash: npt.NDArray[np.uint64]


def read_blocks(file: BinaryIO, size: int = BLOCK_BYTES, limit: int | None = None) -> Iterator[Bytes]:
    """Blocks of at most `size` bytes that never end inside a header line; at most `limit` bytes in all.

    A block is a view of one buffer: it is good until the next one is asked for. Raises HeaderTooLongError
    for a header line that is longer than a block, EngineError for a disk that fails.
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
            raise HeaderTooLongError(f"A header line is longer than {size:,} bytes")
        if end:
            yield array[:end]
        kept = filled - end
        buffer[:kept] = buffer[end:filled]


class RecordDigests:
    """The digest of each FASTA record: xxh3-64 of its bytes from '>' up to the next record.

    Both ingest and the counter go through this class, so that what was planned can be told from what was read.
    """

    def __init__(self) -> None:
        self._open: Any = None

    def feed(self, block: Bytes, starts: list[int]) -> list[int]:
        """Take a block in which records begin at `starts`; returns the digests of the records that ended in it."""
        view = block.data
        digests = []
        first = starts[0] if starts else len(block)
        if self._open is not None:
            self._open.update(view[:first])
            if starts:
                digests.append(self._open.intdigest())
        digests += [xxh3_64_intdigest(view[begin:end]) for begin, end in pairwise(starts)]
        if starts:
            self._open = xxh3_64(view[starts[-1] :])
        return digests

    def finish(self) -> list[int]:
        return [] if self._open is None else [self._open.intdigest()]


def index_fasta(file: BinaryIO) -> Iterator[RecordTable]:
    """The records of FASTA text, found in one pass that also checks every byte.

    Raises WrongByteError whose `at` is an offset into the text.
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
        ended = digests.feed(block, starts)
        if closed:
            yield _record_table(closed, ended)
        offset += len(block)
    if pending:
        yield _record_table(pending, digests.finish())


def _record_table(records: list[tuple[int, int, int]], digests: list[int]) -> RecordTable:
    starts, bases, hashes = zip(*records, strict=True)
    return RecordTable(
        np.array(starts, dtype=np.int64),
        np.array(bases, dtype=np.int64),
        np.array(digests, dtype=np.uint64),
        np.array(hashes, dtype=np.uint64),
    )


def count_fasta_chunk(chunk: Chunk, frame: int, clock: Clock) -> Iterator[CountedSequences]:
    """Count the byte range of a FASTA file. Raises InputError when its bytes are not those that ingest saw."""
    counter, records, digest = SequenceCounter(frame), RecordDigests(), chunk_digest()
    with open_input(chunk.path) as file:
        try:
            file.seek(chunk.start)
            for block in clock.around("read", read_blocks(file, limit=chunk.stop - chunk.start)):
                yield from counter.feed_fasta(block)
                update_digest(digest, records.feed(block, counter.record_starts))
        except InputError as error:
            raise changed(chunk) from error  # ingest read the file, and every byte of it was right
    yield from counter.finish()
    update_digest(digest, records.finish())
    check_unchanged(chunk, digest)


def update_digest(digest: Digest, records: list[int]) -> None:
    digest.update(np.array(records, dtype="<u8").tobytes())


def check_unchanged(chunk: Chunk, digest: Digest) -> None:
    if digest.hexdigest() != chunk.digest:
        raise changed(chunk)


def changed(chunk: Chunk) -> InputError:
    return InputError(
        f"The input changed after it was planned, between {chunk.start:,} and {chunk.stop:,}",
        file=chunk.path,
        advice="Start a new run; it counts only what changed.",
    )
