"""Whether the numbers of a committed batch fit each other and the plan. Pure: numbers in, faults out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from opengenome.core.alphabet import CODONS
from opengenome.core.model import Batch, BatchManifest, Chunk, Tally


class Law(IntEnum):
    """The laws that every run proves, by their numbers."""

    LEDGER = 1
    PLAN = 2
    CODONS = 3
    SUMS = 4
    SEQUENCES = 5
    REPORT = 6


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a committed batch is not what was planned, or is damaged. law: the law that it breaks."""

    law: Law
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Verified:
    """A committed output after everything in it was read. It verifies where it has no faults.

    manifest: None where none can be read. sha256: of the manifest's bytes.
    """

    manifest: BatchManifest | None
    sha256: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class TableSums:
    """A per-sequence table, summed. by_chunk: of each chunk's rows. wrong_row: the first that does not add up."""

    by_chunk: tuple[Tally, ...]
    wrong_row: str | None = None


def contradictions(planned: Batch, manifest: BatchManifest, table: TableSums | None) -> Iterator[Fault]:
    """Where plan, batch, chunks and rows differ. table: None where none is kept or it cannot be read.

    Of many chunks that are wrong in the same way the first is named.
    Rows that are the chunks' and chunks that are the batch's are also the batch's rows.
    """
    yield from _unaccounted("", manifest.tally, planned)
    if len(manifest.by_chunk) != len(planned.chunks):
        yield Fault(Law.SEQUENCES, f"{len(manifest.by_chunk):,} of {len(planned.chunks):,} chunks have totals")
        return
    for name, tally, chunk in zip(_names(planned), manifest.by_chunk, planned.chunks, strict=True):
        if faults := [*_unaccounted(name, tally, chunk)]:
            yield from faults
            break
    yield from _different("chunks and total differ", Tally.sum(manifest.by_chunk), manifest.tally)
    if table is None:
        return
    for name, rows, tally in zip(_names(planned), table.by_chunk, manifest.by_chunk, strict=True):
        if rows != tally:
            yield from _different(f"{name}sequences and total differ", rows, tally)
            break
    if table.wrong_row:
        yield Fault(Law.SEQUENCES, f"a sequence does not account for its bases ({table.wrong_row})")


def _names(planned: Batch) -> list[str]:
    return [f"chunk {number} of {len(planned.chunks)}: " for number in range(1, len(planned.chunks) + 1)]


def _unaccounted(name: str, tally: Tally, planned: Batch | Chunk) -> Iterator[Fault]:
    """Bases that went nowhere, and what was counted beyond the plan or not at all."""
    ledger, codons = tally.ledger, sum(tally.totals)
    if ledger.accounted != planned.bases:
        yield Fault(Law.LEDGER, f"{name}accounts for {ledger.accounted:,} of {planned.bases:,} bases")
    if codons != ledger.counted:
        yield Fault(Law.LEDGER, f"{name}the totals have {codons:,} codons, the ledger has {ledger.counted:,}")
    for kind, counted, wanted in (
        ("sequences", ledger.sequences, planned.sequences),
        ("bases", ledger.bases, planned.bases),
    ):
        if counted != wanted:
            yield Fault(Law.PLAN, f"{name}{counted:,} {kind} were counted, {wanted:,} were planned")


def _different(what: str, sum_of_parts: Tally, whole: Tally) -> Iterator[Fault]:
    if codons := differing(sum_of_parts.totals, whole.totals):
        yield Fault(Law.SEQUENCES, f"{what} in {' '.join(codons)}")
    if sum_of_parts.ledger != whole.ledger:
        yield Fault(Law.SEQUENCES, f"{what} in the ledger")


def differing(one: Sequence[int | None], other: Sequence[int | None]) -> list[str]:
    """The codons in which two vectors of 64 counts differ."""
    return [codon for codon, a, b in zip(CODONS, one, other, strict=True) if a != b]
