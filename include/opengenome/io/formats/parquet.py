"""Parquet with the columns seq_id and sequence. Files with small row groups are read in place, by row range."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import CODONS, WHITESPACE
from opengenome.core.counting import CountedSequences, Ints, SequenceCounter
from opengenome.core.measuring import WrongByteError, measure_strings
from opengenome.core.model import Chunk, SourceFile
from opengenome.core.planning import Digests
from opengenome.errors import InputError
from opengenome.io import table_schemas
from opengenome.io.clock import Clock
from opengenome.io.content import Content
from opengenome.io.diagnosis import wrong_letter
from opengenome.io.digests import ChunkDigest, RecordDigests
from opengenome.io.formats.interface import Beginning, Recognised
from opengenome.io.parquet import layout
from opengenome.io.parquet.rows import StringBlock, read_input, read_strings, readable_in_place
from opengenome.io.paths import path_of
from opengenome.io.records import RecordTable
from opengenome.io.row_shards import RowShards
from opengenome.io.text_shards import TextShards

NAME = "parquet"
SUFFIXES: tuple[str, ...] = (".parquet", ".pq")
CAN_BE_EMPTY = False
IN_TABLES = True
SHARDS: type[TextShards] | type[RowShards] = RowShards


def recognise(beginning: Beginning) -> Recognised | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if beginning.compression or not beginning.first.startswith(layout.MAGIC):
        return None
    try:
        metadata = pq.read_metadata(beginning.file)
        names = metadata.schema.to_arrow_schema().names
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return Recognised(NAME)  # damaged: reading it gives a precise error
    if _is_of_results(names):
        return Recognised("", "", "a table of results", "Give the sequences that it was made from.", aside=True)
    summary = path_of(beginning.path).name in layout.SUMMARIES
    if summary and (metadata.num_rows == 0 or layout.is_summary(beginning.path)):
        return Recognised("", "", layout.SUMMARY, layout.OF_A_SUMMARY, aside=True)
    return Recognised(NAME)


def _is_of_results(names: list[str]) -> bool:
    """Whether a table with these columns is one of ours: by codon, also in groups; by sequence; or of the store."""
    columns = set(names)
    by_codon = columns.issuperset(table_schemas.CODON_TABLE_COLUMNS)
    by_sequence = columns.issuperset(("seq_id", *CODONS)) and "sequence" not in columns
    schemas = (table_schemas.records_schema, table_schemas.cds_schema, table_schemas.pairs_schema)
    whole = (*schemas, table_schemas.codon_pairs_schema)
    return by_codon or by_sequence or names in [schema().names for schema in whole]


def index(content: Content) -> Iterator[RecordTable] | None:
    path = content.file.path
    return _index(path) if readable_in_place(path) else None


def _index(path: str) -> Iterator[RecordTable]:
    digests = RecordDigests()
    row = 0
    held: tuple[Ints, npt.NDArray[np.uint64]] | None = None  # bases and hash of the record that is still open
    for block in read_input(path):
        bases = _bases(block, path, row)
        ended = digests.feed(*_records_in(block))
        if held is None:
            held = bases[:0], block.id_hashes[:0]
        all_bases, all_hashes = np.concatenate([held[0], bases]), np.concatenate([held[1], block.id_hashes])
        start = row + len(bases) - len(all_bases)
        yield _table(start, all_bases[:-1], all_hashes[:-1], ended)
        held = all_bases[-1:], all_hashes[-1:]
        row += len(bases)
    if held is not None:
        yield _table(row - 1, held[0], held[1], digests.finish())


def _table(start: int, bases: Ints, hashes: npt.NDArray[np.uint64], digests: Digests) -> RecordTable:
    return RecordTable(np.arange(start, start + len(bases), dtype=np.int64), bases, digests, hashes)


def copy(content: Content, shards: RowShards) -> Iterator[RecordTable]:
    with content.in_place() as path:
        row = 0
        for block in read_input(path):
            bases = _bases(block, path, row)
            for k, seq_id in enumerate(block.ids):
                letters = block.data[block.offsets[k] : block.offsets[k + 1]]
                if len(letters) > bases[k]:
                    letters = np.frombuffer(letters.tobytes().translate(None, WHITESPACE), dtype=np.uint8)
                yield from shards.add(seq_id, letters, int(block.id_hashes[k]))
            row += len(block.ids)


def _bases(block: StringBlock, path: str, row: int) -> Ints:
    """The bases of each row of a block, (n,). row: the number of its first row."""
    try:
        return measure_strings(block.data, block.offsets)
    except WrongByteError as error:
        wrong = bytes(block.data[block.offsets[error.at] : block.offsets[error.at + 1]])
        raise wrong_letter(wrong, file=path, record=f"{row + error.at + 1} ({block.ids[error.at]})") from error


def end(path: Path) -> int:
    import pyarrow.parquet as pq

    with path.open("rb") as file:  # Arrow takes no name that is not UTF-8
        return int(pq.ParquetFile(file).metadata.num_rows)


def count(chunk: Chunk, counter: SequenceCounter, clock: Clock) -> Iterator[CountedSequences]:
    digest = ChunkDigest(chunk, "rows")
    for block in clock.around("read", read_strings(chunk.path, chunk.start, chunk.stop)):
        try:
            yield from counter.feed_strings(block.ids, block.data, block.offsets, block.continues)
        except InputError as error:
            raise digest.changed() from error  # ingest found every letter valid
        digest.feed(*_records_in(block))
    yield from counter.finish()
    digest.check()


def _records_in(block: StringBlock) -> tuple[memoryview, list[int], list[str]]:
    """The parts of a block that are digested: its letters, where records begin in them, and the identifiers."""
    begins = np.flatnonzero(block.continues == 0)
    names = [block.ids[row] for row in begins.tolist()] if len(begins) < len(block.ids) else block.ids
    return block.data.data, block.offsets[begins].tolist(), names


def why_empty(file: SourceFile) -> str:  # noqa: ARG001  (the same for each)
    return "Every value of its column sequence is empty."
