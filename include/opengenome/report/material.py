"""What views are made of: the proven files of a run, and when its tasks ran. They are read here, not judged."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from opengenome import flow
from opengenome.io import tables
from opengenome.io.published import Proof, read_proof


@dataclass(frozen=True, slots=True)
class TaskTrace:
    """One task as it ended well. index: of a mapped task, else -1. label: its name for people.

    started: seconds since 1970. seconds: how long its last attempt took. attempt: from 1. peak_memory: bytes, of the
    task's own process.
    """

    task: str
    index: int
    label: str
    started: float
    seconds: float
    attempt: int
    peak_memory: int
    host: str


@dataclass(frozen=True)
class Material:
    """The folder of a run's proven files, and its tasks.

    trace: in the order of their start; empty if unknown. command: as `orchestration.rerun.command`; empty if unknown.
    """

    folder: Path
    trace: tuple[TaskTrace, ...] = ()
    command: tuple[str, ...] = ()

    @cached_property
    def proof(self) -> Proof:
        return read_proof(self.folder)

    def has(self, name: str) -> bool:
        """Whether the run has this published file."""
        return name in self.proof.files

    def opened_csv(self, name: str) -> TextIO:
        """A published CSV. Its cells may have any length, as the location of a coding sequence of many parts has."""
        csv.field_size_limit(sys.maxsize)
        return (self.folder / name).open(encoding="utf-8", newline="")

    @cached_property
    def summary(self) -> dict[str, Any]:
        return tables.read_document(self.folder / flow.SUMMARY)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        return tables.read_document(self.folder / flow.PROVENANCE)

    @cached_property
    def validation(self) -> dict[str, Any]:
        return tables.read_document(self.folder / flow.VALIDATION)

    @cached_property
    def codon_table(self) -> dict[str, list[Any]]:
        """The columns of the codon table, 64 values each, codons alphabetical."""
        return tables.read_codon_table(self.folder)

    @property
    def parts(self) -> list[Path]:
        """The parts of the per-sequence table, in input order; none if the run has none."""
        return [self.folder / name for name in sorted(filter(flow.is_per_sequence_part, self.proof.files))]
