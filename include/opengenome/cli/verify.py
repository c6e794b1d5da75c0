"""`verify`: whether folders of published files are what was proven."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opengenome.cli.printing import printable
from opengenome.errors import ContractError, UsageError
from opengenome.io import published, tables


def verify(given: argparse.Namespace, _: Callable[[str], None]) -> None:
    """`opengenome verify RESULTS…`: a line for each folder.

    Raises, when all were looked at, UsageError where one is not there, and ContractError where one does not verify.
    """
    told: list[dict[str, Any]] = []
    given.answer["folders"] = told
    for folder in given.results:
        if folder.is_dir():
            told.append(_looked_at(folder))
    missing = [str(folder) for folder in given.results if not folder.is_dir()]
    if missing:
        raise UsageError(f"There is no folder {', '.join(missing)}")
    if differing := [one["folder"] for one in told if not one["verified"]]:
        raise ContractError(
            f"Not what was proven: {', '.join(differing)}",
            advice="Do not use these tables. Run `./opengenome retry` with the run's id, or copy the folder again.",
        )


def _looked_at(folder: Path) -> dict[str, Any]:
    """Print the folder's line; what a script is told."""
    looked_at = published.one_folder(folder)
    faults = [error.message for error in published.faults(looked_at)]
    run = None
    if faults:
        print(printable(f"NOT verified  {folder}: {'; '.join(faults)}"))
    else:
        proof = published.read_proof(looked_at)
        run = tables.read_document(looked_at / tables.PROVENANCE)["run"]
        files = len(proof.files) + 1
        print(printable(f"verified  {folder}: run {run}, {proof.laws} laws hold, 64 codons, {files} files as proven"))
    return {"folder": str(folder), "verified": not faults, "run": run, "faults": faults}
