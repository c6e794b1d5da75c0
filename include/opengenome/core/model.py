"""The nouns of the pipeline, as frozen dataclasses. See *Words* in docs/architecture.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from opengenome.core.alphabet import CODONS


class AllCodons(StrEnum):
    """Whether a run fails when a codon never occurs. `auto`: only if so much was counted that each should occur."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Mode(StrEnum):
    """What a sequence is: a record of a file, or a coding sequence (CDS). `auto`: CDS where the input is annotated."""

    AUTO = "auto"
    SEQUENCES = "sequences"
    CDS = "cds"

    @property
    def called(self) -> str:
        return f"mode {self}{', which counts whole records' if self is Mode.SEQUENCES else ''}"


@dataclass(frozen=True, slots=True)
class CountingParameters:
    """The parameters that change a batch's output. The genetic code does not: it is applied after counting.

    frame: bases skipped at the start of each sequence, 0 to 2. per_sequence: whether the per-sequence table is kept.
    codon_pairs: whether the codon pairs of each sequence are kept beside that table, which there is then.
    """

    frame: int = 0
    per_sequence: bool = True
    codon_pairs: bool = False


@dataclass(frozen=True, slots=True)
class SourceFile:
    """An input file as `discover` found it. By the stat fields, later tasks see whether it has changed.

    file_system: the id of its disk, as in statvfs(3), because another disk may be mounted at the same path. cds: of
    FASTA: the convention by which its first header says that the records are CDS, "ncbi" or "ensembl"; else "".
    """

    path: str
    format: str  # "fasta", "parquet", "genbank" or "gff3"
    compression: str  # "", "gzip", "bzip2", "xz" or "zstd"
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    file_system: int
    cds: str = ""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or a whole folder that a search found and that is not counted. why: in a few words."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive sequences of one file that can be read on their own.

    start, stop: byte offsets in a FASTA file, row numbers in a Parquet file; half open.
    sequences, bases: measured by ingest. digest: of the chunk's records (`planning.chunk_digest`).
    """

    path: str
    format: str  # "fasta" or "parquet"
    start: int
    stop: int
    sequences: int
    bases: int
    digest: str

    @property
    def content(self) -> tuple[str, int, int, str]:
        """The content without its path: format, sequences, bases, digest."""
        return self.format, self.sequences, self.bases, self.digest


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive chunks; the unit of Spark submit, retry and reuse. `number` counts from 0 in plan order."""

    number: int
    key: str
    chunks: tuple[Chunk, ...]

    @property
    def name(self) -> str:
        """`batch 3`: counted from 1, like the label in Airflow and `retry --batch`."""
        return f"batch {self.number + 1}"

    @property
    def sequences(self) -> int:
        return sum(chunk.sequences for chunk in self.chunks)

    @property
    def bases(self) -> int:
        return sum(chunk.bases for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where every input base went. Ledgers add up; the zero ledger is `Ledger()`.

    offset: bases skipped before the frame. counted, ambiguous: codons. trailing: bases after the last whole codon.
    """

    sequences: int = 0
    bases: int = 0
    offset: int = 0
    counted: int = 0
    ambiguous: int = 0
    trailing: int = 0

    def __add__(self, other: Ledger) -> Ledger:
        return Ledger(*(a + b for a, b in zip(self.values(), other.values(), strict=True)))

    def values(self) -> tuple[int, ...]:
        return self.sequences, self.bases, self.offset, self.counted, self.ambiguous, self.trailing

    @property
    def accounted(self) -> int:
        """The bases that the ledger accounts for; equal to `bases` if nothing was lost."""
        return self.offset + 3 * (self.counted + self.ambiguous) + self.trailing

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts and the ledger of a chunk, a batch or a table. totals: 64 counts, codons alphabetical."""

    totals: tuple[int, ...]
    ledger: Ledger

    @classmethod
    def sum(cls, tallies: Iterable[Tally]) -> Tally:
        totals, ledger = [0] * len(CODONS), Ledger()
        for tally in tallies:
            totals = [a + b for a, b in zip(totals, tally.totals, strict=True)]
            ledger += tally.ledger
        return cls(tuple(totals), ledger)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a batch's per-sequence table, or of its codon pairs. `name` is relative to the batch's directory."""

    name: str
    rows: int
    bytes: int
    sha256: str


def rate(bases: int, seconds: float | None) -> int | None:
    """Bases per second of a batch in Spark; None if the time is not known.

    seconds: of `spark_seconds`. The same batch has the same rate wherever it is told, also where it is reused.
    """
    return round(bases / seconds) if seconds else None


def spark_seconds(timings: Mapping[str, float]) -> float | None:
    """How long Spark took for a batch, from the start of its session to the end of counting. timings: of a manifest."""
    return timings.get("total")


@dataclass(frozen=True, slots=True)
class BatchManifest:
    """A committed batch output: its input, results, versions and timings.

    totals: 64 counts, codons alphabetical. versions: engine, code (package.counting_digest), python, pyspark, numpy,
    numba. timings: seconds. peak_memory: bytes, of the driver and of the largest Python worker. by_chunk: the totals
    and ledger of each chunk; empty in a manifest of engine 2 or 1. hosts: the machine that counted each range, in
    order; empty in an older manifest. pairs: the codon pairs, one file for each of parts.
    """

    key: str
    parameters: CountingParameters
    chunks: tuple[Chunk, ...]
    parts: tuple[Part, ...]
    totals: tuple[int, ...]
    ledger: Ledger
    versions: dict[str, str]
    attempt: str
    timings: dict[str, float] = field(default_factory=dict)
    peak_memory: dict[str, int] = field(default_factory=dict)
    by_chunk: tuple[Tally, ...] = ()
    hosts: tuple[str, ...] = ()
    pairs: tuple[Part, ...] = ()

    @property
    def tally(self) -> Tally:
        return Tally(self.totals, self.ledger)

    @property
    def files(self) -> tuple[Part, ...]:
        """All files of the output but the manifest."""
        return self.parts + self.pairs

    def without_chunks(self) -> BatchManifest:
        """A smaller copy for reports, which hold all batches of a run in memory, with up to 100,000 chunks."""
        return replace(self, chunks=(), by_chunk=())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
