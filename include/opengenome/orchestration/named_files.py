"""Read the small files that parameters name, when a run begins: later changes of them change nothing."""

from __future__ import annotations

from typing import Any

from opengenome.core.code_table import notation
from opengenome.errors import UsageError
from opengenome.io import code_tables, references
from opengenome.orchestration.settings import Settings
from opengenome.parameters import PARAMETERS, RunParameters


def read_named_files(wanted: RunParameters, run_id: str, settings: Settings) -> dict[str, Any]:
    """code_table, reference and trna of RunInputs. Raises UsageError and InputError."""
    roots = settings.source_roots
    code, table = PARAMETERS["genetic_code"], PARAMETERS["code_table"]
    if wanted.code_table and wanted.genetic_code != code.default:
        raise UsageError(f"{code.called(run_id)} and {table.called(run_id)} exclude each other", advice="Give one.")
    reference = references.read(wanted.reference, roots, settings.results) if wanted.reference else None
    if reference and reference.group and not wanted.group_by:
        named, grouping = (PARAMETERS[name].called(run_id) for name in ("reference", "group_by"))
        raise UsageError(f"{named} is {reference.name}, and the run has no groups", advice=f"Give {grouping} too.")
    if reference and reference.genes and not (wanted.per_sequence or wanted.group_by):
        named = PARAMETERS["reference"].called(run_id)
        raise UsageError(
            f"{named} is {reference.name}, and the run keeps no table by sequence",
            advice=f"Leave out {PARAMETERS['per_sequence'].called(run_id)}.",
        )
    return {
        "code_table": notation(code_tables.read(wanted.code_table, roots)) if wanted.code_table else "",
        "reference": reference,
        "trna": references.read_trna(wanted.trna, roots) if wanted.trna else (),
    }
