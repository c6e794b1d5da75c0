"""What a Spark task does: count one chunk, write its part. Plain Python, testable without Spark."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import dataclass
from pathlib import Path

from opengenome import ENGINE_VERSION
from opengenome.core.model import Chunk, CountingParameters, Ledger, Part
from opengenome.errors import EngineError, OpenGenomeError
from opengenome.io import package
from opengenome.io.batches import ChunkTotals, count_chunk, write_part
from opengenome.io.clock import Clock
from opengenome.io.memory import peak_memory


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
    """A chunk, how to count it, and where its part goes (`part` is relative to `batch`, and unique to the attempt).

    versions: of the driver; None where there is none.
    """

    chunk: Chunk
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


def count_range(task: RangeTask) -> RangeResult | OpenGenomeError:
    """Count one chunk. Errors that no retry can mend come back as values, so that Spark does not try again."""
    if task.versions and (here := Versions.here()) != task.versions:
        return EngineError(
            f"The executor on {platform.node()} has {here}; the driver has {task.versions}",
            advice="Give both the same image, or the same package.",
        )
    clock, totals = Clock(), ChunkTotals.zero()
    counted = totals.add(count_chunk(task.chunk, task.parameters.frame, clock))
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
