"""Ingest: read an input file once, check every byte, and leave the table of its records (and shards, where needed)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from opengenome.core.counting import identifier
from opengenome.core.measuring import WrongByteError
from opengenome.core.model import SourceFile
from opengenome.core.planning import RecordRun
from opengenome.errors import ContractError, InputError, StorageError
from opengenome.io import schemas, sources
from opengenome.io.ahead import ReadAhead
from opengenome.io.columns import column, fixed_bytes, fixed_column, numbers
from opengenome.io.fasta import HeaderTooLongError, RecordTable, index_fasta
from opengenome.io.parquet import describe_wrong_byte, index_parquet, readable_in_place
from opengenome.io.schemas import IndexedPart, IngestManifest
from opengenome.io.shards import ShardWriter, shard_fasta, shard_parquet
from opengenome.io.sources import open_input, reading
from opengenome.io.store import Store, commit_folder, sha256_of, storing, temporary_folder

RECORDS = "records.parquet"
_MANIFEST = "manifest.json"
_BLOCK_BYTES = 1 << 20
_INFLATED_BYTES = 4 << 20  # two such blocks wait: about as much as is inflated while a row group is written
_NAME_BYTES = 200  # of a header, for a message
_RUN_RECORDS = 1 << 16
# DNA in ASCII packs to about a quarter; an inflated file is not expected to be smaller than three times its gzip.
_LEAST_INFLATION = 3

Progress = Callable[[str], None]

# What shows that the files of an entry are what was read.
READ, BY_STAT, BY_CONTENT = "read", "stat", "content"


def entry_key(files: Sequence[SourceFile]) -> str:
    """The name of an entry's folder in the store: of its files' paths and stats, and of the code that reads them."""
    content = [ENGINE_VERSION, package.counting_digest(), *(asdict(file) for file in files)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def ingest(
    files: Sequence[SourceFile], store: Store, progress: Progress, trust: Trust = Trust.AUTO
) -> tuple[IngestManifest, str]:
    """Index files together, or find them indexed. Returns the manifest, and READ, BY_STAT or BY_CONTENT.

    Several files are copied into shards that they share. Raises InputError (with file, record and line) for bad input,
    StorageError for a full or forbidden disk. Nothing of a failed ingest stays.
    """
    final = store.ingest(entry_key(files))
    known = committed(final)
    if known and (proof := _proof(files, known, final, trust)):
        return known, proof
    if known:
        progress("its content is another one, although its stat has not changed: read again")
    with temporary_folder(final) as folder, storing(folder):
        check_unchanged(files, "after it was discovered")
        manifest = _index(files, folder, final, progress)
        check_unchanged(files, "while it was read")
        schemas.write(folder / _MANIFEST, manifest)
        if known or committed(final) is None:
            remove_folder(final)  # damaged, or of another content: commit_folder would keep it as it is
        commit_folder(folder, final)
    return manifest, READ


def committed(folder: Path) -> IngestManifest | None:
    """The manifest of an entry that is there, with the record table that was written and all of its shards.

    The letters in a shard are checked when they are counted, by the digests of their records.
    """
    try:
        manifest = schemas.read_ingest_manifest(folder / _MANIFEST)
        whole = manifest.key == folder.name and sha256_of(folder / RECORDS) == manifest.records_sha256
        shards = [part for part in manifest.parts if part.sha256]
        whole = whole and all(path_of(part.path).stat().st_size == part.bytes for part in shards)
    except (ContractError, OSError):
        return None
    return manifest if whole else None


def damaged_shards(folder: Path, paths: Container[Path]) -> list[Path]:
    """Those of `paths` that are shards of an entry and not as they were written; each is read to its end.

    The folder itself, where its manifest cannot be read.
    """
    try:
        manifest = schemas.read_ingest_manifest(folder / _MANIFEST)
    except ContractError:
        return [folder]
    shards = {path_of(part.path): part.sha256 for part in manifest.parts if part.sha256}
    return [path for path, sha256 in shards.items() if path in paths and not _is_whole(path, sha256)]


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        return sha256_of(path) == sha256
    except OSError:
        return False


def check_unchanged(files: Iterable[SourceFile], when: str) -> None:
    """Raises InputError for a file whose stat is another one now, or that is gone."""
    for file in files:
        if not sources.unchanged(file):
            raise InputError(f"The file changed {when}", file=file.path, advice="Start a new run.")


def _proof(files: Sequence[SourceFile], known: IngestManifest, folder: Path, trust: Trust) -> str:
    """BY_STAT or BY_CONTENT; "" where the content is another one."""
    systems = FileSystems()
    if trust == Trust.STAT or (
        trust == Trust.AUTO and all(systems.stat_is_proof(path_of(file.path)) for file in files)
    ):
        return BY_STAT
    if known.content:
        return BY_CONTENT if _content(files) == known.content else ""
    with temporary_folder(folder) as scratch:
        again = _index(files, scratch, scratch, lambda _: None)
    return BY_CONTENT if again.records_sha256 == known.records_sha256 else ""


def _content(files: Iterable[SourceFile]) -> str:
    digest = blake3()
    for file in files:
        with open_input(file.path) as opened, reading(file.path):
            while block := opened.read(_INFLATED_BYTES):
                digest.update(block)
    return digest.hexdigest()


def _index(file: SourceFile, folder: Path, final: Path, progress: Progress) -> tuple[list[IndexedPart], int, int]:
    """Write records.parquet (and shards) into `folder`. Returns the parts, the sequences and the bases."""
    if file.format == "fasta" and not file.compression:
        return _index_text(file, folder, progress)
    if file.format == "parquet" and readable_in_place(file.path):
        sequences, bases = _write_records(index_parquet(file.path), folder, progress)
        return [IndexedPart(file.path, "parquet", sequences, sequences)], sequences, bases
    needed = file.size * (_LEAST_INFLATION if file.compression else 1)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"Shards of {Path(file.path).name} need about {needed / 1e9:,.1f} GB below {folder.parent},"
            f" where {free / 1e9:,.1f} GB are free",
            advice="Free some space, or point OPENGENOME_STORE at a larger disk.",
        )
    writer = ShardWriter(folder, final)
    if file.format == "parquet":
        sequences, bases = _write_records(shard_parquet(file.path, writer), folder, progress)
    else:
        sequences, bases = _shard_gzip(file, writer, folder, progress)
    return writer.parts, sequences, bases


def _index_text(file: SourceFile, folder: Path, progress: Progress) -> tuple[list[IndexedPart], int, int]:
    with open_input(file.path) as text:
        try:
            sequences, bases = _write_records(index_fasta(text), folder, progress)
        except WrongByteError as error:
            text.seek(0)
            with reading(file.path):
                raise _locate(text, error, file.path) from error
    return [IndexedPart(file.path, "fasta", sequences, file.size)], sequences, bases


def _shard_gzip(file: SourceFile, writer: ShardWriter, folder: Path, progress: Progress) -> tuple[int, int]:
    """A cut exactly between two members is the one damage that cannot be told: what is left is a sound gzip file."""
    from isal import igzip, igzip_lib

    def inflate(compressed: BinaryIO) -> BinaryIO:
        return cast("BinaryIO", igzip.IGzipFile(fileobj=compressed, mode="rb"))

    with open_input(file.path) as compressed:
        try:
            try:
                with ReadAhead(inflate(compressed), _INFLATED_BYTES) as text:
                    return _write_records(shard_fasta(cast("BinaryIO", text), writer), folder, progress)
            except WrongByteError as error:
                compressed.seek(0)
                with reading(file.path):
                    raise _locate(inflate(compressed), error, file.path) from error
        except (EOFError, igzip.BadGzipFile, igzip_lib.IsalError) as error:  # type: ignore[misc]  # isal's stub
            kind = "is truncated" if isinstance(error, EOFError) else f"is corrupt: {error}"
            raise InputError(
                f"The gzip file {kind}, at about byte {compressed.tell():,} of {file.size:,}",
                file=file.path,
                advice="Fetch it again, and compare its size and checksum with the origin.",
            ) from error


def _write_records(tables: Iterator[RecordTable], folder: Path, progress: Progress) -> tuple[int, int]:
    """Stream record tables into records.parquet. Returns how many sequences and bases they name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = schemas.records_schema()
    sequences = bases = told = 0
    held: list[Any] = []
    with pq.ParquetWriter(folder / RECORDS, schema, compression="NONE", use_dictionary=False) as writer:
        for table in tables:
            digests = fixed_column(table.digest)
            columns = [column(table.start), column(table.bases), digests, column(table.id_hash)]
            held.append(pa.RecordBatch.from_arrays(columns, schema=schema))
            sequences += len(table.start)
            bases += int(table.bases.sum())
            if sum(batch.num_rows for batch in held) >= _RUN_RECORDS:
                writer.write_table(pa.Table.from_batches(held, schema))
                held = []
            if bases - told >= 500_000_000:
                told = bases
                progress(f"{sequences:,} sequences, {bases / 1e6:,.0f} Mnt so far")
        writer.write_table(pa.Table.from_batches(held, schema))
    return sequences, bases


def read_runs(manifest: IngestManifest, folder: Path) -> Iterator[RecordRun]:
    """The records of an ingested file, in input order, as the planner wants them. Memory: one run."""
    parts = iter(manifest.parts)
    part = next(parts)
    left = part.records
    held: list[np.ndarray[Any, Any]] | None = None
    for found in read_record_columns(folder, ["start", "bases", "digest"]):
        columns = found if held is None else [np.concatenate(pair) for pair in zip(held, found, strict=True)]
        at, rows = 0, len(columns[0])
        while left <= rows - at:
            starts, bases, digests = (column[at : at + left] for column in columns)
            yield RecordRun(part.path, part.format, starts, part.stop, bases, digests)
            at += left
            part = next(parts, part)
            left = part.records
            if at == rows:
                break
        # The last record is held back: where it stops is where the next one starts.
        to = max(at, rows - 1)
        if to > at:
            starts, bases, digests = (column[at:to] for column in columns)
            yield RecordRun(part.path, part.format, starts, int(columns[0][to]), bases, digests)
            left -= to - at
        held = [column[to:] for column in columns]


def read_record_columns(folder: Path, columns: list[str]) -> Iterator[list[np.ndarray[Any, Any]]]:
    """Columns of records.parquet, a run at a time: (n,), of digests (n, 32)."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / RECORDS) as file:
        schemas.check_schema(file.schema_arrow, schemas.records_schema(), folder / RECORDS)
        for batch in file.iter_batches(_RUN_RECORDS, columns=columns, use_threads=False):
            found = zip(columns, batch.columns, strict=True)
            yield [fixed_bytes(array) if name == "digest" else numbers(array) for name, array in found]


def _locate(text: BinaryIO, error: WrongByteError, path: str) -> InputError:
    """Read the text again up to the wrong byte, to say in which record and line it stands."""
    lines = records = 0
    last_header = b""
    left, tail = error.at, b"\n"
    while left > 0 and (block := text.read(min(left, _BLOCK_BYTES))):
        left -= len(block)
        joined = tail + block
        lines += _line_ends(joined) - _line_ends(tail)
        found = joined.count(b"\n>") + joined.count(b"\r>")
        records += found
        if found:
            begin = max(joined.rfind(b"\n>"), joined.rfind(b"\r>")) + 2
            last_header = joined[begin:][:_NAME_BYTES]
        elif len(last_header) < _NAME_BYTES:
            last_header += block[: _NAME_BYTES - len(last_header)]  # it may have been cut by the border of a block
        tail = joined[-1:]
    wrong = text.read(1)
    where: dict[str, Any] = {"file": path, "line": lines + 1}
    if error.before_first_header:
        return InputError("There is text before the first header", advice="A FASTA record begins with '>'.", **where)
    name = identifier(re.split(rb"[\r\n]", last_header, maxsplit=1)[0])
    where["record"] = f"{records} ({name})" if name else records
    return describe_wrong_byte(wrong[0] if wrong else 0, **where)


def _line_ends(text: bytes) -> int:
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
