"""Check the laws that every run proves. Pure: evidence in, one verdict for each law out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from opengenome.core.accounts import Fault, Law, Verified, differing
from opengenome.core.alphabet import CODONS
from opengenome.core.coding import UnitEvidence, coding_faults
from opengenome.core.genetic_code import GeneticCode
from opengenome.core.model import AllCodons, Batch, Ledger, Tally
from opengenome.errors import number_of, quoted

TOLERANCE = 1e-9
_DIFFERENCES = 3  # how many differences of one file a message names
_NAMED = 10  # how many missing codons a message names; the summary names all
# By default, a run that counted this many codons (3 Mnt) fails if one of the 64 never occurs. One of the rarest codons
# in coding sequences is TTA of Streptomyces, about 6 in 100,000. Even a codon of 2 in 100,000 is missing from a million
# by chance only twice in 10⁹ cases. The genes of one bacterium have about a million codons. Where only coding sequences
# are counted, biology explains an absent codon: an unused stop, or a genome recoded without it.
COLLECTION = 1_000_000


@dataclass(frozen=True, slots=True)
class BatchEvidence:
    """What is known of one planned batch. reported: every report of its task by XCom; there should be one."""

    planned: Batch
    reported: tuple[dict[str, Any], ...]
    verified: Verified


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A file of the report. written: its content. expected: the content recomputed from the plan and the batches."""

    name: str
    written: dict[str, Any]
    expected: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All evidence of a run. table: the columns to publish. ledger: the total to publish.

    unplanned: batches that were reported but not planned. report: the files that were recomputed. changed: files that
    differ from what `aggregate` wrote. faults: what differs in the tables by sequence and group. cds: of each unit, in
    mode `cds`; None in other modes.
    """

    batches: Sequence[BatchEvidence]
    table: dict[str, list[Any]]
    ledger: Ledger
    code: GeneticCode
    require_all_codons: AllCodons
    unplanned: tuple[int, ...] = field(default=())
    report: tuple[Recomputed, ...] = field(default=())
    changed: tuple[str, ...] = field(default=())
    faults: tuple[Fault, ...] = field(default=())
    cds: tuple[UnitEvidence, ...] | None = None

    @property
    def skipped(self) -> int:
        """Bases of counted CDS before their first counted codon, which no batch has."""
        return sum(unit.tally.offset for unit in self.cds or ())


@dataclass(frozen=True, slots=True)
class Absence:
    """The codons that never occur. counted: how many codons were counted. fails: whether this breaks law 3."""

    codons: tuple[str, ...]
    counted: int
    fails: bool

    def __str__(self) -> str:
        occur = "codon never occurs" if len(self.codons) == 1 else "codons never occur"
        among = f"among {number_of(self.counted, 'counted codon')}"
        more = f" and {len(self.codons) - _NAMED} more" if len(self.codons) > _NAMED else ""
        return f"{len(self.codons)} of {len(CODONS)} {occur} {among}: {' '.join(self.codons[:_NAMED])}{more}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One law, and every way in which it is broken; an empty tuple means that it holds."""

    law: str
    broken: tuple[str, ...]


def prove(evidence: Evidence) -> list[Verdict]:
    """Check every law; a broken one does not hide the others."""
    laws: dict[Law, tuple[str, Callable[[Evidence], Iterator[str]]]] = {
        Law.LEDGER: ("ledger: frame offset + 3 × (counted + ambiguous) + trailing = bases", _ledger),
        Law.PLAN: ("plan: every planned batch once, with its sequences, bases and digests", _plan),
        Law.CODONS: ("codons: all 64 in the table, once, with whole counts", _codons),
        Law.SUMS: ("sums: per thousand to 1000, fractions to 1, RSCU to the size of the family", _sums),
        Law.SEQUENCES: (
            "sequences: the sum over sequences is the chunk is the batch is the table; groups sum to it",
            _sequences,
        ),
        Law.REPORT: ("report: table, summary and provenance say what the plan and the batches say", _report),
    }
    if evidence.cds is not None:
        laws[Law.CODING] = ("coding: by file, CDS found = counted + dropped, and the ledger has their bases", _coding)
    return [
        Verdict(f"{law} {text}", (*_faults(evidence, law), *check(evidence))) for law, (text, check) in laws.items()
    ]


def _faults(evidence: Evidence, law: Law) -> Iterator[str]:
    yield from (fault.text for fault in evidence.faults if fault.law == law)
    for batch in evidence.batches:
        yield from (f"{batch.planned.name}: {fault}" for fault in batch.verified.faults if fault.law == law)


def absence(evidence: Evidence) -> Absence | None:
    """The codons that never occur; None if all 64 do."""
    counts = dict(zip(evidence.table["codon"], evidence.table["count"], strict=True))
    codons = tuple(codon for codon in CODONS if counts.get(codon) == 0)
    counted = evidence.ledger.counted
    wanted = evidence.require_all_codons
    by_chance = evidence.cds is not None or counted < COLLECTION
    fails = wanted == AllCodons.ALWAYS or (wanted == AllCodons.AUTO and not by_chance)
    return Absence(codons, counted, fails) if codons else None


def _ledger(evidence: Evidence) -> Iterator[str]:
    planned = sum(batch.planned.bases for batch in evidence.batches) + evidence.skipped
    if evidence.ledger.accounted != planned:
        yield f"the run accounts for {evidence.ledger.accounted:,} of {planned:,} bases"


def _plan(evidence: Evidence) -> Iterator[str]:
    for batch in evidence.batches:
        if len(batch.reported) != 1:
            yield f"{batch.planned.name} was reported {len(batch.reported)} times"
        if batch.verified.manifest and any(one["sha256"] != batch.verified.sha256 for one in batch.reported):
            yield f"{batch.planned.name}: its manifest is not the one that its task reported (SHA-256 differs)"
    for number in evidence.unplanned:
        yield f"batch {number + 1} was reported but never planned"


def _codons(evidence: Evidence) -> Iterator[str]:
    seen = Counter(evidence.table["codon"])
    if missing := [codon for codon in CODONS if not seen[codon]]:
        yield f"not in the table: {' '.join(missing)}"
    if wrong := [str(codon) for codon, times in seen.items() if times > 1 or codon not in CODONS]:
        yield f"twice in the table, or not a codon: {' '.join(wrong)}"
    counts = dict(zip(evidence.table["codon"], evidence.table["count"], strict=True))
    if wrong := [str(codon) for codon, count in counts.items() if type(count) is not int or count < 0]:
        yield f"count is not a whole number: {' '.join(wrong)}"
    absent = absence(evidence)
    if absent and absent.fails:
        yield str(absent)


def _sums(evidence: Evidence) -> Iterator[str]:
    table = evidence.table
    if any(type(count) is not int for count in table["count"]):
        yield "the counts cannot be summed: not all are whole numbers"
        return
    total = sum(table["count"])
    if total != evidence.ledger.counted:
        yield f"the counts sum to {total:,}, the ledger has {evidence.ledger.counted:,} codons"
    if table["amino_acid"] != list(evidence.code.amino_acids):
        yield f"the amino acids are not those of genetic code {evidence.code.id}"
    per_thousand = [value for value in table["per_thousand"] if value is not None]
    if total and (len(per_thousand) != len(CODONS) or not abs(sum(per_thousand) - 1000) <= TOLERANCE):
        yield f"per thousand sums to {sum(per_thousand)!r}"
    rows = defaultdict(list)
    for amino_acid, *row in zip(table["amino_acid"], table["count"], table["fraction"], table["rscu"], strict=True):
        rows[amino_acid].append(row)
    for amino_acid, family in rows.items():
        counts, *columns = zip(*family, strict=True)
        for name, column, expected in zip(("fraction", "RSCU"), columns, (1, len(family)), strict=True):
            if sum(counts) == 0:
                if any(value is not None for value in column):
                    yield f"{name} of {amino_acid}, which never occurs, is not null"
            elif None in column or not abs(sum(column) - expected) <= TOLERANCE:  # false for NaN
                yield f"{name} of {amino_acid} sums to {column!r}, not {expected}"


def _sequences(evidence: Evidence) -> Iterator[str]:
    batches = Tally.sum(batch.verified.manifest.tally for batch in evidence.batches if batch.verified.manifest)
    counts = dict(zip(evidence.table["codon"], evidence.table["count"], strict=True))
    if codons := differing([counts.get(codon) for codon in CODONS], batches.totals):
        yield f"batches and table differ in {' '.join(codons)}"
    if batches.ledger + Ledger(bases=evidence.skipped, offset=evidence.skipped) != evidence.ledger:
        yield "the batches' ledgers do not add up to the run's"


def _report(evidence: Evidence) -> Iterator[str]:
    for name in evidence.changed:
        yield f"{name} is not the file that aggregate wrote"
    for file in evidence.report:
        differing = list(_differences("", file.written, file.expected))
        yield from (f"{file.name}: {difference}" for difference in differing[:_DIFFERENCES])
        if (more := len(differing) - _DIFFERENCES) > 0:
            yield f"{file.name} has {more:,} more differences"


def _coding(evidence: Evidence) -> Iterator[str]:
    yield from coding_faults(evidence.cds or (), evidence.ledger.bases)


def _differences(place: str, written: Any, expected: Any) -> Iterator[str]:
    """Describe where two JSON values differ. place: their position, such as `ledger.counted` or `rscu.63`."""
    if type(written) is type(expected) and isinstance(expected, dict):
        for name in sorted({*written, *expected}, key=str):
            at = f"{place}.{name}".lstrip(".")
            if name not in written or name not in expected:
                yield f"{at} {'is missing' if name in expected else 'is not expected there'}"
            else:
                yield from _differences(at, written[name], expected[name])
    elif type(written) is type(expected) and isinstance(expected, list) and len(written) == len(expected):
        for position, pair in enumerate(zip(written, expected, strict=True)):
            yield from _differences(f"{place}.{position}", *pair)
    elif type(written) is not type(expected) or written != expected:
        yield f"{place} is {quoted(written, 80)}, recomputed it is {quoted(expected, 80)}"
