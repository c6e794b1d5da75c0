"""Read the columns seq_id and sequence of a user's file or a shard, by row range, in small blocks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from opengenome.core.batch import CHUNK_BASES
from opengenome.core.counting import Bytes, Ints, decode
from opengenome.core.measuring import hash_strings
from opengenome.errors import EngineError, InputError, printable
from opengenome.io import table_schemas
from opengenome.io.columns import numbers
from opengenome.io.opening import reading
from opengenome.io.parquet import thrift
from opengenome.io.parquet.layout import check_accounted
from opengenome.io.parquet.pages import (
    dictionaries_are_cheap,
    plain_metadata,
    read_pages,
    rows_that_fit,
    with_longest_entries,
)
from opengenome.io.paths import path_of

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_TEXT = ["seq_id", "sequence"]
_BUFFER_BYTES = 4 << 20  # of a file, for each column
_BLOCK_BYTES = 2 << 20
_BLOCK_ROWS = 8192
_LARGEST_ROW_GROUP = 2 * CHUNK_BASES


@dataclass(frozen=True, slots=True)
class StringBlock:
    """Consecutive rows. ids: (n,). id_hashes: (n,) uint64. Sequence k is data[offsets[k]:offsets[k+1]].

    continues: (n,) uint8, 1 if a row continues the sequence of the row before (shards only).
    """

    ids: list[str]
    id_hashes: npt.NDArray[np.uint64]
    data: Bytes
    offsets: Ints
    continues: Bytes


@contextlib.contextmanager
def open_parquet(path: str) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file with the columns that we read. Raises InputError otherwise, and for damage found later.

    A failing disk and too little memory raise EngineError.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    options = {"buffer_size": _BUFFER_BYTES, "pre_buffer": False, "page_checksum_verification": True}
    try:
        with (
            reading(path),
            pa.OSFile(os.fsencode(path_of(path)), "rb") as opened,  # a name as bytes: it may not be UTF-8
            pq.ParquetFile(opened, **options) as file,
        ):
            _check_columns(file, path)
            _check_rows(file, path)
            schema = file.schema_arrow
            if any(_is_indirect(schema.field(column).type) for column in _TEXT):
                with pq.ParquetFile(opened, metadata=plain_metadata(path), **options) as plain:
                    yield plain
            else:
                yield file
    except MemoryError as error:
        raise EngineError(
            "There is not enough memory for a page of the Parquet file",
            file=path,
            advice="If it is damaged, fetch it again; if not, write it with smaller pages.",
        ) from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(str(error).splitlines()[0], path) from error


def _check_columns(file: pq.ParquetFile, path: str) -> None:
    import pyarrow as pa

    # The type that pandas writes for a column of an empty frame; float64 before pandas 2.
    untyped = () if file.metadata.num_rows else (pa.null(), pa.float64())
    schema = file.schema_arrow
    for column in _TEXT:
        if schema.names.count(column) != 1:
            several = "more than one" if column in schema.names else "no"
            raise InputError(
                f"The Parquet file has {several} column {column!r}; it has {_listed(schema.names)}",
                file=path,
                advice="Rename its columns to seq_id and sequence.",
            )
        kind = schema.field(column).type
        if not _is_text(kind) and kind not in untyped:
            raise InputError(f"Column {column!r} is {kind}, not text", file=path, advice="Write it as text (string).")


def _check_rows(file: pq.ParquetFile, path: str) -> None:
    """Raises InputError if the footer contradicts itself or the rest of the file."""
    groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    if min(groups, default=0) < 0 or sum(groups) != file.metadata.num_rows:
        raise _damaged(f"its row groups have {sum(groups):,} rows, not {file.metadata.num_rows:,}", path)
    try:
        check_accounted(path)
    except thrift.UNREADABLE as error:
        raise _damaged("its footer contradicts itself", path) from error


def _damaged(how: str, path: str) -> InputError:
    return InputError(f"The Parquet file cannot be read: {how}", file=path, advice="Is it complete?")


def _listed(names: list[str]) -> str:
    listed = printable(", ".join(names))
    return (listed if len(listed) <= 200 else f"{listed[:200]}…") or "none"


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow.types as t

    if t.is_dictionary(kind):
        kind = kind.value_type
    strings = (t.is_string, t.is_large_string, t.is_string_view)
    return any(check(kind) for check in (*strings, t.is_binary, t.is_large_binary, t.is_binary_view))


def _is_indirect(kind: pa.DataType) -> bool:
    import pyarrow.types as t

    return any(check(kind) for check in (t.is_dictionary, t.is_string_view, t.is_binary_view))


def readable_in_place(path: str) -> bool:
    """Whether row ranges can be read without decoding many other rows: no row group is much larger than a chunk."""
    with open_parquet(path) as file:
        groups = (file.metadata.row_group(group) for group in range(file.num_row_groups))
        return all(group.total_byte_size <= _LARGEST_ROW_GROUP for group in groups)


def read_strings(path: str, start: int = 0, stop: int | None = None) -> Iterator[StringBlock]:
    """The rows [start, stop) in blocks of a few MB. Raises InputError for a null."""
    with open_parquet(path) as file:
        columns = list(_TEXT)
        if file.schema_arrow.equals(table_schemas.shard_schema()):
            columns.append("piece")  # only of a shard; a user's column of that name means something else
        stop = file.metadata.num_rows if stop is None else stop
        first = 0  # row of the group
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            begin, end = max(start - first, 0), min(stop - first, rows)
            if begin < end:
                row = first + begin
                for batch in _gathered(_row_group(file, path, group, columns), begin, end):
                    yield from _string_blocks(batch, path, row)
                    row += batch.num_rows
                if row != first + end:
                    raise _damaged(f"row group {group} has {row - first:,} rows, not {rows:,}", path)
            first += rows


def _row_group(file: pq.ParquetFile, path: str, group: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a group, as many at a time as certainly fit into memory when decoded."""
    # Of all columns, because asking for the size of one crashes the process if its metadata is damaged (pyarrow 26).
    described = file.metadata.row_group(group)
    mean = described.total_byte_size // max(1, described.num_rows)
    wanted = min(_BLOCK_ROWS, max(1, _BLOCK_BYTES // max(1, mean)))
    pages = read_pages(path, group, _TEXT)
    if any(column.values() != described.num_rows for column in pages or ()):
        # Arrow would read on beyond the pages, and may allocate gigabytes for what it finds there.
        raise _damaged(f"the pages of row group {group} do not hold its rows", path)
    rows = rows_that_fit(pages, wanted) if pages else 1
    if pages and rows < wanted and dictionaries_are_cheap(pages):
        rows = rows_that_fit(with_longest_entries(file, path, group, _TEXT, pages), wanted)
    batches: Iterator[pa.RecordBatch] = file.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False)
    return batches


def _gathered(batches: Iterator[pa.RecordBatch], begin: int, end: int) -> Iterator[pa.RecordBatch]:
    """The rows [begin, end) of the batches; small batches are joined into a few MB."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    at = rows = size = 0
    for found in batches:
        first, last = max(begin - at, 0), min(end - at, found.num_rows)
        at += found.num_rows
        if first < last:
            held.append(found.slice(first, last - first))
            rows, size = rows + last - first, size + held[-1].nbytes
        if held and (rows >= _BLOCK_ROWS or size >= _BLOCK_BYTES // 2):
            yield held[0] if len(held) == 1 else pa.concat_batches(held)
            held, rows, size = [], 0, 0
        if at >= end:
            break
    if held:
        yield held[0] if len(held) == 1 else pa.concat_batches(held)


def _string_blocks(batch: pa.RecordBatch, path: str, row: int) -> Iterator[StringBlock]:
    """The rows of a record batch, split if identifiers and letters are larger than two blocks."""
    for column in _TEXT:
        values = batch.column(column)
        if values.null_count:
            null = row + values.is_null().to_pylist().index(True) + 1
            raise InputError(f"Column {column!r} is null", file=path, record=null, advice="Remove such rows.")
    id_data, id_offsets = _buffers(batch.column("seq_id"))
    data, offsets = _buffers(batch.column("sequence"))
    if "piece" in batch.schema.names:
        continues = (numbers(batch.column("piece")) > 0).astype(np.uint8)
    else:
        continues = np.zeros(batch.num_rows, dtype=np.uint8)
    ends = id_offsets[1:] + offsets[1:]
    cuts = np.flatnonzero(np.diff(ends // _BLOCK_BYTES)) + 1 if ends[-1] > 2 * _BLOCK_BYTES else ()
    for begin, end in pairwise([0, *cuts, batch.num_rows]):
        bounds, id_bounds = offsets[begin : end + 1], id_offsets[begin : end + 1]
        letters, names = data[bounds[0] : bounds[-1]], id_data[id_bounds[0] : id_bounds[-1]]
        id_bounds = id_bounds - id_bounds[0]
        text, at = names.tobytes(), id_bounds.tolist()
        ids = [decode(text[first:last]) for first, last in pairwise(at)]
        yield StringBlock(ids, hash_strings(names, id_bounds), letters, bounds - bounds[0], continues[begin:end])


def _buffers(values: pa.Array) -> tuple[Bytes, Ints]:
    """The letters and the (n + 1,) int64 offsets into them; only the offsets are copied."""
    import pyarrow as pa

    values = values.cast(pa.large_binary())
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[values.offset : values.offset + len(values) + 1]
    first, last = int(bounds[0]), int(bounds[-1])
    letters = np.frombuffer(data, dtype=np.uint8)[first:last] if last > first else np.zeros(0, dtype=np.uint8)
    return letters, bounds - first


def read_input(path: str) -> Iterator[StringBlock]:
    """All rows of an input file, each a sequence. Raises InputError for a shard with a sequence cut into pieces."""
    for block in read_strings(path):
        if block.continues.any():
            advice = "Give the file that it was made from."
            raise InputError("The file is a shard with a sequence cut into pieces", file=path, advice=advice)
        yield block
