"""The parts of a batch, which are the files of its per-sequence table: write them while counting; sum them again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from opengenome.core.accounts import TableSums
from opengenome.core.alphabet import CODONS
from opengenome.core.codon_pairs import PairCounter, unlike_codons
from opengenome.core.counting import AMBIGUOUS_COLUMN, CountedSequences, Ints, SequenceCounter
from opengenome.core.model import BatchManifest, Chunk, CountingParameters, Ledger, Part, Tally
from opengenome.errors import ContractError, number_of
from opengenome.io import table_schemas
from opengenome.io.clock import Clock
from opengenome.io.columns import column, numbers, text_column
from opengenome.io.formats import FORMATS
from opengenome.io.pair_parts import PairStream, by_codon
from opengenome.io.refusals import first_line
from opengenome.io.store import sha256_of, write_atomically

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBERS = ["length", "ambiguous_codons", "trailing_bases", *CODONS]
_ROWS_AT_ONCE = 16384
_NAME_BYTES_AT_ONCE = 4 << 20  # of identifiers, which are held as text, as bytes and as a column


def count_chunk(chunk: Chunk, parameters: CountingParameters, clock: Clock) -> Iterator[CountedSequences]:
    """Count the sequences of a chunk. Adds the seconds to the clock's "read" and "count".

    Raises InputError if the chunk differs from what ingest saw.
    """
    frame = parameters.frame
    counter = SequenceCounter(frame, PairCounter(frame) if parameters.codon_pairs else None)
    return clock.around("count", FORMATS[chunk.format].count(chunk, counter, clock))


@dataclass
class RunningTally:
    """Adds up the tally of a chunk, sequence by sequence."""

    totals: Ints = field(default_factory=lambda: np.zeros(AMBIGUOUS_COLUMN, dtype=np.int64))
    ledger: Ledger = field(default_factory=Ledger)

    def add(self, sequences: CountedSequences) -> None:
        self.totals += sequences.counts[:, :AMBIGUOUS_COLUMN].sum(axis=0)
        self.ledger += sequences.ledger()

    def tally(self) -> Tally:
        return Tally(tuple(self.totals.tolist()), self.ledger)


def write_part(batch: Path, name: str, counted: Iterable[CountedSequences]) -> Part:
    """Write a part of the per-sequence table atomically. name: relative to the batch's folder."""
    rows = 0

    def write(file: BinaryIO) -> None:
        nonlocal rows
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = table_schemas.per_sequence_schema()
        # Counts are small and similar, so delta encoding is several times as fast as dictionaries.
        encoding = dict.fromkeys(("length", "ambiguous_codons", *CODONS), "DELTA_BINARY_PACKED")
        options = {"compression": "zstd", "use_dictionary": False, "column_encoding": encoding}
        with pq.ParquetWriter(file, schema, **options) as writer:
            for group in _grouped(counted):
                table = pa.Table.from_batches([_rows(group, schema)])
                group.clear()  # frees the counts, which were copied, before writing
                writer.write_table(table)
                rows += table.num_rows
                del table

    path = batch / name
    write_atomically(path, write)
    return Part(name, rows, path.stat().st_size, sha256_of(path))


def _grouped(counted: Iterable[CountedSequences]) -> Iterator[list[CountedSequences]]:
    """Collect sequences into row groups, limited by rows and by bytes of identifiers."""
    group: list[CountedSequences] = []
    rows = name_bytes = 0
    for sequences in counted:
        group.append(sequences)
        rows += len(sequences.ids)
        name_bytes += sum(map(len, sequences.ids))
        if rows >= _ROWS_AT_ONCE or name_bytes >= _NAME_BYTES_AT_ONCE:
            yield group
            group, rows, name_bytes = [], 0, 0
    if group:
        yield group


def _rows(group: list[CountedSequences], schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    ids = [name for sequences in group for name in sequences.ids]
    columns = np.empty((AMBIGUOUS_COLUMN + 1, len(ids)), dtype=np.int64)
    np.concatenate([sequences.counts.T for sequences in group], axis=1, out=columns)
    arrays = [
        text_column(ids),
        column(np.concatenate([sequences.lengths for sequences in group])),
        column(columns[AMBIGUOUS_COLUMN]),
        column(np.concatenate([sequences.trailing for sequences in group]).astype(np.int8)),
        *(column(counts) for counts in columns[:AMBIGUOUS_COLUMN]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def sum_parts(manifest: BatchManifest, batch: Path) -> TableSums:
    """Sum the per-sequence table, and compare each row with its codon pairs, if there are any.

    Streams; one row group in memory, without identifiers. Raises ContractError if a part is not a per-sequence table,
    or not one of codon pairs, or its number of rows differs from the manifest.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sums, wrong_row, unlike_pairs = _SumsByChunk(manifest.chunks), None, None
    pairs = PairStream(manifest, batch) if manifest.pairs else None
    for part in manifest.parts:
        path = batch / part.name
        try:
            with pq.ParquetFile(path) as file:
                table_schemas.check_schema(file.schema_arrow, table_schemas.per_sequence_schema(), path)
                row = 0
                for group in file.iter_batches(_ROWS_AT_ONCE, columns=_NUMBERS):
                    counted = _counted(group)
                    wrong = counted.skipped != np.minimum(manifest.parameters.frame, counted.lengths)
                    wrong |= (counted.counts < 0).any(axis=1)
                    if wrong_row is None and wrong.any():
                        wrong_row = f"{part.name}, row {row + int(wrong.argmax()) + 1}"
                    if pairs and unlike_pairs is None:
                        unlike = unlike_codons(counted.counts, *by_codon(pairs.take(group.num_rows), group.num_rows))
                        if unlike.any():
                            unlike_pairs = f"{part.name}, row {row + int(unlike.argmax()) + 1}"
                    sums.add(counted)
                    row += group.num_rows
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ContractError(f"A part cannot be read: {first_line(error)}", file=path) from error
        if row != part.rows:
            raise ContractError(f"A part has {number_of(row, 'row')}; its manifest says {part.rows:,}", file=path)
    return TableSums(sums.tallies(), wrong_row, unlike_pairs)


class _SumsByChunk:
    """Adds each row of a batch, in order, to the tally of its chunk. Surplus rows go to the last chunk."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._running = [RunningTally() for _ in chunks]
        self._ends = list(accumulate(chunk.sequences for chunk in chunks))
        self._row = 0

    def add(self, counted: CountedSequences) -> None:
        start, rows = 0, len(counted.counts)
        while start < rows:
            chunk = min(bisect_right(self._ends, self._row), len(self._ends) - 1)
            stop = min(rows, start + self._ends[chunk] - self._row) if self._row < self._ends[chunk] else rows
            here = slice(start, stop)
            self._running[chunk].add(
                CountedSequences([], counted.counts[here], counted.skipped[here], counted.trailing[here])
            )
            self._row += stop - start
            start = stop

    def tallies(self) -> tuple[Tally, ...]:
        return tuple(running.tally() for running in self._running)


def _counted(group: pa.RecordBatch) -> CountedSequences:
    """Rows as counted sequences. The bases before the frame have no column; they are the rest of the length."""
    counts = np.stack([_whole(group, name) for name in (*CODONS, "ambiguous_codons")], axis=1)
    trailing = _whole(group, "trailing_bases")
    skipped = _whole(group, "length") - 3 * counts.sum(axis=1) - trailing
    return CountedSequences([], counts, skipped, trailing)


def _whole(group: pa.RecordBatch, name: str) -> Ints:
    """A column of whole numbers, (n,) int64. Raises ContractError for a null."""
    values = group.column(name)
    if values.null_count:
        raise ContractError(f"Column {name} holds a null")
    return numbers(values).astype(np.int64)
