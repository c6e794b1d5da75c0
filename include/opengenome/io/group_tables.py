"""The codon usage and the measures of each group, under each of its genetic codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.counting import Ints
from opengenome.core.grouping import GroupCounts, Pair
from opengenome.core.measures.arrays import Floats
from opengenome.core.measures.given import Given
from opengenome.core.measures.synonymous import fraction, per_thousand, rscu
from opengenome.io import table_schemas
from opengenome.io.columns import column, text_column
from opengenome.io.csv_text import write_csv
from opengenome.io.dataset import figures
from opengenome.io.pair_bias import CPB
from opengenome.io.store import write_atomically

if TYPE_CHECKING:
    import pyarrow as pa

_PAIRS_AT_ONCE = 256


def group_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([("group", pa.string()), ("genetic_code", pa.int16()), *table_schemas.codon_table_schema()])


def group_rows(groups: GroupCounts, given: Given) -> Iterator[pa.RecordBatch]:
    """The rows, by group, code and codon. Memory: 256 pairs besides the counts."""
    pairs = groups.pairs
    for begin in range(0, len(pairs), _PAIRS_AT_ONCE):
        some = pairs[begin : begin + _PAIRS_AT_ONCE]
        yield _rows(some, groups.tables(some), given)


def write_group_csv(path: Path, groups: GroupCounts, given: Given) -> None:
    """Floats are the shortest text that reads back to the same bits; null is empty. As `csv_text` for the names."""
    write_atomically(path, lambda file: write_csv(file, group_schema(), group_rows(groups, given)))


def write_group_parquet(path: Path, groups: GroupCounts, given: Given) -> None:
    def write(file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        texts = ["group", "genetic_code", "codon", "amino_acid"]
        with pq.ParquetWriter(file, group_schema(), compression="zstd", use_dictionary=texts) as writer:
            for rows in group_rows(groups, given):
                writer.write_batch(rows)

    write_atomically(path, write)


def write_measures(path: Path, groups: GroupCounts, given: Given) -> None:
    """A row for each pair: its sequences, its codons, and every measure of its counts. As `write_group_csv`."""
    write_atomically(path, lambda file: write_measures_into(file, groups, given))


def write_measures_into(file: BinaryIO, groups: GroupCounts, given: Given) -> None:
    """The text of `write_measures`."""
    pairs = groups.pairs
    pieces = (pairs[begin : begin + _PAIRS_AT_ONCE] for begin in range(0, len(pairs), _PAIRS_AT_ONCE))
    rows = (_measured(some, groups, given) for some in pieces)
    first = next(rows)
    write_csv(file, first.schema, chain([first], rows))


def _measured(pairs: Sequence[Pair], groups: GroupCounts, given: Given) -> pa.RecordBatch:
    import pyarrow as pa

    counts = groups.tables(pairs)
    codes = np.array([code for _, code in pairs], dtype=np.int16)
    measures: dict[str, Floats] = {}
    for number in np.unique(codes).tolist():
        under = codes == number
        for name, values in given.measures(counts[under], number).items():
            measures.setdefault(name, np.empty(len(pairs)))[under] = values
    if given.pairs is not None:
        measures[CPB] = groups.biases(pairs)
    numbers = groups.sequences(pairs), counts.sum(axis=1)
    columns = [text_column(name for name, _ in pairs), *map(column, (codes, *numbers))]
    names = ["group", "genetic_code", "sequences", "codons", *measures]
    return pa.RecordBatch.from_arrays([*columns, *map(figures, measures.values())], names=names)


def _rows(pairs: Sequence[Pair], counts: Ints, given: Given) -> pa.RecordBatch:
    import pyarrow as pa

    codes = np.array([code for _, code in pairs], dtype=np.int16)
    shares, relative = np.empty(counts.shape), np.empty(counts.shape)
    letters = np.empty(counts.shape, dtype=np.uint8)
    for number in np.unique(codes).tolist():
        code, under = given.code(number), codes == number
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
