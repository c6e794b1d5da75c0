"""The per-sequence dataset of a report: one Parquet file for each batch, a row for each sequence, in input order.

Columns: the id, the annotation, the group, bases, the 64 counts, and every measure of one sequence under its own code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.counting import Ints
from opengenome.core.measures.arrays import Floats
from opengenome.core.measures.given import Given
from opengenome.errors import ContractError
from opengenome.io import table_schemas
from opengenome.io.columns import numbers
from opengenome.io.refusals import first_line
from opengenome.io.store import write_atomically
from opengenome.io.stream import ROWS_AT_ONCE

if TYPE_CHECKING:
    import pyarrow as pa

SEQ_ID, CODE = "seq_id", "genetic_code"
_AT_ONCE = 1 << 12  # rows whose counts fit the cache
_BASES = ("length", "ambiguous_codons", "trailing_bases")
ENDS = ("first_codon", "last_codon")  # behind the bases, all other annotation before them
# Columns whose values repeat.
_DICTIONARIES = ("record", "organism", "taxon", "organelle", CODE, "code_source", "flags", "file", "sample", "group")


def read_parts(paths: Iterable[Path], columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of Parquet files, at most 16,384 at a time. Raises ContractError for a file that cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(ROWS_AT_ONCE, columns=columns, use_threads=False)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ContractError(f"A table cannot be read: {first_line(error)}", file=path) from error


def counts_of(rows: pa.RecordBatch) -> Ints:
    """The counts of sequences, (n, 64); those of a codon lie side by side, which makes the measures faster."""
    return np.stack([numbers(rows[codon]) for codon in CODONS]).T


def joined(counted: pa.RecordBatch, annotation: pa.RecordBatch) -> pa.RecordBatch:
    """Counts and annotation of the same sequences, side by side.

    Raises ContractError if the annotation names other sequences.
    """
    import pyarrow as pa

    if SEQ_ID in annotation.schema.names and not counted[SEQ_ID].equals(annotation[SEQ_ID]):
        raise ContractError("The annotation in the store belongs to other sequences than the counts")
    names = [name for name in annotation.schema.names if name not in (SEQ_ID, *ENDS)]
    ends = [name for name in ENDS if name in annotation.schema.names]
    columns = [
        counted.select([SEQ_ID]),
        annotation.select(names),
        counted.select(_BASES),
        annotation.select(ends),
        counted.select(CODONS),
    ]
    fields = [field for table in columns for field in table.schema]
    return pa.RecordBatch.from_arrays([array for table in columns for array in table.columns], schema=pa.schema(fields))


def measures_of(rows: pa.RecordBatch, given: Given) -> dict[str, Floats]:
    """Every measure of `joined` rows, (n,) each; NaN where it is missing."""
    found: dict[str, Floats] = {}
    for at in range(0, rows.num_rows, _AT_ONCE):
        some = rows[at : at + _AT_ONCE]
        counts, codes = counts_of(some), numbers(some[CODE])
        for code in np.unique(codes).tolist():
            under = codes == code
            for name, values in given.measures(counts if under.all() else counts.T[:, under].T, code).items():
                column = found.setdefault(name, np.empty(rows.num_rows))
                column[at : at + _AT_ONCE][under] = values
    return found


def with_measures(rows: pa.RecordBatch, given: Given) -> pa.RecordBatch:
    """`joined` rows with a column for each measure; null where it is missing."""
    import pyarrow as pa

    measures = measures_of(rows, given)
    fields = [*rows.schema, *(pa.field(name, pa.float64()) for name in measures)]
    return pa.RecordBatch.from_arrays([*rows.columns, *map(figures, measures.values())], schema=pa.schema(fields))


def figures(values: Floats) -> pa.Array:
    """A column of float64; NaN becomes null."""
    import pyarrow as pa

    known = ~np.isnan(values)
    bits = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.float64(), len(values), [bits, pa.py_buffer(np.ascontiguousarray(values))])


def write_part(path: Path, rows: Iterable[pa.RecordBatch]) -> None:
    """Write the rows of a batch, a row group each, atomically; at least one record batch."""

    def write(file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        writer = None
        for group in rows:
            if writer is None:
                writer = pq.ParquetWriter(file, group.schema, **_encoding(group.schema))
            writer.write_batch(group, row_group_size=ROWS_AT_ONCE)
        if writer is not None:
            writer.close()

    write_atomically(path, write)


def _encoding(schema: pa.Schema) -> dict[str, Any]:
    """Delta for whole numbers, as in a batch's own parts. Floats are left to zstd: their values repeat."""
    import pyarrow as pa

    by_column = {field.name: "DELTA_BINARY_PACKED" for field in schema if field.type == pa.int64()}
    by_column |= {field.name: "PLAIN" for field in schema if field.type == pa.float64()}
    repeated = [name for name in schema.names if name in _DICTIONARIES]
    return {"compression": "zstd", "use_dictionary": repeated, "column_encoding": by_column}


def check_counts(rows: pa.RecordBatch) -> None:
    """Raises ContractError unless these are rows of a batch's own table, with whole numbers that can be counts."""
    if not rows.schema.equals(table_schemas.per_sequence_schema()):
        raise ContractError("The columns are not those of a per-sequence table")
    if any(column.null_count for column in rows.columns) or (counts_of(rows) < 0).any():
        raise ContractError("A per-sequence table has a value that is not a count")
