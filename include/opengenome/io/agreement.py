"""Check that the published tables agree with each other. Tables with a row for each sequence or group are streamed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from opengenome.core.accounts import differing
from opengenome.core.alphabet import CODONS
from opengenome.errors import ContractError
from opengenome.flow import (
    BY_GROUP_CSV,
    BY_GROUP_PARQUET,
    CODON_PAIRS_CSV,
    CODON_PAIRS_PARQUET,
    PER_SEQUENCE,
    is_per_sequence_part,
)
from opengenome.io import tables
from opengenome.io.columns import numbers, text_column
from opengenome.io.members import name_of
from opengenome.io.refusals import first_line

if TYPE_CHECKING:
    import pyarrow as pa

    Rows = Iterator[pa.RecordBatch]
    Totals = npt.NDArray[np.int64]  # (64,), of the codons in alphabetical order

_ROWS_AT_ONCE = 16_384
_BUFFER = 1 << 16  # bytes of a column that are read at once


def check_content(folder: Path, names: Collection[str]) -> None:
    """Check what readers rely on besides the digests. names: of the published files in the folder.

    CSV = Parquet; 64 codons; sequences and groups sum to the table, and the table to the summary. Raises ContractError.
    """
    table = tables.read_codon_table(folder)
    if table["codon"] != list(CODONS):
        raise ContractError(f"The codon table does not have each of the {len(CODONS)} codons once", file=folder)
    counts: list[Any] = table["count"]
    if any(type(count) is not int or count < 0 for count in counts):
        raise ContractError("The codon table has a count that is not a whole number", file=folder)
    summary, provenance = (tables.read_document(folder / name) for name in (tables.SUMMARY, tables.PROVENANCE))
    if sum(counts) != summary.get("codons"):
        raise ContractError(f"The codon table and {tables.SUMMARY} differ in the number of codons", file=folder)
    if not isinstance(provenance.get("run"), str):
        raise ContractError(f"{tables.PROVENANCE} does not name its run", file=folder)
    for what, totals in _parts_of_sums(folder, names):
        if more := [codon for codon, pairs, count in zip(CODONS, totals, counts, strict=True) if pairs > count]:
            raise ContractError(f"{what} has more pairs with {more[0]} than there are codons", file=folder)
    for what, totals in _sums(folder, names):
        if codons := differing(totals.tolist(), counts):
            raise ContractError(f"{what} and the codon table differ in {' '.join(codons)}", file=folder)


def _sums(folder: Path, names: Collection[str]) -> Iterator[tuple[str, Totals]]:
    """The total of each table that is split by sequence or group, with its name."""
    if BY_GROUP_PARQUET in names:
        path = folder / BY_GROUP_PARQUET
        yield BY_GROUP_PARQUET, _total(path, _by_row, _parquet(path, ["codon", "count"]))
        path = folder / BY_GROUP_CSV
        yield BY_GROUP_CSV, _total(path, _by_row, _csv(path))
    if parts := [folder / name for name in names if is_per_sequence_part(name)]:
        totals = np.zeros(len(CODONS), np.int64)
        for part in parts:
            totals += _total(part, _by_column, _parquet(part, list(CODONS)))
        yield PER_SEQUENCE, totals


def _parts_of_sums(folder: Path, names: Collection[str]) -> Iterator[tuple[str, Totals]]:
    """How many pairs begin with each codon, and how many end with it: not each codon has a neighbour."""
    if CODON_PAIRS_PARQUET in names:
        for place in ("first", "second"):
            path = folder / CODON_PAIRS_PARQUET
            yield path.name, _total(path, partial(_by_row, codon=place), _parquet(path, [place, "count"]))
            path = folder / CODON_PAIRS_CSV
            yield path.name, _total(path, partial(_by_row, codon=place), _csv(path, place))


def _total(path: Path, total: Callable[[Rows], Totals], rows: Rows) -> Totals:
    import pyarrow as pa

    try:
        return total(rows)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise ContractError(f"{name_of(path)} is not a table of counts: {first_line(error)}", file=path) from error


def _by_column(rows: Rows) -> Totals:
    """The sums of a table with a column for each codon."""
    totals = np.zeros(len(CODONS), np.int64)
    for batch in rows:
        totals += [_counts(batch, codon).sum() for codon in CODONS]
    return totals


def _by_row(rows: Rows, codon: str = "codon") -> Totals:
    """The sums of a table whose rows name a codon. codon: the column."""
    import pyarrow.compute as pc

    totals, codons = np.zeros(len(CODONS), np.int64), text_column(CODONS)
    for batch in rows:
        index = pc.index_in(batch.column(codon), value_set=codons)
        if index.null_count:
            raise ValueError("a row names no codon")
        np.add.at(totals, numbers(index), _counts(batch, "count"))
    return totals


def _counts(batch: pa.RecordBatch, column: str) -> npt.NDArray[np.int64]:
    """A column, (n,). Raises ValueError unless all values are whole numbers from 0."""
    import pyarrow as pa

    values = batch.column(column)
    if not values.null_count and pa.types.is_integer(values.type):
        counts = numbers(values).astype(np.int64)
        if not (counts < 0).any():
            return counts
    raise ValueError(f"column {column} has a value that is not a count")


def _parquet(path: Path, columns: list[str]) -> Rows:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, buffer_size=_BUFFER) as file:
        yield from file.iter_batches(_ROWS_AT_ONCE, columns=columns)


def _csv(path: Path, codon: str = "codon") -> Rows:
    import pyarrow as pa
    import pyarrow.csv

    kinds = {codon: pa.string(), "count": pa.int64()}
    wanted = pyarrow.csv.ConvertOptions(include_columns=list(kinds), column_types=kinds)
    quoted = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(path, parse_options=quoted, convert_options=wanted) as rows:
        yield from rows
