"""`verify`: check that folders of published files are exactly what was proven."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opengenome.cli.called import retry_command
from opengenome.cli.terminal import marked, show
from opengenome.errors import ContractError, UsageError, printable
from opengenome.io import published, tables
from opengenome.orchestration import settings

_NO_RESULTS = f"not a folder of results: it has no {tables.VALIDATION}"


def verify(given: argparse.Namespace, _: Callable[[str], None]) -> None:
    """`opengenome verify RESULTS…`: print a line for each folder.

    After checking all folders, raises UsageError if one is missing, and ContractError if one does not verify.
    """
    answers: list[dict[str, Any]] = []
    given.answer["folders"] = answers
    for folder in given.results:
        if folder.is_dir():
            answers.append(_looked_at(folder))
    missing = [str(folder) for folder in given.results if not folder.is_dir()]
    if missing:
        raise UsageError(f"There is no folder {', '.join(missing)}")
    if differing := [one for one in answers if not one["verified"]]:
        names = ", ".join(one["folder"] for one in differing)
        raise ContractError(f"Not what was proven: {names}", advice=_advice(differing))


def _advice(differing: list[dict[str, Any]]) -> str:
    """The advice for damaged results; none for folders that never held results."""
    if all(one["faults"] == [_NO_RESULTS] for one in differing):
        return ""
    again = dict.fromkeys(_again(one["folder"], one["run"]) for one in differing if one["run"])
    named = f" While Airflow knows the run, this makes them again: {' ; '.join(again)}" if again else ""
    return f"Do not use these tables. If they are copies, copy them again.{named}"


def _again(folder: str, run: str) -> str:
    """The command that publishes a run again: retrying one batch runs all tasks after it."""
    of_stack = published.one_folder(Path(folder)).is_relative_to(settings.project_root() / "data" / "stack")
    return f"{retry_command(run, ' --on stack' if of_stack else '')} --batch 1"


def _looked_at(folder: Path) -> dict[str, Any]:
    """Check a folder and print its line; returns its facts for scripts."""
    looked_at = published.one_folder(folder)
    faults = [error.message for error in published.faults(looked_at)]
    if not any((looked_at / name).exists() for name in tables.PUBLISHED):
        faults = [_NO_RESULTS]
    run = _run_of(looked_at)
    if faults:
        of_run = f" (run {run})" if run else ""
        _print("NOT verified", "bold red", f"{folder}{of_run}: {'; '.join(faults)}")
    else:
        proof = published.read_proof(looked_at)
        files = len(proof.files) + 1
        _print("verified", "green", f"{folder}: run {run}, {proof.laws} laws hold, 64 codons, {files} files as proven")
    return {"folder": str(folder), "verified": not faults, "run": run, "faults": faults}


def _print(verdict: str, style: str, words: str) -> None:
    show([marked(verdict, style, f"  {printable(words)}", sys.stdout)], sys.stdout)


def _run_of(folder: Path) -> str | None:
    """The run that the provenance names, even if it is damaged; None if it names none."""
    try:
        run = json.loads((folder / tables.PROVENANCE).read_bytes())["run"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return run if isinstance(run, str) and run.isprintable() else None
