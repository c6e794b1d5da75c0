"""Ingest: read an input file once, check every byte, and leave the table of its records (and shards, where needed)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from opengenome.core.measuring import WrongByteError
from opengenome.core.model import SourceFile
from opengenome.core.planning import RecordRun
from opengenome.errors import ContractError, InputError, StorageError
from opengenome.io import schemas, sources
from opengenome.io.ahead import ReadAhead
from opengenome.io.columns import column, numbers
from opengenome.io.compression import Decompressed
from opengenome.io.diagnosis import locate
from opengenome.io.fasta import HeaderTooLongError, RecordTable, index_fasta
from opengenome.io.parquet import index_parquet, readable_in_place
from opengenome.io.paths import path_of, shown
from opengenome.io.recognise import BYTE_ORDER_MARK
from opengenome.io.schemas import IndexedPart, IngestManifest
from opengenome.io.shards import ShardWriter, shard_fasta, shard_parquet
from opengenome.io.sources import open_input, reading
from opengenome.io.store import Store, commit_folder, sha256_of, storing, temporary_folder

RECORDS = "records.parquet"
_MANIFEST = "manifest.json"
_INFLATED_BYTES = 4 << 20  # two such blocks wait: about as much as is inflated while a row group is written
_RUN_RECORDS = 1 << 18
# DNA in ASCII packs to about a quarter; an unpacked file is not expected to be smaller than three times its gzip.
_LEAST_INFLATION = 3

Progress = Callable[[str], None]


def ingest_file(file: SourceFile, store: Store, engine: str, progress: Progress) -> tuple[IngestManifest, bool]:
    """Index one file, or find it indexed. Returns the manifest and whether it was there already.

    Raises InputError (with file, record and line) for bad input, StorageError for a full or forbidden disk. Nothing of
    a failed ingest stays.
    """
    final = store.ingest(sources.file_key(file, engine))
    if known := known_manifest(final):
        return known, True
    with temporary_folder(final) as folder, storing(folder):
        if not sources.unchanged(file):
            raise InputError("The file changed after it was discovered", file=file.path, advice="Start a new run.")
        try:
            parts, sequences, bases = _index(file, folder, final, progress)
        except HeaderTooLongError as error:
            raise InputError(error.message, file=file.path) from error
        if not sources.unchanged(file):
            raise InputError("The file changed while it was read", file=file.path, advice="Start a new run.")
        manifest = IngestManifest(file, tuple(parts), sequences, bases, sha256_of(folder / RECORDS))
        schemas.write(folder / _MANIFEST, manifest)
        if final.exists() and known_manifest(final) is None:
            shutil.rmtree(final, ignore_errors=True)  # damaged: commit_folder would keep it as it is
        commit_folder(folder, final)
    return manifest, False


def known_manifest(folder: Path) -> IngestManifest | None:
    """The manifest of an ingest that is committed, readable, and whose shards are all there."""
    try:
        manifest = schemas.read_ingest_manifest(folder / _MANIFEST)
    except ContractError:
        return None
    shards = [part for part in manifest.parts if part.path != manifest.file.path]
    return manifest if all(path_of(part.path).exists() for part in shards) else None


def _index(file: SourceFile, folder: Path, final: Path, progress: Progress) -> tuple[list[IndexedPart], int, int]:
    """Write records.parquet (and shards) into `folder`. Returns the parts, the sequences and the bases."""
    if file.format == "fasta" and not file.compression:
        return _index_text(file, folder, progress)
    if file.format == "parquet" and readable_in_place(file.path):
        sequences, bases = _write_records(index_parquet(file.path), folder, progress)
        return _whole(file, sequences, sequences), sequences, bases
    needed = file.size * (_LEAST_INFLATION if file.compression else 1)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"Shards of {shown(path_of(file.path).name)} need about {needed / 1e9:,.1f} GB below {folder.parent},"
            f" where {free / 1e9:,.1f} GB are free",
            advice="Free some space, or point OPENGENOME_STORE at a larger disk.",
        )
    writer = ShardWriter(folder, final, file.path)
    if file.format == "parquet":
        sequences, bases = _write_records(shard_parquet(file.path, writer), folder, progress)
    else:
        sequences, bases = _shard_text(file, writer, folder, progress)
    return writer.parts, sequences, bases


def _whole(file: SourceFile, sequences: int, stop: int) -> list[IndexedPart]:
    """The input itself as the only part, where it holds any sequence."""
    return [IndexedPart(file.path, file.format, sequences, stop)] if sequences else []


def _index_text(file: SourceFile, folder: Path, progress: Progress) -> tuple[list[IndexedPart], int, int]:
    with open_input(file.path) as text:
        with reading(file.path):
            begin = len(BYTE_ORDER_MARK) if text.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK else 0
            text.seek(begin)
        try:
            sequences, bases = _write_records(_moved(index_fasta(text), begin), folder, progress)
        except WrongByteError as error:
            text.seek(begin)
            with reading(file.path):
                raise locate(text, error, file.path) from error
    return _whole(file, sequences, file.size), sequences, bases


def _moved(tables: Iterator[RecordTable], by: int) -> Iterator[RecordTable]:
    """Records whose starts are counted from the begin of the file, `by` bytes before the text."""
    for table in tables:
        table.start[:] += by
        yield table


def _shard_text(file: SourceFile, writer: ShardWriter, folder: Path, progress: Progress) -> tuple[int, int]:
    with open_input(file.path) as packed:
        try:
            with ReadAhead(_unpacked(packed, file), _INFLATED_BYTES) as text:
                return _write_records(shard_fasta(cast("BinaryIO", text), writer), folder, progress)
        except WrongByteError as error:
            packed.seek(0)
            with reading(file.path):
                raise locate(_unpacked(packed, file), error, file.path) from error


def _unpacked(packed: BinaryIO, file: SourceFile) -> BinaryIO:
    """The text of a compressed file, without a byte order mark."""
    text = Decompressed(packed, file.compression, file.path, file.size)
    with reading(file.path):
        if text.peek(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK:
            text.read(len(BYTE_ORDER_MARK))
    return cast("BinaryIO", text)


def _write_records(tables: Iterator[RecordTable], folder: Path, progress: Progress) -> tuple[int, int]:
    """Stream record tables into records.parquet. Returns how many sequences and bases they name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = schemas.records_schema()
    sequences = bases = told = 0
    held: list[Any] = []
    with pq.ParquetWriter(folder / RECORDS, schema, compression="NONE", use_dictionary=False) as writer:
        for table in tables:
            columns = [table.start, table.bases, table.digest, table.id_hash]
            held.append(pa.RecordBatch.from_arrays([column(values) for values in columns], schema=schema))
            sequences += len(table.start)
            bases += int(table.bases.sum())
            if sum(batch.num_rows for batch in held) >= _RUN_RECORDS:
                writer.write_table(pa.Table.from_batches(held, schema))
                held = []
            if bases - told >= 500_000_000:
                told = bases
                progress(f"{sequences:,} sequences, {bases / 1e6:,.0f} Mnt so far")
        writer.write_table(pa.Table.from_batches(held, schema))
    return sequences, bases


def read_runs(manifest: IngestManifest, folder: Path) -> Iterator[RecordRun]:
    """The records of an ingested file, in input order, as the planner wants them. Memory: one run."""
    if not manifest.parts:
        return
    parts = iter(manifest.parts)
    part = next(parts)
    left = part.records
    held: list[np.ndarray[Any, Any]] | None = None
    for found in read_record_columns(folder, ["start", "bases", "digest"]):
        columns = found if held is None else [np.concatenate(pair) for pair in zip(held, found, strict=True)]
        at, rows = 0, len(columns[0])
        while left <= rows - at:
            starts, bases, digests = (column[at : at + left] for column in columns)
            yield RecordRun(part.path, part.format, starts, part.stop, bases, digests)
            at += left
            part = next(parts, part)
            left = part.records
            if at == rows:
                break
        # The last record is held back: where it stops is where the next one starts.
        to = max(at, rows - 1)
        if to > at:
            starts, bases, digests = (column[at:to] for column in columns)
            yield RecordRun(part.path, part.format, starts, int(columns[0][to]), bases, digests)
            left -= to - at
        held = [column[to:] for column in columns]


def read_record_columns(folder: Path, columns: list[str]) -> Iterator[list[np.ndarray[Any, Any]]]:
    """Columns of records.parquet, a run at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / RECORDS) as file:
        schemas.check_schema(file.schema_arrow, schemas.records_schema(), folder / RECORDS)
        for batch in file.iter_batches(_RUN_RECORDS, columns=columns):
            yield [numbers(column) for column in batch.columns]
