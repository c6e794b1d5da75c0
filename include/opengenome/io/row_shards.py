"""Row shards: copies in Parquet of sequences that cannot be read by row ranges (small files, huge row groups).

Row groups hold about 8 MB of sequence, uncompressed. So reading costs no decompression, and a chunk decodes few rows
that are not its own. A sequence longer than a quarter of that is cut into pieces, so that no reader holds it whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from opengenome.core.batch import CHUNK_BASES
from opengenome.core.counting import Bytes, Ints
from opengenome.core.measuring import hash_strings
from opengenome.core.planning import Digests
from opengenome.io import table_schemas
from opengenome.io.columns import column, text_column
from opengenome.io.digests import RecordDigests
from opengenome.io.paths import text_of
from opengenome.io.records import RecordTable
from opengenome.io.schemas import RecordFile
from opengenome.io.table_schemas import shard_name

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_GROUP_BYTES = CHUNK_BASES // 4
_PIECE_BYTES = _GROUP_BYTES // 4
_GROUP_ROWS = 1 << 16
_GROUP_NAME_BYTES = _GROUP_BYTES // 2  # of identifiers, which are held as text, as bytes and as a column
_SHARD_BYTES = 1 << 30
_BLOCK_BYTES = 1 << 20


class RowShards:
    """Collects sequences in a buffer and writes it as a row group when it is full.

    Call `finish` at the end; then `shards` lists all files. begun: sequences so far.
    """

    def __init__(self, folder: Path, final: Path, shards: list[RecordFile]) -> None:
        self._buffer = np.empty(_GROUP_BYTES + 2 * _BLOCK_BYTES, dtype=np.uint8)
        self._filled = 0
        self.begun = 0  # sequences
        self._shards = shards
        self._folder, self._final = folder, final
        self._file: pq.ParquetWriter | None = None
        self._rows: list[tuple[str, int, int]] = []  # id, begin in the buffer, hash of the id
        self._name_bytes = 0  # of the ids in rows
        self._piece = 0  # of the first row
        self._digests = RecordDigests()
        self._open_start = self._open_bases = 0  # of the first row's sequence, if earlier pieces of it were written
        self._shard_bytes = self._shard_rows = self._shard_records = 0

    def add(self, seq_id: str, letters: Bytes, id_hash: int | None = None) -> Iterator[RecordTable]:
        """Add a sequence. Yields the records that are now complete on disk.

        letters: (n,) uint8, nucleotides without white space. id_hash: `hash_strings` of the id in UTF-8, if known.
        """
        if id_hash is None or not seq_id.isascii():
            # Shards hold UTF-8, whatever the input's encoding, so the hash is taken of that.
            stored = np.frombuffer(seq_id.encode(), dtype=np.uint8)
            id_hash = int(hash_strings(stored, np.array([0, len(stored)]))[0])
        self.begun += 1
        self._rows.append((seq_id, self._filled, id_hash))
        self._name_bytes += len(seq_id)
        for begin in range(0, len(letters), _BLOCK_BYTES):
            piece = letters[begin : begin + _BLOCK_BYTES]
            self._buffer[self._filled : self._filled + len(piece)] = piece
            self._filled += len(piece)
            if self._is_full():
                yield from self._flush(last=False)
        if self._is_full():
            yield from self._flush(last=False)

    def _is_full(self) -> bool:
        rows = len(self._rows)
        many = rows >= _GROUP_ROWS or (rows > 1 and self._name_bytes >= _GROUP_NAME_BYTES)
        return self._filled >= _GROUP_BYTES or many

    def finish(self) -> Iterator[RecordTable]:
        yield from self._flush(last=True)
        self._close_shard()

    def _flush(self, *, last: bool) -> Iterator[RecordTable]:
        if not self._rows:
            return
        bounds = [row[1] for row in self._rows] + [self._filled]
        open_bytes = bounds[-1] - bounds[-2]
        # A full shard must end with a complete record, so even a long open one moves to the next shard.
        full = len(self._rows) > 1 and self._shard_bytes + bounds[-2] >= _SHARD_BYTES
        write_open = last or (open_bytes >= _PIECE_BYTES and not full)
        written = len(self._rows) if write_open else len(self._rows) - 1
        closed = len(self._rows) if last else len(self._rows) - 1
        if written:
            start = self._write(self._rows[:written], np.array(bounds[: written + 1], dtype=np.int32))
            digests = self._digest(bounds, written, closed)
            if closed:
                yield self._records(bounds, closed, start, digests)
        seq_id, begin, id_hash = self._rows[-1]
        if last:
            self._rows, self._filled = [], 0
        elif write_open:
            if closed or not self._piece:
                self._open_start, self._open_bases, self._piece = self._shard_rows - 1, 0, 0
            self._open_bases += open_bytes
            self._piece += 1
            self._rows, self._filled = [(seq_id, 0, id_hash)], 0
        else:
            self._buffer[:open_bytes] = self._buffer[begin : self._filled].copy()
            self._rows, self._filled = [(seq_id, 0, id_hash)], open_bytes
            if closed:
                self._piece = 0
        self._name_bytes = sum(len(row[0]) for row in self._rows)
        if not self._piece and self._shard_bytes >= _SHARD_BYTES:
            self._close_shard()

    def _digest(self, bounds: list[int], written: int, closed: int) -> Digests:
        """The digests of the first `closed` rows, (closed, 32). A written row that is not closed stays open."""
        first = 1 if self._piece else 0  # the first row continues a record whose earlier pieces were written
        names = [row[0] for row in self._rows[first:written]]
        data = self._buffer.data[bounds[0] : bounds[written]]
        ended = self._digests.feed(data, [begin - bounds[0] for begin in bounds[first:written]], names)
        return np.concatenate([ended, self._digests.finish()]) if closed == written else ended

    def _records(self, bounds: list[int], closed: int, start: int, digests: Digests) -> RecordTable:
        """The first `closed` rows as records; the first may have begun in an earlier row group."""
        starts = np.arange(start, start + closed, dtype=np.int64)
        bases: Ints = np.array(bounds[1 : closed + 1], dtype=np.int64) - np.array(bounds[:closed], dtype=np.int64)
        if self._piece:
            starts[0], bases[0] = self._open_start, self._open_bases + bases[0]
        self._shard_records += closed
        hashes = np.array([row[2] for row in self._rows[:closed]], dtype=np.uint64)
        return RecordTable(starts, bases, digests, hashes)

    def _write(self, rows: list[tuple[str, int, int]], bounds: np.ndarray[tuple[int], np.dtype[np.int32]]) -> int:
        """Write a row group. Returns the number of its first row in the shard."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = table_schemas.shard_schema()
        if self._file is None:
            self._name = shard_name(len(self._shards), "parquet")
            self._file = pq.ParquetWriter(
                self._folder / self._name, schema, compression="NONE", use_dictionary=False, write_statistics=False
            )
        n = len(rows)
        pieces = np.zeros(n, dtype=np.int32)
        pieces[0] = self._piece
        columns = [
            text_column(row[0] for row in rows),
            column(np.diff(bounds).astype(np.int64)),
            pa.StringArray.from_buffers(n, pa.py_buffer(bounds), pa.py_buffer(self._buffer)),
            column(pieces),
        ]
        self._file.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=n)
        first = self._shard_rows
        self._shard_rows += n
        self._shard_bytes += int(bounds[-1] - bounds[0])
        return first

    def _close_shard(self) -> None:
        if self._file is not None:
            self._file.close()
            path, size = text_of(self._final / self._name), (self._folder / self._name).stat().st_size
            self._shards.append(RecordFile(path, "parquet", self._shard_records, self._shard_rows, size))
            self._file, self._shard_bytes, self._shard_rows, self._shard_records = None, 0, 0, 0
