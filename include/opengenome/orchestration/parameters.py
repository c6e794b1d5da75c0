"""The parameters of a run: checked here once, by the first task, whoever started the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.core.model import AllCodons
from opengenome.errors import UsageError
from opengenome.io.identity import Trust
from opengenome.orchestration.words import PARAMETERS, called


@dataclass(frozen=True, slots=True)
class RunParameters:
    """See the trigger form in dags/codon_usage.py for what each one means. source may be empty: the landing folder."""

    source: str
    batch_size: int
    max_batch_bases: int
    frame: int
    genetic_code: int
    require_all_codons: str
    per_sequence: bool
    verify_inputs: str
    recount: bool = False  # runs of earlier versions have none


_LONGEST = 60  # of a value, in a sentence


def check(params: Mapping[str, Any], asked: Mapping[str, Any], run_id: str = "") -> RunParameters:
    """The parameters as a record.

    params: the values in force. asked: what the run was started with, where Airflow lets unknown names pass. run_id:
    tells which words its parameters have. Raises UsageError, one sentence, for a name that is unknown or a value that
    cannot be used.
    """
    names = [field.name for field in fields(RunParameters)]
    if unknown := sorted(set(asked) - set(names)):
        raise UsageError(f"Unknown parameter {', '.join(map(repr, unknown))}", advice=f"Known are {', '.join(names)}.")
    if missing := [name for name in names if name not in params]:
        raise UsageError(f"Parameter {', '.join(missing)} has no value", advice="Give it one.")
    values = {name: params[name] for name in names}
    values["source"] = values["source"] or ""

    def refuse(name: str, known: str) -> UsageError:
        value = repr(values[name])
        shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
        return UsageError(f"{called(name, run_id)} is {shown}", advice=f"It is {known}.")

    if not isinstance(values["source"], str):
        raise refuse("source", "text: a path, a folder or a glob in each line")
    for name in ("per_sequence", "recount"):
        if not isinstance(values[name], bool):
            raise refuse(name, "true or false")
    for name in ("batch_size", "max_batch_bases", "frame"):
        words = PARAMETERS[name]
        if type(values[name]) is not int or not words.least <= values[name] <= words.most:
            raise refuse(name, f"a whole number, {words.bounds}")
    for name, known in (("verify_inputs", Trust), ("require_all_codons", AllCodons)):
        if values[name] not in list(known):
            raise refuse(name, f"one of {', '.join(known)}")
    if type(values["genetic_code"]) is not int or values["genetic_code"] not in GENETIC_CODES:
        raise refuse("genetic_code", f"the number of an NCBI genetic code: {', '.join(map(str, GENETIC_CODES))}")
    return RunParameters(**values)
