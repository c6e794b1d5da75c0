"""A run's folder in the store, and the files that its tasks pass to each other there."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from opengenome.core.model import AllCodons, CountingParameters
from opengenome.io import schemas
from opengenome.io.store import Store, run_slug, storing
from opengenome.orchestration import settings
from opengenome.orchestration.settings import Settings

if TYPE_CHECKING:
    from opengenome.core.genetic_code import GeneticCode
    from opengenome.parameters import RunParameters

# Files in a run's folder. The list of inputs may be long and compresses to a tenth.
INPUTS, PLAN = "inputs.json.gz", "plan.json"


@dataclass(frozen=True, slots=True)
class Run:
    """Where one DAG run keeps its files. `slug` is its id as a path component."""

    settings: Settings
    store: Store
    slug: str

    @classmethod
    def of(cls, run_id: str) -> Run:
        current = settings.load()
        return cls(current, Store(current.store), run_slug(run_id))

    @property
    def folder(self) -> Path:
        return self.store.run(self.slug)

    @property
    def inputs_file(self) -> Path:
        return self.folder / INPUTS

    @property
    def plan_file(self) -> Path:
        return self.folder / PLAN

    @property
    def report(self) -> Path:
        """Where the report is built before it is published."""
        return self.folder / "report"

    @property
    def trace(self) -> Path:
        """Where each task says when it ran."""
        return self.folder / "trace"

    def recount(self, key: str) -> Path:
        """Where a committed batch is counted again for comparison."""
        return self.folder / "recount" / key

    def spec_file(self, batch: int) -> Path:
        return self.folder / "batches" / f"{batch:05d}.json"

    def touch(self) -> None:
        """Mark the run as in use, because `clean` decides by age. A run that failed early has no folder."""
        with storing(self.folder), contextlib.suppress(FileNotFoundError):
            os.utime(self.folder)

    def inputs(self, sha256: str | None = None) -> schemas.RunInputs:
        """What `discover` found. sha256: of the file, from an earlier task; if given, the file must match it."""
        return schemas.read_run_inputs(self.inputs_file, sha256)

    def plan(self, sha256: str | None = None) -> schemas.Plan:
        """What `plan` planned; sha256 as above."""
        return schemas.read_plan(self.plan_file, sha256)


def counting_of(wanted: RunParameters) -> CountingParameters:
    """What a run counts by. The per-sequence table is kept for groups, ordination and codon pairs too."""
    needed = bool(wanted.group_by) or wanted.ordination or wanted.codon_pairs
    return CountingParameters(wanted.frame, wanted.per_sequence or needed, wanted.codon_pairs)


def run_code(inputs: schemas.RunInputs) -> GeneticCode:
    """The genetic code of a run: the user's own, or an NCBI table."""
    from opengenome.core.code_table import numbered

    return numbered(code_number(inputs), inputs.code_table)


def code_number(inputs: schemas.RunInputs) -> int:
    """The number of a run's genetic code: `OWN`, or that of an NCBI table."""
    from opengenome.core.genetic_code import OWN

    return OWN if inputs.code_table else parameters_of(inputs).genetic_code


def parameters_of(inputs: schemas.RunInputs) -> RunParameters:
    """The parameters of a run. Raises ContractError if the recorded ones are invalid."""
    from opengenome.parameters import RunParameters  # here: imports pydantic, which `runs` and `clean` do not need

    values = dict(inputs.parameters)
    wanted = values.get("require_all_codons")
    if isinstance(wanted, bool):  # a run of an earlier version, whose default was True
        values["require_all_codons"] = AllCodons.AUTO if wanted else AllCodons.NEVER
    return RunParameters.recorded(values)
