"""The record table of an ingested entry: one row for each record. Ingest writes it; the planner reads it in spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from opengenome.core.counting import Ints
from opengenome.core.planning import Digests, RecordSpan
from opengenome.io import table_schemas
from opengenome.io.columns import column, fixed_bytes, fixed_column, numbers
from opengenome.io.schemas import IngestManifest

RECORDS = "records.parquet"
_SPAN_RECORDS = 1 << 16

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RecordTable:
    """Complete records in input order; columns of `table_schemas.records_schema`: all (n,), but digest (n, 32)."""

    start: Ints
    bases: Ints
    digest: Digests
    id_hash: npt.NDArray[np.uint64]


def write_records(tables: Iterator[RecordTable], folder: Path, progress: Progress) -> int:
    """Stream record tables into records.parquet. Returns the number of records."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = table_schemas.records_schema()
    sequences = bases = reported = waiting = 0
    held: list[Any] = []
    with pq.ParquetWriter(folder / RECORDS, schema, compression="NONE", use_dictionary=False) as writer:
        for table in tables:
            digests = fixed_column(table.digest)
            columns = [column(table.start), column(table.bases), digests, column(table.id_hash)]
            held.append(pa.RecordBatch.from_arrays(columns, schema=schema))
            sequences += len(table.start)
            bases += int(table.bases.sum())
            waiting += len(table.start)
            if waiting >= _SPAN_RECORDS:
                writer.write_table(pa.Table.from_batches(held, schema))
                held, waiting = [], 0
            if bases - reported >= 500_000_000:
                reported = bases
                progress(f"{sequences:,} sequences, {bases / 1e6:,.0f} Mnt so far")
        writer.write_table(pa.Table.from_batches(held, schema))
    return sequences


def read_spans(manifest: IngestManifest, folder: Path) -> Iterator[RecordSpan]:
    """The records of an ingested entry, in input order, as spans for the planner. Memory: one span."""
    if not manifest.files:
        return
    files = iter(manifest.files)
    file = next(files)
    left = file.records
    held: list[np.ndarray[Any, Any]] | None = None
    for span in read_record_columns(folder, ["start", "bases", "digest"]):
        columns = span if held is None else [np.concatenate(pair) for pair in zip(held, span, strict=True)]
        at, rows = 0, len(columns[0])
        while left <= rows - at:
            starts, bases, digests = (column[at : at + left] for column in columns)
            yield RecordSpan(file.path, file.format, starts, file.stop, bases, digests)
            at += left
            file = next(files, file)
            left = file.records
            if at == rows:
                break
        # The last record is held back, because it stops where the next one starts.
        to = max(at, rows - 1)
        if to > at:
            starts, bases, digests = (column[at:to] for column in columns)
            yield RecordSpan(file.path, file.format, starts, int(columns[0][to]), bases, digests)
            left -= to - at
        held = [column[to:] for column in columns]


def read_record_columns(folder: Path, columns: list[str]) -> Iterator[list[np.ndarray[Any, Any]]]:
    """Columns of records.parquet, a span at a time: (n,), but digests (n, 32)."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / RECORDS) as file:
        table_schemas.check_schema(file.schema_arrow, table_schemas.records_schema(), folder / RECORDS)
        for batch in file.iter_batches(_SPAN_RECORDS, columns=columns, use_threads=False):
            named = zip(columns, batch.columns, strict=True)
            yield [fixed_bytes(array) if name == "digest" else numbers(array) for name, array in named]
