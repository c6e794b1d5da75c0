"""The published files: the codon table as CSV and Parquet, and the sealed JSON beside it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any, cast

from opengenome import flow
from opengenome.errors import ContractError
from opengenome.io import table_schemas
from opengenome.io.store import check_seal, json_bytes, sealed, write_atomically

CSV, PARQUET = flow.CSV, flow.PARQUET
SUMMARY, VALIDATION, PROVENANCE = flow.SUMMARY, flow.VALIDATION, flow.PROVENANCE
REPORT = (CSV, PARQUET, SUMMARY, PROVENANCE)  # the files that validation.json lists
PUBLISHED = (*REPORT, VALIDATION)


def write_codon_table(folder: Path, columns: dict[str, list[Any]]) -> dict[str, str]:
    """Write CSV and Parquet. Returns the SHA-256 of each by name.

    In the CSV, floats are the shortest text that reads back to the same bits, and a null is empty.
    """
    text = _csv(columns)
    return {CSV: _write(folder / CSV, text), PARQUET: _write(folder / PARQUET, _parquet(text))}


def _csv(columns: dict[str, list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table_schemas.CODON_TABLE_COLUMNS)
    writer.writerows(zip(*(columns[name] for name in table_schemas.CODON_TABLE_COLUMNS), strict=True))
    return text.getvalue().encode()


def _parquet(text: bytes) -> bytes:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    # From the CSV, because a table made of Python lists would import pandas, which takes a quarter of a second.
    kinds = pyarrow.csv.ConvertOptions(column_types=table_schemas.codon_table_schema(), null_values=[""])
    file = io.BytesIO()
    pq.write_table(pyarrow.csv.read_csv(pa.BufferReader(text), convert_options=kinds), file)
    return file.getvalue()


def read_codon_table(folder: Path) -> dict[str, list[Any]]:
    """The columns of the Parquet file. Raises ContractError if it is damaged or the CSV differs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(folder / PARQUET) as file:  # read_table would import pandas
            table = file.read()
        rows = list(csv.reader((folder / CSV).read_text(encoding="utf-8").splitlines()))
        table_schemas.check_schema(table.schema, table_schemas.codon_table_schema(), folder / PARQUET)
        columns = cast("dict[str, list[Any]]", table.to_pydict())
    except (pa.ArrowException, OSError, ValueError, csv.Error) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]  # places in Arrow's source follow
        raise ContractError(f"The codon table cannot be read: {reason}", file=folder) from error
    expected = [["" if value is None else str(value) for value in row] for row in zip(*columns.values(), strict=True)]
    if rows != [list(columns), *expected]:
        raise ContractError(f"{CSV} and {PARQUET} differ", file=folder)
    return columns


def write_document(path: Path, document: dict[str, Any]) -> str:
    """Write a sealed JSON file. Returns the SHA-256 of its bytes."""
    return _write(path, json_bytes(sealed(document)))


def read_document(path: Path) -> dict[str, Any]:
    """Read a document of write_document, without its seal. Raises ContractError if it is missing or damaged."""
    return parse_document(read_bytes(path), path)


def parse_document(text: bytes, path: Path) -> dict[str, Any]:
    """The document in the bytes of the file `path`. Raises ContractError if it is damaged."""
    check_seal(text, path)
    document: dict[str, Any] = json.loads(text)
    del document["seal"]
    return document


def seal_of(text: bytes) -> str:
    """The seal in the bytes of a document that `parse_document` accepts: the same for the same content."""
    return str(json.loads(text)["seal"])


def read_bytes(path: Path) -> bytes:
    """Raises ContractError if the file cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path.name} cannot be read: {error.strerror}", file=path) from error


def _write(path: Path, data: bytes) -> str:
    write_atomically(path, lambda file: file.write(data))
    return hashlib.sha256(data).hexdigest()
