"""`verify`: whether folders of published files are what was proven."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from opengenome.cli.printing import printable
from opengenome.errors import ContractError, OpenGenomeError, UsageError
from opengenome.io import published, tables


def verify(given: argparse.Namespace, _: Callable[[str], None]) -> None:
    """`opengenome verify RESULTS…`: a line for each folder.

    Raises, when all were looked at, UsageError where one is not there, and ContractError where one does not verify.
    """
    missing = [str(folder) for folder in given.results if not folder.is_dir()]
    present = [folder for folder in given.results if folder.is_dir()]
    differing = [folder for folder in present if not _verified(folder)]
    if missing:
        raise UsageError(f"There is no folder {', '.join(missing)}")
    if differing:
        raise ContractError(
            f"Not what was proven: {', '.join(map(str, differing))}",
            advice="Do not use these tables. Run `./opengenome retry` with the run's id, or copy the folder again.",
        )


def _verified(folder: Path) -> bool:
    """Print the folder's line."""
    looked_at = published.one_folder(folder)
    found: list[OpenGenomeError] = list(published.faults(looked_at))
    if found:
        print(printable(f"NOT verified  {folder}: {'; '.join(error.message for error in found)}"))
        return False
    proof = published.read_proof(looked_at)
    run = tables.read_document(looked_at / tables.PROVENANCE)["run"]
    files = len(proof.files) + 1
    print(printable(f"verified  {folder}: run {run}, {proof.laws} laws hold, 64 codons, {files} files as proven"))
    return True
