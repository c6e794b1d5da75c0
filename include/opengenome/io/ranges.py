"""Count a batch in ranges, each on its own and on any machine, and assemble the results into the batch's manifest.

Spark is one way to map `count_range` over `tasks_of`; a list comprehension is another. numpy and pyarrow are imported
only when counting starts, because Spark's driver counts nothing.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from opengenome import ENGINE_VERSION
from opengenome.core.batch import CHUNK_BASES, batch_key
from opengenome.core.model import BatchManifest, Chunk, CountingParameters, Part, Tally
from opengenome.errors import EngineError, OpenGenomeError, number_of
from opengenome.io import package
from opengenome.io.clock import Clock
from opengenome.io.memory import peak_memory
from opengenome.io.schemas import BatchSpec

if TYPE_CHECKING:
    from opengenome.core.counting import CountedSequences


@dataclass(frozen=True, slots=True)
class RangeTask:
    """Consecutive chunks and how to count them. part: relative to `batch`, unique to the attempt."""

    chunks: tuple[Chunk, ...]
    parameters: CountingParameters
    batch: str
    part: str


@dataclass(frozen=True, slots=True)
class RangeResult:
    """The result of a range. by_chunk: in the order of the task. seconds: to read, count and write.

    part: None if no per-sequence table is kept. peak_memory: bytes, of the process that counted. host: its machine.
    pairs: None if no codon pairs are kept.
    """

    by_chunk: tuple[Tally, ...]
    part: Part | None
    seconds: dict[str, float]
    peak_memory: int
    host: str
    pairs: Part | None = None

    @property
    def tally(self) -> Tally:
        """The sum over the chunks."""
        return Tally.sum(self.by_chunk)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Facts about the attempt that the ranges do not know. timings: seconds. peak_memory: bytes, of the driver."""

    name: str
    versions: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    peak_memory: dict[str, int] = field(default_factory=dict)


def tasks_of(spec: BatchSpec, output: Path, attempt: str) -> list[RangeTask]:
    """The ranges of a batch, in order. Small chunks share a range, because each range costs a task and a file."""
    ranges: list[list[Chunk]] = []
    bases = 0  # of the last range
    for chunk in spec.batch.chunks:
        if not ranges or bases + chunk.bases > CHUNK_BASES:
            ranges.append([])
            bases = 0
        ranges[-1].append(chunk)
        bases += chunk.bases
    parts = (f"attempts/{attempt}/part-{number:05d}.parquet" for number in range(len(ranges)))
    return [
        RangeTask(tuple(chunks), spec.parameters, str(output), part) for chunks, part in zip(ranges, parts, strict=True)
    ]


def count_range(task: RangeTask) -> RangeResult | OpenGenomeError:
    """Count one range. Errors that a retry cannot repair are returned as values, so that Spark does not retry."""
    # imports numpy and pyarrow
    from opengenome.io.pair_parts import write_beside
    from opengenome.io.parts import RunningTally, count_chunk, write_part

    clock = Clock()
    by_chunk: list[Tally] = []

    def counted() -> Iterator[CountedSequences]:
        for chunk in task.chunks:
            running = RunningTally()
            for sequences in count_chunk(chunk, task.parameters, clock):
                running.add(sequences)
                yield sequences
            by_chunk.append(running.tally())

    part = pairs = None
    write = partial(write_part, Path(task.batch), task.part)
    try:
        if task.parameters.codon_pairs:
            with clock.section("write"):
                part, pairs = write_beside(Path(task.batch), task.part, counted(), write)
        elif task.parameters.per_sequence:
            with clock.section("write"):
                part = write(counted())
        else:
            for _ in counted():
                pass
    except OpenGenomeError as error:
        return error
    return RangeResult(tuple(by_chunk), part, dict(clock.seconds), peak_memory(), platform.node(), pairs)


def assemble(spec: BatchSpec, results: Sequence[RangeResult | OpenGenomeError], attempt: Attempt) -> BatchManifest:
    """The manifest of a batch from the results of all its ranges, in order. Its key is derived, not copied from `spec`.

    Raises the first error among the results, and EngineError if a chunk's sums differ from the plan.
    """
    counted = [_counted(result) for result in results]
    by_chunk = tuple(tally for result in counted for tally in result.by_chunk)
    _check_plan(spec, by_chunk)
    whole = Tally.sum(by_chunk)
    seconds = {name: sum(result.seconds.get(name, 0.0) for result in counted) for name in ("read", "count", "write")}
    worker = max((result.peak_memory for result in counted), default=0)
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "numba")}
    return BatchManifest(
        key=batch_key(spec.batch.chunks, spec.parameters, ENGINE_VERSION),
        parameters=spec.parameters,
        chunks=spec.batch.chunks,
        parts=tuple(result.part for result in counted if result.part),
        pairs=tuple(result.pairs for result in counted if result.pairs),
        totals=whole.totals,
        ledger=whole.ledger,
        by_chunk=by_chunk,
        versions={
            "engine": ENGINE_VERSION,
            "code": package.counting_digest(),
            "python": platform.python_version(),
            **versions,
            **attempt.versions,
        },
        attempt=attempt.name,
        timings=seconds | attempt.timings,
        peak_memory={"worker": worker, **attempt.peak_memory},
        hosts=tuple(result.host for result in counted),
    )


def _counted(result: RangeResult | OpenGenomeError) -> RangeResult:
    if isinstance(result, OpenGenomeError):
        raise result
    return result


def _check_plan(spec: BatchSpec, by_chunk: Sequence[Tally]) -> None:
    """Raises EngineError if a range was lost or returned twice, before the batch is committed."""
    back = [(tally.ledger.sequences, tally.ledger.bases) for tally in by_chunk]
    planned = [(chunk.sequences, chunk.bases) for chunk in spec.batch.chunks]
    for number, (counted, wanted) in enumerate(zip_longest(back, planned, fillvalue=(0, 0)), start=1):
        if counted != wanted:
            raise EngineError(
                f"Chunk {number:,} has {number_of(counted[0], 'counted sequence')} and {number_of(counted[1], 'base')};"
                f" {wanted[0]:,} and {wanted[1]:,} were planned",
                batch=spec.batch.number + 1,
            )
