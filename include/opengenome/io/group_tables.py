"""The codon usage of each group as CSV and Parquet: 64 rows for each pair of a group and a genetic code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.counting import Ints
from opengenome.core.genetic_code import genetic_code
from opengenome.core.grouping import GroupCounts, Pair
from opengenome.core.measures.synonymous import fraction, per_thousand, rscu
from opengenome.io import schemas
from opengenome.io.columns import column, text_column
from opengenome.io.csv_text import write_csv
from opengenome.io.dataset import figures
from opengenome.io.store import write_atomically

if TYPE_CHECKING:
    import pyarrow as pa

_PAIRS_AT_ONCE = 256


def group_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([("group", pa.string()), ("genetic_code", pa.int16()), *schemas.codon_table_schema()])


def group_rows(groups: GroupCounts) -> Iterator[pa.RecordBatch]:
    """The rows, by group, code and codon. Memory: 256 pairs besides the counts."""
    pairs = groups.pairs
    for begin in range(0, len(pairs), _PAIRS_AT_ONCE):
        some = pairs[begin : begin + _PAIRS_AT_ONCE]
        yield _rows(some, groups.tables(some))


def write_group_csv(path: Path, groups: GroupCounts) -> None:
    """Floats are the shortest text that reads back to the same bits; null is empty. As `csv_text` for the names."""
    write_atomically(path, lambda file: write_csv(file, group_schema(), group_rows(groups)))


def write_group_parquet(path: Path, groups: GroupCounts) -> None:
    def write(file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        texts = ["group", "genetic_code", "codon", "amino_acid"]
        with pq.ParquetWriter(file, group_schema(), compression="zstd", use_dictionary=texts) as writer:
            for rows in group_rows(groups):
                writer.write_batch(rows)

    write_atomically(path, write)


def _rows(pairs: Sequence[Pair], counts: Ints) -> pa.RecordBatch:
    import pyarrow as pa

    codes = np.array([code for _, code in pairs], dtype=np.int16)
    shares, relative = np.empty(counts.shape), np.empty(counts.shape)
    letters = np.empty(counts.shape, dtype=np.uint8)
    for number in np.unique(codes).tolist():
        code, under = genetic_code(number), codes == number
        shares[under], relative[under] = fraction(counts[under], code), rscu(counts[under], code)
        letters[under] = np.frombuffer(code.amino_acids.encode(), dtype=np.uint8)
    each = np.repeat(np.arange(len(pairs), dtype=np.int32), len(CODONS))
    names = pa.DictionaryArray.from_arrays(column(each), text_column(name for name, _ in pairs))
    columns = [
        names.dictionary_decode(),
        column(np.repeat(codes, len(CODONS))),
        _fixed(np.tile(_codon_letters(), len(pairs)), 3),
        _fixed(letters.ravel(), 1),
        column(counts.ravel()),
        *(figures(values.ravel()) for values in (shares, per_thousand(counts), relative)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=group_schema())


@cache
def _codon_letters() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer("".join(CODONS).encode(), dtype=np.uint8)


def _fixed(letters: np.ndarray[tuple[int], np.dtype[np.uint8]], width: int) -> pa.Array:
    """A text column of values of one width."""
    import pyarrow as pa

    ends = np.arange(0, len(letters) + 1, width, dtype=np.int32)
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(letters)))
