"""What a Spark task does: count a range, write its part; and the batch that all ranges make. No Spark in here."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from opengenome import ENGINE_VERSION
from opengenome.core.batch import CHUNK_BASES, batch_key
from opengenome.core.model import BatchManifest, Chunk, CountingParameters, Ledger, Part
from opengenome.errors import EngineError, OpenGenomeError
from opengenome.io import package
from opengenome.io.clock import Clock
from opengenome.io.memory import peak_memory
from opengenome.io.schemas import BatchSpec


@dataclass(frozen=True, slots=True)
class Versions:
    """What driver and executors must have in common. code: package.digest. python: major and minor, as PySpark asks."""

    engine: str
    code: str
    python: str
    pyspark: str

    @classmethod
    def here(cls) -> Versions:
        """Of this process."""
        python = ".".join(platform.python_version_tuple()[:2])
        return cls(ENGINE_VERSION, package.digest(), python, importlib.metadata.version("pyspark"))

    def __str__(self) -> str:
        return f"engine {self.engine} (code {self.code}), Python {self.python}, PySpark {self.pyspark}"


@dataclass(frozen=True, slots=True)
class RangeTask:
    """Consecutive chunks, how to count them, and where their part goes (relative to `batch`, unique to the attempt).

    versions: of the driver; None where there is none.
    """

    chunks: tuple[Chunk, ...]
    parameters: CountingParameters
    batch: str
    part: str
    versions: Versions | None = None


@dataclass(frozen=True, slots=True)
class RangeResult:
    """totals: 64 counts. seconds: read, count, write. peak_memory: bytes, of this Python worker so far. host: its."""

    totals: tuple[int, ...]
    ledger: Ledger
    part: Part | None
    seconds: dict[str, float]
    peak_memory: int
    host: str


@dataclass(frozen=True, slots=True)
class ManifestFacts:
    """What a manifest says for people: versions beside engine and code, seconds by section, bytes by process."""

    versions: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    peak_memory: dict[str, int] = field(default_factory=dict)


def tasks_of(spec: BatchSpec, output: Path, attempt: str, versions: Versions | None = None) -> list[RangeTask]:
    """The ranges of a batch, in its order. Small chunks share one: each range costs a task and a file."""
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
        RangeTask(tuple(chunks), spec.parameters, str(output), part, versions)
        for chunks, part in zip(ranges, parts, strict=True)
    ]


def count_range(task: RangeTask) -> RangeResult | OpenGenomeError:
    """Count one range. Errors that no retry can mend come back as values, so that Spark does not try again."""
    if task.versions and (here := Versions.here()) != task.versions:
        return EngineError(
            f"The executor on {platform.node()} has {here}; the driver has {task.versions}",
            advice="Give both the same image, or the same package.",
        )
    # numpy and pyarrow with it: the driver, which imports this file as well, needs neither.
    from opengenome.io.parts import ChunkTotals, count_chunk, write_part

    clock, totals = Clock(), ChunkTotals.zero()
    counted = totals.add(chain.from_iterable(count_chunk(chunk, task.parameters.frame, clock) for chunk in task.chunks))
    part = None
    try:
        if task.parameters.per_sequence:
            with clock.section("write"):
                part = write_part(Path(task.batch), task.part, counted)
        else:
            for _ in counted:
                pass
    except OpenGenomeError as error:
        return error
    counts = tuple(totals.totals.tolist())
    return RangeResult(counts, totals.ledger, part, dict(clock.seconds), peak_memory(), platform.node())


def assemble(spec: BatchSpec, attempt: str, results: Sequence[RangeResult], facts: ManifestFacts) -> BatchManifest:
    """The manifest of a batch from what its ranges found, in order. Its key is derived, not taken over from the spec.

    Raises EngineError where the sums are not those of the plan.
    """
    ledger = sum((result.ledger for result in results), Ledger())
    if (ledger.sequences, ledger.bases) != (spec.batch.sequences, spec.batch.bases):
        raise EngineError(
            f"{ledger.sequences:,} sequences and {ledger.bases:,} bases came back,"
            f" {spec.batch.sequences:,} and {spec.batch.bases:,} were planned",
            batch=spec.batch.number + 1,
        )
    return BatchManifest(
        key=batch_key(spec.batch.chunks, spec.parameters, ENGINE_VERSION),
        parameters=spec.parameters,
        chunks=spec.batch.chunks,
        parts=tuple(result.part for result in results if result.part),
        totals=tuple(map(sum, zip(*(result.totals for result in results), strict=True))),
        ledger=ledger,
        versions={"engine": ENGINE_VERSION, "code": package.counting_digest(), **facts.versions},
        attempt=attempt,
        timings=facts.timings,
        peak_memory=facts.peak_memory,
    )
