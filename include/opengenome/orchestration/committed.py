"""What is there already for a planned batch, and what its task returns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opengenome.errors import ContractError, EngineError
from opengenome.io import batches


def reusable(batch: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether the committed output of a batch verifies; the reason is one line for the log.

    An output that is committed but damaged is set aside, so that the batch can be committed anew.
    """
    folder = Path(batch["output"])
    if not batches.is_committed(folder):
        return False, f"recomputed: {batch.get('reason') or 'no earlier output'}"
    try:
        manifest, _ = batches.load_manifest(folder / batches.MANIFEST)
        damage = batches.damaged_part(manifest, folder)
        if damage is None and manifest.key != batch["key"]:
            damage = "manifest of another batch"
        if damage is None and manifest.ledger.accounted != batch["bases"]:
            damage = f"the manifest accounts for {manifest.ledger.accounted:,} of {batch['bases']:,} bases"
        if damage is None and sum(manifest.totals) != manifest.ledger.counted:
            damage = "the manifest's totals are not its ledger's codons"
        if damage is None and manifest.parameters.per_sequence:
            totals, ledger, wrong_row = batches.sum_parts(manifest, folder)
            if wrong_row or (tuple(totals.tolist()), ledger) != (manifest.totals, manifest.ledger):
                damage = "the manifest's totals or ledger are not the sums over its sequences"
    except ContractError as error:
        damage = str(error)
    if damage is None:
        return True, "reused: the committed output verifies"
    batches.set_aside(folder)
    return False, f"recomputed: {damage}"


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
    }
