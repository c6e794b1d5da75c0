"""Entries: input files that were ingested together, as they lie in the store, and whether they are whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from opengenome import ENGINE_VERSION
from opengenome.core.model import SourceFile
from opengenome.errors import ContractError, InputError
from opengenome.io import package, schemas
from opengenome.io.paths import text_of
from opengenome.io.records import RECORDS, read_record_columns
from opengenome.io.schemas import IngestManifest, shard_name
from opengenome.io.store import COMMIT, sha256_of

MANIFEST = COMMIT


def entry_key(files: Sequence[SourceFile]) -> str:
    """The name of an entry's folder in the store: of its files' paths and stats, and of the code that reads them."""
    content = [ENGINE_VERSION, package.counting_digest(), *(asdict(file) for file in files)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def committed(folder: Path, files: Sequence[SourceFile]) -> IngestManifest | None:
    """The manifest of an entry that is there: with the record table that was written, and all that follows from it.

    The letters in a shard are checked when they are counted, by the digests of their records.
    """
    import pyarrow as pa

    try:
        manifest = schemas.read_ingest_manifest(folder / MANIFEST)
        if manifest.key != entry_key(files) or sha256_of(folder / RECORDS) != manifest.records_sha256:
            return None
        return manifest if _follows(manifest, folder, files) else None
    except (ContractError, InputError, pa.ArrowException, OSError, ValueError, TypeError, OverflowError):
        # It cannot be read, or says what cannot be.
        return None


def _follows(manifest: IngestManifest, folder: Path, files: Sequence[SourceFile]) -> bool:
    """Whether the parts and numbers of a manifest are those of its files, shards and record table."""
    import pyarrow.parquet as pq

    numbers = [len(manifest.sequences), sum(manifest.sequences), list(manifest.bases)]
    if min((*manifest.sequences, *manifest.bases)) < 0 or sum(part.records for part in manifest.parts) != numbers[1]:
        return False
    with pq.ParquetFile(folder / RECORDS) as table:
        rows = table.metadata.num_rows
    if numbers != [len(files), rows, bases_between(folder, [0, *np.cumsum(manifest.sequences)])]:
        return False
    for number, part in enumerate(manifest.parts):
        if not part.bytes:
            (file,) = files
            stop = file.size if file.format == "fasta" else rows
            found = [part.path, part.format, part.stop] == [file.path, file.format, stop] and not manifest.content
        else:
            path = folder / shard_name(number, part.format)
            size = path.stat().st_size
            if part.format == "fasta":
                stop = size
            else:
                with pq.ParquetFile(path) as shard:
                    stop = shard.metadata.num_rows
            found = [part.path, part.stop, part.bytes] == [text_of(path), stop, size] and bool(manifest.content)
        if not found:
            return False
    return True


def bases_between(folder: Path, edges: Sequence[int]) -> list[int]:
    """The bases of the records [edges[k], edges[k + 1]) of an entry, by its record table."""
    totals = np.zeros(len(edges) - 1, dtype=np.int64)
    begin = 0
    for (bases,) in read_record_columns(folder, ["bases"]):
        files = np.searchsorted(edges, np.arange(begin, begin + len(bases)), side="right") - 1
        np.add.at(totals, files, bases)
        begin += len(bases)
    return totals.tolist()
