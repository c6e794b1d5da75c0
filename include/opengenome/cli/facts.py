"""The facts of a published run beside its table: as lines before the verdict, and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opengenome.core.model import Mode
from opengenome.errors import ContractError, number_of, printable
from opengenome.flow import (
    BY_GROUP_CSV,
    CODON_PAIRS_CSV,
    DROPPED,
    MEASURES_BY_GROUP,
    ORDINATION,
    ORDINATION_CODONS,
    PER_SEQUENCE,
    REPORT_PAGE,
    VIEWS,
    is_per_sequence_part,
)
from opengenome.io import tables
from opengenome.io.members import folder_of
from opengenome.io.paths import shown

WARNING = "Warning: "


@dataclass(frozen=True, slots=True)
class Facts:
    """The JSON files of a folder of published files. views: report.json; empty in the folder of an earlier version."""

    summary: dict[str, Any]
    provenance: dict[str, Any]
    validation: dict[str, Any]
    views: dict[str, Any]

    @classmethod
    def of(cls, folder: Path) -> Facts:
        """Read the files. Raises ContractError if one cannot be read."""
        names = (tables.SUMMARY, tables.PROVENANCE, tables.VALIDATION)
        views = tables.read_document(folder / VIEWS) if (folder / VIEWS).is_file() else {"files": {}, "missing": {}}
        summary, provenance, validation = (tables.read_document(folder / name) for name in names)
        return cls(summary, provenance, validation, views)

    @property
    def warnings(self) -> list[str]:
        """The run's warnings from all its files, a sentence each."""
        missing = (f"{name} could not be made: {why}" for name, why in self.views["missing"].items())
        found = [*self.summary.get("warnings", ()), *self.validation.get("warnings", ()), *missing]
        return list(dict.fromkeys(map(str, found)))

    @property
    def reused(self) -> int:
        """How many batches were counted by an earlier run."""
        return sum(batch.get("reused") is True for batch in self.provenance["batches"])

    @property
    def files(self) -> list[str]:
        """The names of the published files; a folder stands for the files in it."""
        views = self.views["files"]
        listed = [*self.validation["files"], *views, *([VIEWS] if views else [])]
        return sorted({tables.VALIDATION, *(folder_of(name) or name for name in listed)})

    def answer(self) -> dict[str, Any]:
        """For scripts; docs/usage.md explains each key. Raises ContractError if something is missing."""
        summary, provenance = self.summary, self.provenance
        try:
            return {
                "run": provenance["run"],
                "proven": self.validation["proven"] is True,
                "laws": len(self.validation["laws"]),
                "mode": summary.get("mode", Mode.SEQUENCES),
                "files_read": len(provenance["inputs"]),
                "files_passed_over": len(provenance["passed_over"]),
                "batches": len(provenance["batches"]),
                "batches_reused": self.reused,
                "cds": summary.get("cds"),
                "sequences": summary["sequences"],
                "bases": summary["bases"],
                "codons": summary["codons"],
                "duplicate_ids": summary["duplicate_ids"]["ids"],
                "duplicate_records": summary["duplicate_ids"]["records"],
                "warnings": self.warnings,
                "coding_signal": summary["coding_signal"]["looks_like"],
                "files": self.files,
            }
        except (KeyError, TypeError) as error:
            raise ContractError(f"The published files are incomplete: {error!r}") from error

    def further(self, folder: Path) -> Iterator[str]:
        """A line for each file of this run that not every run has. folder: where people find it."""
        if REPORT_PAGE in self.views["files"]:
            yield f"Report: {shown(folder / REPORT_PAGE)}"
        files, parts = self.files, sum(map(is_per_sequence_part, self.validation["files"]))
        if BY_GROUP_CSV in files:
            yield f"By group: {shown(folder / BY_GROUP_CSV)} and .parquet, and {MEASURES_BY_GROUP}"
        if DROPPED in files and (self.summary.get("cds") or {"dropped": True})["dropped"]:
            yield f"Coding sequences that are not counted, and why: {shown(folder / DROPPED)}"
        if ORDINATION in files:
            yield f"Ordination: {shown(folder / ORDINATION)}, and {ORDINATION_CODONS}"
        if CODON_PAIRS_CSV in files:
            yield f"Codon pairs: {shown(folder / CODON_PAIRS_CSV)} and .parquet"
        if parts:
            yield f"By sequence: {shown(folder / PER_SEQUENCE)} ({number_of(parts, 'Parquet file')})"

    def lines(self) -> Iterator[str]:
        """For people. Raises KeyError or TypeError if something is missing."""
        inputs, passed, batches = (self.provenance[name] for name in ("inputs", "passed_over", "batches"))
        yield number_of(len(inputs), "file was", "files were") + " read" + _passed_over(len(passed))
        if cds := self.summary.get("cds"):
            yield _what_became(cds)
        counted = len(batches) - self.reused
        yield f"Batches: {counted:,} counted" + (f", {self.reused:,} reused: committed before" if self.reused else "")
        duplicates = self.summary["duplicate_ids"]
        if duplicates["ids"]:
            ids = number_of(duplicates["ids"], "identifier occurs", "identifiers occur")
            yield f"{ids} more than once, in {duplicates['records']:,} records; all records are counted"
        for warning in self.warnings:
            yield f"{WARNING}{printable(warning)}"
        yield printable(str(self.summary["coding_signal"]["verdict"]))


def _passed_over(passed: int) -> str:
    """How many files were not counted; the command has named the first ones when `discover` found them."""
    return f"; {number_of(passed, 'was', 'were')} passed over, which {tables.PROVENANCE} names" if passed else ""


def _what_became(cds: dict[str, Any]) -> str:
    """How many coding sequences were found, counted and dropped; the most frequent reason first."""
    found = f"{number_of(cds['found'], 'coding sequence was', 'coding sequences were')} found"
    reasons = sorted(cds["dropped"].items(), key=lambda one: (-one[1], one[0]))
    if not reasons:
        return f"{found} and counted"
    named = ", ".join(f"{number:,} {reason}" for reason, number in reasons)
    dropped = sum(cds["dropped"].values())
    return f"{found}: {cds['counted']:,} counted, {dropped:,} dropped ({named}); {DROPPED} names them"
