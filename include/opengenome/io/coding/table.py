"""The table of all CDS of an ingested entry, `cds.parquet`. Its columns: `table_schemas.cds_schema`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from opengenome.errors import ContractError
from opengenome.io import table_schemas
from opengenome.io.columns import column, text_column
from opengenome.io.refusals import first_line

if TYPE_CHECKING:
    import pyarrow as pa

CDS_TABLE = "cds.parquet"
_ROWS = 1 << 14


class CdsTable:
    """Writes rows into `cds.parquet` of a folder. Use it as a context manager. Memory: 16,384 rows."""

    def __init__(self, folder: Path) -> None:
        import pyarrow.parquet as pq

        self._schema = table_schemas.cds_schema()
        self._writer = pq.ParquetWriter(folder / CDS_TABLE, self._schema, compression="zstd")
        self._rows: list[tuple[Any, ...]] = []

    def __enter__(self) -> CdsTable:
        return self

    def __exit__(self, *error: object) -> None:
        if not any(error):
            self._write()
        self._writer.close()

    def add(self, row: tuple[Any, ...]) -> None:
        """Add a row: its values in the order of the schema."""
        self._rows.append(row)
        if len(self._rows) == _ROWS:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        if not self._rows:
            return
        columns = zip(self._schema, zip(*self._rows, strict=True), strict=True)
        arrays = [
            text_column(values)
            if field.type == pa.string()
            else column(np.array(values, dtype=field.type.to_pandas_dtype()))  # a numpy type, despite its name
            for field, values in columns
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows.clear()


def read_all(folder: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Columns of every CDS of an entry, at most 16,384 rows at a time. Raises ContractError if the table is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / CDS_TABLE
    try:
        with pq.ParquetFile(path) as file:
            table_schemas.check_schema(file.schema_arrow, table_schemas.cds_schema(), path)
            for rows in file.iter_batches(_ROWS, columns=list(columns), use_threads=False):
                yield rows.select(columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ContractError(f"The table of CDS cannot be read: {first_line(error)}", file=path) from error
