"""The published files: the codon table as CSV and Parquet, and the JSON beside it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, BinaryIO

from opengenome.errors import ContractError
from opengenome.io import schemas
from opengenome.io.store import write_atomically

CSV, PARQUET = "codon_usage.csv", "codon_usage.parquet"
SUMMARY, VALIDATION, PROVENANCE = "summary.json", "validation.json", "provenance.json"
PUBLISHED = (CSV, PARQUET, SUMMARY, VALIDATION, PROVENANCE)


def write_codon_table(folder: Path, columns: dict[str, list[Any]]) -> None:
    """Write both forms. Floats in the CSV are the shortest text that reads back to the same bits; a null is empty."""
    write_atomically(folder / CSV, lambda file: _write_csv(file, columns))
    write_atomically(folder / PARQUET, lambda file: _write_parquet(file, folder / CSV))


def _write_csv(file: BinaryIO, columns: dict[str, list[Any]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(schemas.CODON_TABLE_COLUMNS)
    writer.writerows(zip(*(columns[name] for name in schemas.CODON_TABLE_COLUMNS), strict=True))
    file.write(text.getvalue().encode())


def _write_parquet(file: BinaryIO, written: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet as pq

    # From the CSV: a table made of Python lists would import pandas first, a quarter of a second.
    kinds = pyarrow.csv.ConvertOptions(column_types=schemas.codon_table_schema(), null_values=[""])
    pq.write_table(pyarrow.csv.read_csv(written, convert_options=kinds), file)


def read_codon_table(folder: Path) -> dict[str, list[Any]]:
    """The columns of the Parquet form. Raises ContractError where the CSV does not say the same."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(folder / PARQUET) as file:  # read_table would import pandas
            table = file.read()
        rows = list(csv.reader((folder / CSV).read_text(encoding="utf-8").splitlines()))
    except (pa.ArrowInvalid, OSError) as error:
        raise ContractError(f"The codon table cannot be read: {error}", file=folder) from error
    schemas.check_schema(table.schema, schemas.codon_table_schema(), folder / PARQUET)
    columns: dict[str, list[Any]] = table.to_pydict()
    expected = [["" if value is None else str(value) for value in row] for row in zip(*columns.values(), strict=True)]
    if rows != [list(columns), *expected]:
        raise ContractError(f"{CSV} and {PARQUET} differ", file=folder)
    return columns


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContractError(f"Not readable as JSON: {error}", file=path) from error
