"""Check that the numbers of a committed batch agree with each other and with the plan. Pure: numbers in, faults out."""

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
    CODING = 7


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a committed batch is damaged or differs from the plan. law: the law that it breaks."""

    law: Law
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of reading all of a committed output. The output verifies if there are no faults.

    manifest: None if it cannot be read. sha256: of the manifest's bytes.
    """

    manifest: BatchManifest | None
    sha256: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class TableSums:
    """The sums of a per-sequence table. by_chunk: one for each chunk.

    wrong_row: the first row that does not add up. unlike_pairs: the first one whose codons its pairs do not reproduce.
    """

    by_chunk: tuple[Tally, ...]
    wrong_row: str | None = None
    unlike_pairs: str | None = None


def contradictions(planned: Batch, manifest: BatchManifest, table: TableSums | None) -> Iterator[Fault]:
    """Where plan, batch, chunks and rows differ. table: None if none is kept or it cannot be read.

    If many chunks are wrong in the same way, only the first is named. Rows are compared with chunks and chunks with the
    batch; so rows and batch need no comparison of their own.
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
    if table.unlike_pairs:
        yield Fault(Law.SEQUENCES, f"the pairs of a sequence do not reproduce its codons ({table.unlike_pairs})")


def _names(planned: Batch) -> list[str]:
    return [f"chunk {number} of {len(planned.chunks)}: " for number in range(1, len(planned.chunks) + 1)]


def _unaccounted(name: str, tally: Tally, planned: Batch | Chunk) -> Iterator[Fault]:
    """Bases that are not accounted for, and totals that differ from the ledger or the plan."""
    ledger, codons = tally.ledger, sum(tally.totals)
    if ledger.accounted != planned.bases:
        yield Fault(Law.LEDGER, f"{name}accounts for {ledger.accounted:,} of {planned.bases:,} bases")
    if codons != ledger.counted:
        yield Fault(Law.LEDGER, f"{name}the totals have {codons:,} codons, the ledger has {ledger.counted:,}")
    for kind, counted, expected in (
        ("sequences", ledger.sequences, planned.sequences),
        ("bases", ledger.bases, planned.bases),
    ):
        if counted != expected:
            yield Fault(Law.PLAN, f"{name}{counted:,} {kind} were counted, {expected:,} were planned")


def _different(what: str, sum_of_parts: Tally, whole: Tally) -> Iterator[Fault]:
    if codons := differing(sum_of_parts.totals, whole.totals):
        yield Fault(Law.SEQUENCES, f"{what} in {' '.join(codons)}")
    if sum_of_parts.ledger != whole.ledger:
        yield Fault(Law.SEQUENCES, f"{what} in the ledger")


def differing(one: Sequence[int | None], other: Sequence[int | None]) -> list[str]:
    """The codons in which two vectors of 64 counts differ."""
    return [codon for codon, a, b in zip(CODONS, one, other, strict=True) if a != b]
