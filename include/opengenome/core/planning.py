"""Group records into chunks and batches. Pure: equal records and limits give equal batches and keys in any process."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain, groupby, pairwise
from operator import itemgetter
from typing import Protocol

import numpy as np
import numpy.typing as npt
from blake3 import blake3

from opengenome.core.batch import CHUNK_BASES, batch_key
from opengenome.core.model import Batch, Chunk, CountingParameters
from opengenome.errors import PlanError, number_of

Ints = npt.NDArray[np.int64]
Digests = npt.NDArray[np.uint8]  # (n, DIGEST_BYTES), one row for each record

DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Limits:
    """A batch ends at `batch_size` sequences, or before the sequence that would exceed `max_batch_bases`.

    A sequence is never split: one that is longer than `max_batch_bases` is a batch of its own.
    """

    batch_size: int
    max_batch_bases: int


@dataclass(frozen=True, slots=True)
class RecordSpan:
    """Consecutive records of one file. starts: (n,) as in Chunk; stop: where the last one ends. bases: (n,).

    digests: (n, 32), one for each record.
    """

    path: str
    format: str
    starts: Ints
    stop: int
    bases: Ints
    digests: Digests

    def between(self, at: int, to: int) -> RecordSpan:
        """The records [at, to) of this span; they share its arrays."""
        if (at, to) == (0, len(self.starts)):
            return self
        stop = int(self.starts[to]) if to < len(self.starts) else self.stop
        return replace(self, starts=self.starts[at:to], stop=stop, bases=self.bases[at:to], digests=self.digests[at:to])


@dataclass(frozen=True, slots=True)
class FileMeasure:
    """What the planner knows of a file before it reads its records. name: with its folder's, so that few are equal."""

    name: str
    sequences: int
    bases: int


class Digest(Protocol):
    def update(self, data: bytes | memoryview, /) -> object: ...
    def hexdigest(self) -> str: ...


def chunk_digest() -> Digest:
    """The digest of a chunk: BLAKE3, 64 hex digits, fed with the digests of its records, in order."""
    return blake3()


@dataclass
class _OpenChunk:
    path: str
    format: str
    start: int
    stop: int
    sequences: int = 0
    bases: int = 0
    digest: Digest = field(default_factory=chunk_digest)

    def close(self) -> Chunk:
        return Chunk(self.path, self.format, self.start, self.stop, self.sequences, self.bases, self.digest.hexdigest())


def settled_breaks(files: Sequence[FileMeasure], limits: Limits) -> list[int]:
    """Positions of the files that begin a new batch, even if the batch before has room left.

    If each batch were filled to its limits, an added, changed or removed file would shift all batches after it, and all
    would be recounted. So files that do not fit into one batch are split before the file whose name has the greatest
    hash, and each side is split again. As in a treap (Seidel & Aragon 1996, Algorithmica 16:464-497), the same files
    are split at the same places whatever other files there are. A changed file then changes one batch, rarely up to
    four.
    The price: batches of many small files are little more than half full. A single file has no breaks.
    """
    sequences = [0, *accumulate(file.sequences for file in files)]
    bases = [0, *accumulate(file.bases for file in files)]
    ranks = _ranks(files)
    breaks, waiting = [], [(0, len(files))]
    while waiting:
        first, last = waiting.pop()
        fits = (
            sequences[last] - sequences[first] <= limits.batch_size
            and bases[last] - bases[first] <= limits.max_batch_bases
        )
        if last - first > 1 and not fits:
            middle = max(range(first + 1, last), key=ranks.__getitem__)
            breaks.append(middle)
            waiting += [(first, middle), (middle, last)]
    return sorted(breaks)


def _ranks(files: Sequence[FileMeasure]) -> list[bytes]:
    """A hash for each file that depends only on its name; files of the same name are numbered."""
    seen: Counter[str] = Counter()
    ranks = []
    for file in files:
        seen[file.name] += 1
        ranks.append(hashlib.sha256(f"{file.name}\n{seen[file.name]}".encode()).digest())
    return ranks


def plan_batches(
    spans: Iterable[RecordSpan],
    limits: Limits,
    parameters: CountingParameters,
    engine: str,
    breaks: Iterable[int] = (),
) -> Iterator[Batch]:
    """Batches in input order. Each ends where its limits say, and before a record that is in `breaks`.

    spans: those of one file are consecutive. breaks: record numbers, counted from 0 over all spans.
    """
    settled = (_cut(together, limits) for together in _parted(spans, breaks))
    for number, chunks in enumerate(chain.from_iterable(settled)):
        yield Batch(number, batch_key(chunks, parameters, engine), tuple(chunks))


def _parted(spans: Iterable[RecordSpan], breaks: Iterable[int]) -> Iterator[Iterator[RecordSpan]]:
    """The spans in groups; a group begins at each record in `breaks`. Consume each group before the next."""
    numbered = _split(spans, sorted(set(breaks)))
    return ((span for _, span in group) for _, group in groupby(numbered, key=itemgetter(0)))


def _split(spans: Iterable[RecordSpan], breaks: Sequence[int]) -> Iterator[tuple[int, RecordSpan]]:
    """The spans, cut before each record in `breaks`, each with the number of its group."""
    begin = 0
    for span in spans:
        end = begin + len(span.bases)
        first, last = bisect_right(breaks, begin), bisect_left(breaks, end)
        edges = [begin, *breaks[first:last], end]
        for group, (at, to) in enumerate(pairwise(edges), start=first):
            if to > at:
                yield group, span.between(at - begin, to - begin)
        begin = end


def _cut(spans: Iterable[RecordSpan], limits: Limits) -> Iterator[list[Chunk]]:
    closed: list[Chunk] = []
    chunk: _OpenChunk | None = None
    sequences = bases = 0  # of the batch that is open
    for span in spans:
        if chunk is not None and (chunk.path != span.path or chunk.stop != span.starts[0]):
            closed.append(chunk.close())
            chunk = None
        ends = np.cumsum(span.bases)
        at = 0
        while at < len(ends):
            done = int(ends[at - 1]) if at else 0
            if chunk is None:
                chunk = _OpenChunk(span.path, span.format, int(span.starts[at]), int(span.starts[at]))
            room = done + limits.max_batch_bases - bases
            batch_full = at + limits.batch_size - sequences
            if room < ends[-1]:
                batch_full = min(batch_full, int(np.searchsorted(ends, room, side="right")))
            if batch_full <= at and sequences == 0:
                batch_full = at + 1  # longer than any batch may be
            chunk_full = int(np.searchsorted(ends, done + CHUNK_BASES - chunk.bases, side="left")) + 1
            to = min(len(ends), batch_full, chunk_full)
            if to > at:
                taken = int(ends[to - 1]) - done
                chunk.digest.update(span.digests[at:to].reshape(-1).data)
                chunk.sequences, chunk.bases = chunk.sequences + to - at, chunk.bases + taken
                sequences, bases = sequences + to - at, bases + taken
                chunk.stop = int(span.starts[to]) if to < len(ends) else span.stop
            if to in (batch_full, chunk_full):
                if chunk.sequences:
                    closed.append(chunk.close())
                chunk = None
            if to == batch_full:
                yield closed
                closed, sequences, bases = [], 0, 0
            at = to
    if chunk is not None and chunk.sequences:
        closed.append(chunk.close())
    if closed:
        yield closed


def too_many_batches(
    sequences: int, bases: int, limits: Limits, most: int, names: tuple[str, str] = ("batch_size", "max_batch_bases")
) -> PlanError:
    """The error for input that needs more than `most` batches. Its advice gives limits that always fit.

    names: the names of the limits in the advice.
    """
    # A batch that ended because of its bases holds, with the next one, more than max_batch_bases. So there are fewer
    # than 2 · bases / max_batch_bases such batches. The rest of `most` is for batches that ended at batch_size.
    by_bases = -(-2 * bases // limits.max_batch_bases) + 1 if bases > limits.max_batch_bases else 0
    room = most - by_bases
    if room >= most // 2:
        advice = f"Set {names[0]} to {-(-sequences // room):,} or more."
    else:
        advice = (
            f"Set {names[0]} to {max(limits.batch_size, -(-2 * sequences // most)):,} or more"
            f" and {names[1]} to {-(-5 * bases // most):,} or more."
        )
    return PlanError(
        f"{sequences:,} sequences with {bases:,} bases need more than {most:,} batches"
        f" of at most {number_of(limits.batch_size, 'sequence')} and {number_of(limits.max_batch_bases, 'base')}",
        advice=advice,
    )
