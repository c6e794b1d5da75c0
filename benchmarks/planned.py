"""Ingest and plan a file as one batch, without a DAG, with the functions behind the tasks."""

from __future__ import annotations

from pathlib import Path

from opengenome import ENGINE_VERSION
from opengenome.core.model import Batch, CountingParameters
from opengenome.core.planning import Limits, plan_batches
from opengenome.io import ingest, schemas, sources
from opengenome.io.records import read_spans
from opengenome.io.schemas import BatchSpec, IngestManifest, Material
from opengenome.io.store import Store


def ingested(path: Path, store: Path) -> IngestManifest:
    """Ingest a file into a store without progress lines; returns its manifest."""
    manifest, _ = ingest.ingest(Material((sources.fingerprint(path),)), Store(store), lambda _: None)
    return manifest


def one_batch(path: Path, store: Path, parameters: CountingParameters | None = None) -> Batch:
    """A batch that holds the whole file."""
    manifest = ingested(path, store)
    runs = read_spans(manifest, Store(store).ingest(manifest.key))
    limits = Limits(sum(manifest.sequences), max(1, sum(manifest.bases)))
    (batch,) = plan_batches(runs, limits, parameters or CountingParameters(), ENGINE_VERSION)
    return batch


def spec_file(path: Path, folder: Path) -> Path:
    """Write the spec of a file as one batch, for a Spark submit; returns its path."""
    batch = one_batch(path, folder / "store")
    spec = folder / "spec.json"
    schemas.write(spec, BatchSpec(batch, CountingParameters(), ENGINE_VERSION))
    return spec
