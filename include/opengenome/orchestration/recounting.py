"""Count a committed batch again and compare both counts. The committed output is not touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from opengenome.core.accounts import Verified
from opengenome.errors import LawError
from opengenome.io.batches import read_spec
from opengenome.io.rows import same_rows
from opengenome.io.store import remove_folder
from opengenome.io.verification import verify
from opengenome.orchestration.runs import Run


def place(run_id: str, batch: Mapping[str, Any]) -> Path:
    """An empty folder of this run for the second count. What a killed attempt left there is removed."""
    again = Run.of(run_id).recount(batch["key"])
    remove_folder(again)
    return again


def compare(batch: Mapping[str, Any], again: Path) -> str:
    """Compare a second count, committed in the folder `again`, with the committed output; then remove it.

    batch: what `plan` returned for it. Returns a line for the log. Raises LawError if they differ; then both stay.
    """
    folder = Path(batch["output"])
    spec = read_spec(Path(batch["spec"]), batch["spec_sha256"])
    second, first = (verify(spec.batch, spec.parameters, at) for at in (again, folder))
    if differing := next(_differences(first, folder, second, again), ""):
        raise LawError(
            f"The recount differs from the committed output: {differing}",
            batch=batch["batch"] + 1,
            file=again,
            advice=f"Both are kept. The committed output is {folder}.",
        )
    remove_folder(again)
    return "recounted: identical to the committed output"


def _differences(first: Verified, folder: Path, second: Verified, again: Path) -> Iterator[str]:
    yield from map(str, second.faults)
    if first.manifest is None or second.manifest is None:
        yield "the committed output is missing"
        return
    if first.manifest.totals != second.manifest.totals:
        yield "the counts of its codons differ"
    if first.manifest.ledger != second.manifest.ledger:
        yield f"the ledger is {second.manifest.ledger}, the committed one is {first.manifest.ledger}"
    if first.manifest.by_chunk != second.manifest.by_chunk:
        yield "the counts of a chunk differ"
    if not same_rows(first.manifest, folder, second.manifest, again):
        yield "the counts of a sequence differ"
