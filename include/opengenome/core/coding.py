"""What became of the coding sequences (CDS) of a unit or a run, added up from their table; and law 7."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opengenome.core.genetic_code import OWN
from opengenome.errors import number_of

WITH_OTHERS = "with_other_amino_acids"  # in `genetic_code` of the summary


@dataclass
class CdsTally:
    """found = counted + the sum of dropped. offset, bases: of the counted CDS; bases include the offset.

    dropped: by reason. flags, codes, sources: how many counted CDS have each flag, genetic code, and source of the
    code. stopped: how many are dropped for a stop within, by (genetic code, source).
    """

    found: int = 0
    counted: int = 0
    offset: int = 0
    bases: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    stopped: Counter[tuple[int, str]] = field(default_factory=Counter)

    @classmethod
    def sum(cls, tallies: Iterable[CdsTally]) -> CdsTally:
        whole = cls()
        for tally in tallies:
            whole.add(tally)
        return whole

    def add(self, other: CdsTally) -> None:
        self.found += other.found
        self.counted += other.counted
        self.offset += other.offset
        self.bases += other.bases
        for mine, others in zip(self._counters(), other._counters(), strict=True):
            mine.update(others)

    def _counters(self) -> tuple[Counter[Any], ...]:
        return self.dropped, self.flags, self.codes, self.sources, self.stopped

    def as_account(self) -> dict[str, Any]:
        """What a unit's CdsAccount says too, as JSON."""
        return {
            "found": self.found,
            "counted": self.counted,
            "dropped": _by_name(self.dropped),
            "offset": self.offset,
            "flags": _by_name(self.flags),
            "codes": {str(code): number for code, number in sorted(self.codes.items())},
        }

    def summary(self) -> dict[str, Any]:
        """`cds` of the summary."""
        account = self.as_account()
        names = ("found", "counted", "dropped", "flags", "codes")
        return {name: account[name] for name in names} | {"code_sources": _by_name(self.sources)}


def _by_name(numbers: Counter[str]) -> dict[str, int]:
    return dict(sorted(numbers.items()))


def called(code: int) -> str:
    """`genetic code 1`; the user's own code has no number."""
    return "the run's own genetic code" if code == OWN else f"genetic code {code}"


def code_of_table(summary: Mapping[str, Any]) -> str:
    """`genetic code 1 (Standard)`, and how many were counted under a code with other amino acids, if any were.

    summary: of a run; `WITH_OTHERS` in its `genetic_code` is the number of CDS, or of input files in mode `sequences`.
    """
    code, cds = summary["genetic_code"], summary.get("cds")
    told = f"{called(code['id'])} ({code['name']})"
    if others := code.get(WITH_OTHERS):
        few = others == 1
        of = f"{others:,} of {number_of(cds['counted'], 'coding sequence')}" if cds else number_of(others, "input file")
        return f"{told}, but {of} {'has' if few else 'have'} a code with other amino acids"
    return told


@dataclass(frozen=True, slots=True)
class UnitEvidence:
    """What is known of the CDS of one unit. name: of its first file.

    recorded: its CdsAccount as ingest counted. tally: added up again from the table. features_are_rows: whether a CDS
    may have several features, as in GFF3. sequences, bases: as ingest measured what it copied.
    """

    name: str
    recorded: dict[str, Any]
    tally: CdsTally
    features_are_rows: bool
    sequences: int
    bases: int


def coding_faults(units: Iterable[UnitEvidence], bases: int) -> Iterator[str]:
    """Every way in which law 7 is broken. bases: of the run's ledger."""
    total = 0
    for unit in units:
        total += unit.tally.bases
        yield from (f"{unit.name}: {fault}" for fault in _unit_faults(unit))
    if total != bases:
        yield f"the counted CDS have {total:,} bases, the ledger has {bases:,}"


def _unit_faults(unit: UnitEvidence) -> Iterator[str]:
    tally, recorded = unit.tally, unit.recorded
    found, counted, features = (int(recorded[name]) for name in ("found", "counted", "features"))
    dropped = sum(recorded["dropped"].values())
    if found != counted + dropped:
        yield f"{found:,} CDS were found, but {counted:,} were counted and {dropped:,} were dropped"
    if features < found or (features > found and not unit.features_are_rows):
        yield f"its text has {features:,} CDS features, but {found:,} CDS were found"
    if unit.sequences != counted:
        yield f"{counted:,} CDS were counted, but {unit.sequences:,} sequences were written"
    if unit.bases != tally.bases - tally.offset:
        yield f"its counted CDS have {tally.bases - tally.offset:,} bases, but {unit.bases:,} were written"
    for name, again in tally.as_account().items():
        if recorded[name] != again:
            yield f"{name} is {recorded[name]} in its account, and {again} in the table of its CDS"
