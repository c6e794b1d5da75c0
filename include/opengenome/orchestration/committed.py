"""What is there already for a planned batch, and what its task returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from opengenome.core.model import Batch
from opengenome.errors import ContractError, EngineError, LawError
from opengenome.io import batches
from opengenome.io.rows import same_rows
from opengenome.io.store import remove_folder
from opengenome.io.verification import Verified, contradictions, read_spec, verify


def reusable(batch: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether the committed output of a batch verifies; the reason is one line for the log.

    batch: what `plan` returned for it. An output that is committed but does not verify is set aside, so that the batch
    can be committed anew. Raises ContractError where the batch's spec is not the one that was planned.
    """
    folder = Path(batch["output"])
    spec = read_spec(Path(batch["spec"]), batch["spec_sha256"])
    if not batches.is_committed(folder):
        batches.make_way(folder)
        return False, f"recomputed: {batch.get('reason') or 'no earlier output'}"
    found = verify(spec.batch, spec.parameters, folder)
    problems = [*found.problems, *contradictions(found, spec.batch)]
    if not problems:
        return True, "reused: the committed output verifies"
    batches.set_aside(folder)
    batches.make_way(folder)
    return False, f"recomputed: {problems[0]}"


def recounted(batch: Mapping[str, Any], again: Path) -> str:
    """Compare a second count, committed in the folder `again`, with the committed output; then remove it.

    Returns a line for the log. The output itself is not touched. Raises LawError where they differ; then both stay.
    """
    folder = Path(batch["output"])
    spec = read_spec(Path(batch["spec"]), batch["spec_sha256"])
    found, first = (verify(spec.batch, spec.parameters, at) for at in (again, folder))
    if differing := next(_differences(first, folder, found, again, spec.batch), ""):
        raise LawError(
            f"Counted again, the batch is not what is committed: {differing}",
            batch=batch["batch"] + 1,
            file=again,
            advice=f"Both stay as they are. The committed one is {folder}.",
        )
    remove_folder(again)
    return "recounted: the same as the committed output"


def _differences(first: Verified, folder: Path, found: Verified, again: Path, planned: Batch) -> Iterator[str]:
    yield from (*found.problems, *contradictions(found, planned))
    if first.manifest is None or found.manifest is None:
        yield "the committed output has gone"
        return
    if first.manifest.totals != found.manifest.totals:
        yield "the counts of its codons differ"
    if first.manifest.ledger != found.manifest.ledger:
        yield f"the ledger is {found.manifest.ledger}, committed is {first.manifest.ledger}"
    if not same_rows(first.manifest, folder, found.manifest, again):
        yield "a sequence has other counts"


def outcome(batch: Mapping[str, Any], *, reused: bool) -> dict[str, Any]:
    """The XCom of a batch, read from its manifest. Raises EngineError where the submit left none."""
    folder = Path(batch["output"])
    try:
        manifest, sha256 = batches.load_manifest(folder / batches.MANIFEST)
    except ContractError as error:
        raise EngineError("Spark ended without committing the batch", batch=batch["batch"] + 1, file=folder) from error
    return {
        "batch": batch["batch"],
        "path": str(folder),
        "sha256": sha256,
        "sequences": manifest.ledger.sequences,
        "codons": manifest.ledger.counted,
        "reused": reused,
        "plan": batch["plan"],
    }
