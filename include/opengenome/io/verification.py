"""Verify a committed batch against its plan. Reuse, recount and validate all use this one check.

It trusts nothing in the commit: keys and digests are derived again, and parts are hashed and summed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from opengenome import ENGINE_VERSION
from opengenome.core.accounts import Fault, Law, Verified, contradictions
from opengenome.core.batch import batch_key
from opengenome.core.model import Batch, BatchManifest, CountingParameters
from opengenome.errors import ContractError, number_of
from opengenome.io import batches, package, parts

# Fields of a manifest that are for people only. They are not recomputed, because nothing depends on them.
DESCRIPTIVE = (
    *("timings", "peak_memory", "hosts"),
    *("versions.python", "versions.pyspark", "versions.numpy", "versions.numba"),
)


def verify(planned: Batch, parameters: CountingParameters, folder: Path) -> Verified:
    """Check everything that a batch committed. Streams, with one row group in memory."""
    try:
        manifest, sha256 = batches.load_manifest(folder / batches.MANIFEST)
    except ContractError as error:
        return Verified(None, "", (Fault(Law.PLAN, str(error)),))
    return Verified(manifest, sha256, tuple(_faults(manifest, planned, parameters, folder)))


def _faults(manifest: BatchManifest, planned: Batch, parameters: CountingParameters, folder: Path) -> Iterator[Fault]:
    others = [Fault(Law.PLAN, text) for text in _identity(manifest, planned, parameters, folder)]
    yield from others
    if damage := batches.damaged_part(manifest, folder):
        yield Fault(Law.PLAN, damage)
    if others:  # the numbers of another output say nothing about this one
        return
    table = None
    if parameters.per_sequence:
        try:
            table = parts.sum_parts(manifest, folder)
        except ContractError as error:
            yield Fault(Law.PLAN, str(error))
    yield from contradictions(planned, manifest, table)


def _identity(manifest: BatchManifest, planned: Batch, parameters: CountingParameters, folder: Path) -> Iterator[str]:
    engine, code = (manifest.versions.get(name, "") for name in ("engine", "code"))
    if planned.key != batch_key(planned.chunks, parameters, ENGINE_VERSION):
        yield "the planned key does not match the planned content"
    if manifest.key != batch_key(manifest.chunks, manifest.parameters, engine):
        yield "the manifest's key does not match its content"
    if manifest.key != planned.key:
        yield f"manifest of another batch: {manifest.key}"
    if manifest.parameters != parameters:
        yield f"counted with {manifest.parameters}, planned with {parameters}"
    if [chunk.content for chunk in manifest.chunks] != [chunk.content for chunk in planned.chunks]:
        yield "counted content differs from the plan (the digests of its chunks differ)"
    if (engine, code) != (ENGINE_VERSION, package.counting_digest()):
        yield f"counting code changed: engine {engine} ({code}) → {ENGINE_VERSION} ({package.counting_digest()})"
    if folder.name != manifest.key:
        yield f"manifest of another folder: {folder.name}"
    rows = sum(part.rows for part in manifest.parts)
    if rows != (planned.sequences if parameters.per_sequence else 0):
        yield f"the parts have {number_of(rows, 'row')} for {number_of(planned.sequences, 'sequence')}"
    if len(manifest.pairs) != (len(manifest.parts) if parameters.codon_pairs else 0):
        yield f"there are codon pairs of {len(manifest.pairs):,} parts; there are {len(manifest.parts):,} parts"
    outside = [part.name for part in manifest.files if Path(part.name).parent != Path("attempts", manifest.attempt)]
    if outside:
        yield f"part of another attempt: {outside[0]}"
