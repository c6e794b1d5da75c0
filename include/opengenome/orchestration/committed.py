"""Whether the committed output of a planned batch can be reused, and what its task returns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opengenome.core.model import spark_seconds
from opengenome.errors import ContractError, EngineError
from opengenome.io import batches
from opengenome.io.batches import read_spec
from opengenome.io.verification import verify
from opengenome.orchestration.reasons import FIRST


def reusable(batch: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether the committed output of a batch verifies, and the reason as one line for the log.

    batch: what `plan` returned for it. A committed output that does not verify is set aside, so that the batch can be
    committed again. Raises ContractError if the batch's spec is not the one that was planned.
    """
    folder = Path(batch["output"])
    spec = read_spec(Path(batch["spec"]), batch["spec_sha256"])
    if not batches.is_committed(folder):
        batches.make_way(folder)
        return False, str(batch.get("reason") or FIRST)
    faults = verify(spec.batch, spec.parameters, folder).faults
    if not faults:
        return True, "reused: the committed output verifies"
    batches.set_aside(folder)
    batches.make_way(folder)
    return False, f"recomputed: {faults[0]}"


def outcome(batch: Mapping[str, Any], *, reused: bool) -> dict[str, Any]:
    """The XCom of a batch, read from its manifest. Raises EngineError if the submit left no manifest."""
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
        "seconds": spark_seconds(manifest.timings),
        "plan": batch["plan"],
    }
