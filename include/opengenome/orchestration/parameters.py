"""The parameters of a run: checked here once, by the first task, whoever started the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.errors import UsageError
from opengenome.io.identity import Trust


@dataclass(frozen=True, slots=True)
class RunParameters:
    """See the trigger form in dags/codon_usage.py for what each one means. source may be empty: the landing folder."""

    source: str
    batch_size: int
    max_batch_bases: int
    frame: int
    genetic_code: int
    require_all_codons: bool
    per_sequence: bool
    verify_inputs: str
    recount: bool = False  # runs of earlier versions have none


def check(params: Mapping[str, Any], asked: Mapping[str, Any]) -> RunParameters:
    """The parameters as a record.

    params: the values in force. asked: what the run was started with, where Airflow lets unknown names pass.
    Raises UsageError, one sentence, for a name that is unknown or a value that cannot be used.
    """
    names = [field.name for field in fields(RunParameters)]
    if unknown := sorted(set(asked) - set(names)):
        raise UsageError(f"Unknown parameter {', '.join(map(repr, unknown))}", advice=f"Known are {', '.join(names)}.")
    if missing := [name for name in names if name not in params]:
        raise UsageError(f"Parameter {', '.join(missing)} has no value")
    values = {name: params[name] for name in names}
    values["source"] = values["source"] or ""
    kinds = {"source": str, "require_all_codons": bool, "per_sequence": bool, "recount": bool}
    for name, kind in kinds.items():
        if not isinstance(values[name], kind):
            raise UsageError(f"{name} is {values[name]!r}, which is no {kind.__name__}")
    for name, least, most in (("batch_size", 1, None), ("max_batch_bases", 1, None), ("frame", 0, 2)):
        value = values[name]
        if type(value) is not int or value < least or (most is not None and value > most):
            bounds = f"{least} to {most}" if most is not None else f"{least} or more"
            raise UsageError(f"{name} is {value!r}; it is a whole number, {bounds}")
    if values["verify_inputs"] not in list(Trust):
        raise UsageError(f"verify_inputs is {values['verify_inputs']!r}", advice=f"It is one of {', '.join(Trust)}.")
    if type(values["genetic_code"]) is not int or values["genetic_code"] not in GENETIC_CODES:
        raise UsageError(
            f"{values['genetic_code']!r} is no NCBI genetic code",
            advice=f"There are {', '.join(map(str, GENETIC_CODES))}.",
        )
    return RunParameters(**values)
