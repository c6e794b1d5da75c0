"""Ingested entries of the store: input files that were ingested together. Find an entry and check that it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from opengenome import ENGINE_VERSION
from opengenome.core.model import SourceFile
from opengenome.errors import ContractError, InputError
from opengenome.io import package, schemas
from opengenome.io.coding.table import CDS_TABLE
from opengenome.io.formats import FORMATS
from opengenome.io.paths import path_of, text_of
from opengenome.io.records import RECORDS, read_record_columns
from opengenome.io.schemas import Coding, IngestManifest, Material, RecordFile, Unit
from opengenome.io.store import COMMIT, sha256_of
from opengenome.io.table_schemas import shard_name

MANIFEST = COMMIT


def entry_key(files: Sequence[SourceFile], units: Sequence[Unit] = (), coding: Coding | None = None) -> str:
    """The name of an entry's folder in the store.

    A digest of its files' paths and stats, of the reading code, and, if it has units, of how their CDS are read.
    """
    content: list[Any] = [ENGINE_VERSION, package.counting_digest(), *(asdict(file) for file in files)]
    if units and coding:
        content += [asdict(coding), *(asdict(unit) for unit in units)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def key_of(material: Material) -> str:
    """As `entry_key`."""
    return entry_key(material.files, material.units, material.coding)


def committed(folder: Path, material: Material) -> IngestManifest | None:
    """The manifest of a committed entry; None if there is none, or if its files are missing, damaged or changed.

    The letters in a shard are not read here: counting checks them by the digests of their records.
    """
    import pyarrow as pa

    try:
        manifest = schemas.read_ingest_manifest(folder / MANIFEST)
        if manifest.key != key_of(material) or sha256_of(folder / RECORDS) != manifest.records_sha256:
            return None
        return manifest if _follows(manifest, folder, material) else None
    except (ContractError, InputError, pa.ArrowException, OSError, LookupError, ValueError, TypeError, OverflowError):
        # It cannot be read, or contradicts itself.
        return None


def _follows(manifest: IngestManifest, folder: Path, material: Material) -> bool:
    """Whether a manifest agrees with its files, shards and tables."""
    import pyarrow.parquet as pq

    files = material.files
    numbers = [len(manifest.sequences), sum(manifest.sequences), list(manifest.bases)]
    if len(manifest.digests) != len(files):
        return False
    if min((*manifest.sequences, *manifest.bases)) < 0 or sum(file.records for file in manifest.files) != numbers[1]:
        return False
    with pq.ParquetFile(folder / RECORDS) as table:
        rows = table.metadata.num_rows
    if numbers != [len(files), rows, bases_between(folder, [0, *np.cumsum(manifest.sequences)])]:
        return False
    return _lists_cds(manifest, folder, material.units) and all(
        (file.bytes or len(files) == 1) and _is_whole(file, folder / shard_name(number, file.format), files)
        for number, file in enumerate(manifest.files)
    )


def _lists_cds(manifest: IngestManifest, folder: Path, units: Sequence[Unit]) -> bool:
    """Whether a manifest agrees with its table of CDS, and counts as many as there are sequences."""
    firsts = list(accumulate((unit.files for unit in units), initial=0))[:-1]
    counted = [manifest.sequences[first] for first in firsts]
    sums = [account.found == account.counted + sum(account.dropped.values()) for account in manifest.cds]
    return (
        [account.counted for account in manifest.cds] == counted
        and all(sums)
        and (not units or sha256_of(folder / CDS_TABLE) == manifest.cds_sha256)
    )


def _is_whole(file: RecordFile, shard: Path, files: Sequence[SourceFile]) -> bool:
    """Whether a file of records is the input itself or the shard of its number, and ends where it should."""
    size = shard.stat().st_size if file.bytes else 0
    own = text_of(shard) if file.bytes else files[0].path
    return [file.path, file.bytes, file.stop] == [own, size, FORMATS[file.format].end(path_of(own))]


def bases_between(folder: Path, edges: Sequence[int]) -> list[int]:
    """The bases of the records [edges[k], edges[k + 1]) of an entry, from its record table."""
    totals = np.zeros(len(edges) - 1, dtype=np.int64)
    begin = 0
    for (bases,) in read_record_columns(folder, ["bases"]):
        files = np.searchsorted(edges, np.arange(begin, begin + len(bases)), side="right") - 1
        np.add.at(totals, files, bases)
        begin += len(bases)
    return totals.tolist()
