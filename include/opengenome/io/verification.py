"""A batch's spec and committed output, compared with what they must be. Nothing is taken over from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from opengenome import ENGINE_VERSION
from opengenome.core.batch import batch_key
from opengenome.core.model import Batch, BatchManifest, CountingParameters, Ledger
from opengenome.errors import ContractError
from opengenome.io import batches, package, parts

# What a manifest says for people to read. Nothing is concluded from it, so nothing recomputes it; its seal covers it.
DESCRIPTIVE = frozenset(
    {"timings", "peak_memory", "versions.python", "versions.pyspark", "versions.numpy", "versions.numba"}
)


@dataclass(frozen=True, slots=True)
class Verified:
    """A committed output, looked at. manifest: None where none can be read. sha256: of the manifest's bytes.

    problems: why it is not the output that was planned, or is damaged, in words. by_sequence: 64 totals and the
    ledger, summed over the per-sequence table; None where none is kept or it cannot be read. wrong_row: its first row
    that does not add up, or None.
    """

    manifest: BatchManifest | None
    sha256: str
    problems: tuple[str, ...]
    by_sequence: tuple[tuple[int, ...], Ledger] | None = None
    wrong_row: str | None = None


def verify(planned: Batch, parameters: CountingParameters, folder: Path) -> Verified:
    """Look at everything that a batch committed; streams, one row group in memory."""
    try:
        manifest, sha256 = batches.load_manifest(folder / batches.MANIFEST)
    except ContractError as error:
        return Verified(None, "", (str(error),))
    identity = [*_identity(manifest, planned, parameters, folder)]
    problems = [*identity]
    if damage := batches.damaged_part(manifest, folder):
        problems.append(damage)
    if identity or not parameters.per_sequence:  # the numbers of another output say nothing about this one
        return Verified(manifest, sha256, tuple(problems))
    try:
        totals, ledger, wrong_row = parts.sum_parts(manifest, folder)
    except ContractError as error:
        return Verified(manifest, sha256, (*problems, str(error)))
    return Verified(manifest, sha256, tuple(problems), (tuple(totals.tolist()), ledger), wrong_row)


def _identity(manifest: BatchManifest, planned: Batch, parameters: CountingParameters, folder: Path) -> Iterator[str]:
    engine, code = (manifest.versions.get(name, "") for name in ("engine", "code"))
    if planned.key != batch_key(planned.chunks, parameters, ENGINE_VERSION):
        yield "the planned key is not that of the planned content"
    if manifest.key != batch_key(manifest.chunks, manifest.parameters, engine):
        yield "the manifest's key is not that of its content"
    if manifest.key != planned.key:
        yield f"manifest of another batch: {manifest.key}"
    if manifest.parameters != parameters:
        yield f"counted with {manifest.parameters}, asked is {parameters}"
    if [chunk.content for chunk in manifest.chunks] != [chunk.content for chunk in planned.chunks]:
        yield "what was counted is not what is planned (the digests of its chunks differ)"
    if (engine, code) != (ENGINE_VERSION, package.counting_digest()):
        yield f"counting code changed: engine {engine} ({code}) → {ENGINE_VERSION} ({package.counting_digest()})"
    if folder.name != manifest.key:
        yield f"manifest of another folder: {folder.name}"
    rows = sum(part.rows for part in manifest.parts)
    if rows != (planned.sequences if parameters.per_sequence else 0):
        yield f"the parts have {rows:,} rows for {planned.sequences:,} sequences"
    outside = [part.name for part in manifest.parts if Path(part.name).parent != Path("attempts", manifest.attempt)]
    if outside:
        yield f"part of another attempt: {outside[0]}"


def contradictions(found: Verified, planned: Batch) -> Iterator[str]:
    """What the numbers of an output say against each other and the plan. The laws of a run ask the same of all."""
    if found.manifest is None:
        return
    totals, ledger = found.manifest.totals, found.manifest.ledger
    if ledger.accounted != planned.bases:
        yield f"the manifest accounts for {ledger.accounted:,} of {planned.bases:,} bases"
    if (ledger.sequences, ledger.bases) != (planned.sequences, planned.bases):
        yield f"the manifest has {ledger.sequences:,} sequences and {ledger.bases:,} bases"
    if sum(totals) != ledger.counted:
        yield "the manifest's totals are not its ledger's codons"
    if found.by_sequence not in (None, (totals, ledger)):
        yield "the manifest's totals or ledger are not the sums over its sequences"
    if found.wrong_row:
        yield f"a sequence does not account for its bases ({found.wrong_row})"
