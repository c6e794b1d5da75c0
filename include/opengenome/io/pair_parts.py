"""The codon pairs of a batch's sequences: a file beside each part of its per-sequence table, with the pairs that occur.

An entry is 4,096 times the row of its sequence in the part, plus the index of the pair. So all entries ascend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.codon_pairs import PAIR_BITS, PAIRS, first_of, second_of
from opengenome.core.counting import CountedSequences, Ints
from opengenome.core.model import BatchManifest, Part
from opengenome.errors import ContractError
from opengenome.io import table_schemas
from opengenome.io.columns import column, numbers
from opengenome.io.refusals import first_line
from opengenome.io.store import sha256_of, write_atomically

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_ENTRIES_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class Entries:
    """Pairs of consecutive sequences, all of three (m,). sequence: ascending. pair: 64 · first + second."""

    sequence: Ints
    pair: Ints
    count: Ints


def write_beside(
    batch: Path, part: str, counted: Iterable[CountedSequences], write: Callable[[Iterable[CountedSequences]], Part]
) -> tuple[Part, Part]:
    """Let `write` write the part of this name, and write the pairs of the same sequences beside it. Returns both.

    Both are written while the sequences pass by, each atomically.
    """
    name = str(Path(part).with_name(Path(part).name.replace("part-", "pairs-")))
    path, written, beside = batch / name, 0, None

    def fill(file: BinaryIO) -> None:
        nonlocal written, beside
        import pyarrow.parquet as pq

        encoding = {"entry": "DELTA_BINARY_PACKED"}
        options = {"compression": "zstd", "use_dictionary": ["count"], "column_encoding": encoding}
        with pq.ParquetWriter(file, table_schemas.pairs_schema(), **options) as writer:
            rows = _Rows(writer)
            beside = write(rows.passing(counted))
            rows.flush()
            written = rows.written

    write_atomically(path, fill)
    assert beside is not None  # `fill` has set it  # noqa: S101
    return beside, Part(name, written, path.stat().st_size, sha256_of(path))


class _Rows:
    """Collects entries into row groups, which end with a sequence."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self._waiting: list[tuple[Ints, Ints]] = []
        self._sequences = self._entries = 0
        self.written = 0

    def passing(self, counted: Iterable[CountedSequences]) -> Iterator[CountedSequences]:
        for sequences in counted:
            if (pairs := sequences.pairs) is not None:
                self._waiting.append((PAIRS * (self._sequences + pairs.sequence()) + pairs.pair, pairs.count))
                self._entries += len(pairs.pair)
                self._sequences += len(pairs.starts) - 1
                if self._entries >= _ENTRIES_AT_ONCE:
                    self.flush()
            yield sequences

    def flush(self) -> None:
        import pyarrow as pa

        if not self._entries:
            return
        entry, count = (np.concatenate([some[k] for some in self._waiting]) for k in range(2))
        columns = [column(entry), column(count.astype(np.int32))]
        table = pa.Table.from_arrays(columns, schema=table_schemas.pairs_schema())
        self._writer.write_table(table, row_group_size=self._entries)
        self.written += self._entries
        self._waiting.clear()
        self._entries = 0


class PairStream:
    """The pairs of a batch, read beside its rows. Memory: a row group, which is some 100,000 entries.

    Raises ContractError for a part that cannot be read, or holds what no batch holds.
    """

    def __init__(self, manifest: BatchManifest, batch: Path) -> None:
        self._groups = _groups(manifest, batch)
        self._rest = _Group(np.zeros(0, np.int64), np.zeros(0, np.int64))
        self._row = 0

    def take(self, rows: int) -> Iterator[Entries]:
        """Those of the next `rows` sequences, in pieces; these are numbered from 0."""
        begin, self._row = self._row, self._row + rows
        while True:
            some, self._rest = self._rest.split(PAIRS * self._row)
            if len(some.entry):
                yield Entries((some.entry >> PAIR_BITS) - begin, some.entry & (PAIRS - 1), some.count)
            if len(self._rest.entry) or (following := next(self._groups, None)) is None:
                return
            self._rest = following


@dataclass(frozen=True, slots=True)
class _Group:
    """Entries of a batch, whose rows are numbered through all parts."""

    entry: Ints
    count: Ints

    def split(self, at: int) -> tuple[_Group, _Group]:
        cut = int(np.searchsorted(self.entry, at))
        return _Group(self.entry[:cut], self.count[:cut]), _Group(self.entry[cut:], self.count[cut:])


def _groups(manifest: BatchManifest, batch: Path) -> Iterator[_Group]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if len(manifest.pairs) != len(manifest.parts):
        raise ContractError("The manifest of a batch does not name the codon pairs of each part", file=batch)
    first = 0  # row of the batch
    for part, beside in zip(manifest.pairs, manifest.parts, strict=True):
        path, last, entries = batch / part.name, -1, 0
        try:
            with pq.ParquetFile(path) as file:
                table_schemas.check_schema(file.schema_arrow, table_schemas.pairs_schema(), path)
                for number in range(file.num_row_groups):
                    for group in file.read_row_group(number, use_threads=False).combine_chunks().to_batches():
                        found = _Group(*(_whole(values) for values in group.columns))
                        _check(found, last, beside.rows)
                        last, entries = int(found.entry[-1]), entries + len(found.entry)
                        yield _Group(found.entry + PAIRS * first, found.count)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ContractError(f"Codon pairs cannot be read: {first_line(error)}", file=path) from error
        if entries != part.rows:
            raise ContractError(f"There are {entries:,} codon pairs; the manifest says {part.rows:,}", file=path)
        first += beside.rows


def _whole(values: Any) -> Ints:
    if values.null_count:
        raise ValueError("there is a null")
    return numbers(values).astype(np.int64)


def _check(group: _Group, last: int, rows: int) -> None:
    """last: the entry before. rows: of the part. Raises ValueError."""
    if group.entry[0] <= last or group.entry[-1] >= PAIRS * rows or (group.entry[1:] <= group.entry[:-1]).any():
        raise ValueError("its entries do not ascend within its sequences")
    if (group.count < 1).any():
        raise ValueError("a pair that occurs is counted less than once")


def total(manifest: BatchManifest, batch: Path) -> Ints:
    """The pairs of all sequences of a batch together, (4096,). Raises as `PairStream`."""
    found = np.zeros(PAIRS, dtype=np.int64)
    for some in _groups(manifest, batch):
        found += np.bincount(some.entry & (PAIRS - 1), weights=some.count, minlength=PAIRS).astype(np.int64)
    return found


def by_codon(pieces: Iterable[Entries], rows: int) -> tuple[Ints, Ints]:
    """How many pairs of each sequence begin with each codon, and end with it; (rows, 64) each."""
    firsts, seconds = (np.zeros((rows, len(CODONS)), dtype=np.int64) for _ in range(2))
    for some in pieces:
        low, high = int(some.sequence[0]), int(some.sequence[-1]) + 1
        places, size = (some.sequence - low) * len(CODONS), (high - low) * len(CODONS)
        for sums, codon in ((firsts, first_of(some.pair)), (seconds, second_of(some.pair))):
            found = np.bincount(places + codon, weights=some.count, minlength=size)
            sums[low:high] += found.astype(np.int64).reshape(-1, len(CODONS))
    return firsts, seconds
