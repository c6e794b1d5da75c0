"""Ingest: read input files once, check every byte, and leave the table of their records (and shards, where needed)."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from blake3 import blake3

from opengenome.core.bundling import is_small
from opengenome.core.measuring import WrongByteError
from opengenome.core.model import SourceFile
from opengenome.errors import InputError, StorageError
from opengenome.io import schemas, sources
from opengenome.io.ahead import ReadAhead
from opengenome.io.compression import Decompressed
from opengenome.io.diagnosis import locate
from opengenome.io.entries import MANIFEST, bases_between, committed, entry_key
from opengenome.io.fasta import HeaderTooLongError, RecordTable, index_fasta
from opengenome.io.identity import FileSystems, Trust
from opengenome.io.parquet import index_parquet, readable_in_place
from opengenome.io.paths import path_of, shown
from opengenome.io.recognise import BYTE_ORDER_MARK
from opengenome.io.records import RECORDS, Progress, write_records
from opengenome.io.schemas import IndexedPart, IngestManifest
from opengenome.io.shards import RowShards, shard_parquet
from opengenome.io.sources import open_input, reading
from opengenome.io.store import Store, commit_folder, remove_folder, sha256_of, storing, temporary_folder
from opengenome.io.text_shards import TextShards

if TYPE_CHECKING:
    from blake3 import blake3 as Hasher  # noqa: N812  (a class, despite its name)

_INFLATED_BYTES = 4 << 20  # two such blocks wait: about as much as is inflated while a row group is written
# DNA in ASCII packs to about a quarter; an unpacked file is not expected to be smaller than three times its gzip.
_LEAST_INFLATION = 3

# What shows that the files of an entry are what was read.
READ, BY_STAT, BY_CONTENT = "read", "stat", "content"


def ingest(
    files: Sequence[SourceFile], store: Store, progress: Progress, trust: Trust = Trust.AUTO
) -> tuple[IngestManifest, str]:
    """Index files together, or find them indexed. Returns the manifest, and READ, BY_STAT or BY_CONTENT.

    Small files are copied into shards that they share. Raises InputError (with file, record and line) for bad input,
    StorageError for a full or forbidden disk. Nothing of a failed ingest stays.
    """
    final = store.ingest(entry_key(files))
    known = committed(final, files)
    if known and (proof := _proof(files, known, final, trust)):
        return known, proof
    if known:
        progress("its content is another one, although its stat has not changed: read again")
    with temporary_folder(final) as folder, storing(folder):
        check_unchanged(files, "after it was discovered")
        manifest = _index(files, folder, final, progress)
        check_unchanged(files, "while it was read")
        schemas.write(folder / MANIFEST, manifest)
        if known or committed(final, files) is None:
            remove_folder(final)  # damaged, or of another content: commit_folder would keep it as it is
        commit_folder(folder, final)
    return manifest, READ


def check_unchanged(files: Iterable[SourceFile], when: str) -> None:
    """Raises InputError for a file whose stat is another one now, or that is gone."""
    for file in files:
        if not sources.unchanged(file):
            raise InputError(f"The file changed {when}", file=file.path, advice="Start a new run.")


def _proof(files: Sequence[SourceFile], known: IngestManifest, folder: Path, trust: Trust) -> str:
    """BY_STAT or BY_CONTENT; "" where the content is another one."""
    systems = FileSystems()
    if trust == Trust.STAT or (
        trust == Trust.AUTO and all(systems.stat_is_proof(path_of(file.path), file.ctime_ns) for file in files)
    ):
        return BY_STAT
    if known.content:
        digest = blake3()
        for file in files:
            bytes_of_it = blake3()
            _hash(file, bytes_of_it)
            digest.update(bytes_of_it.digest())
        return BY_CONTENT if digest.hexdigest() == known.content else ""
    with temporary_folder(folder) as scratch:
        again = _index(files, scratch, scratch, lambda _: None)
    return BY_CONTENT if again.records_sha256 == known.records_sha256 else ""


def _index(files: Sequence[SourceFile], folder: Path, final: Path, progress: Progress) -> IngestManifest:
    """Write records.parquet (and shards) into `folder`, which will be `final`."""
    first, content = files[0], ""
    in_place = len(files) == 1 and not is_small(first) and not first.compression
    if in_place and first.format == "fasta":
        parts, sequences, bases = _index_text(first, folder, progress)
    elif in_place and first.format == "parquet" and readable_in_place(first.path):
        records, letters = write_records(index_parquet(first.path), folder, progress)
        parts, sequences, bases = _whole(first, records, records), [records], [letters]
    else:
        parts, sequences, bases, content = _shard(files, folder, final, progress)
    return IngestManifest(
        final.name, tuple(parts), tuple(sequences), tuple(bases), content, sha256_of(folder / RECORDS)
    )


def _whole(file: SourceFile, sequences: int, stop: int) -> list[IndexedPart]:
    """The input itself as the only part, where it holds any sequence."""
    return [IndexedPart(file.path, file.format, sequences, stop)] if sequences else []


def _index_text(file: SourceFile, folder: Path, progress: Progress) -> tuple[list[IndexedPart], list[int], list[int]]:
    with open_input(file.path) as text:
        with reading(file.path):
            begin = len(BYTE_ORDER_MARK) if text.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK else 0
            text.seek(begin)
        try:
            sequences, bases = write_records(_moved(index_fasta(text), begin), folder, progress)
        except HeaderTooLongError as error:
            raise InputError(error.message, file=file.path, advice=error.advice) from error
        except WrongByteError as error:
            text.seek(begin)
            with reading(file.path):
                raise locate(text, error, file.path) from error
    return _whole(file, sequences, file.size), [sequences], [bases]


def _moved(tables: Iterator[RecordTable], by: int) -> Iterator[RecordTable]:
    """Records whose starts are counted from the begin of the file, `by` bytes before the text."""
    for table in tables:
        table.start[:] += by
        yield table


def _shard(
    files: Sequence[SourceFile], folder: Path, final: Path, progress: Progress
) -> tuple[list[IndexedPart], list[int], list[int], str]:
    """Copy the records of all files into shards. Returns these, sequences and bases of each file, and `content`."""
    needed = sum(file.size * (_LEAST_INFLATION if file.compression else 1) for file in files)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"Shards of {shown(path_of(files[0].path).name)} need about {needed / 1e9:,.1f} GB below {folder.parent},"
            f" where {free / 1e9:,.1f} GB are free",
            advice="Free some space, or point OPENGENOME_STORE at a larger disk.",
        )
    parts: list[IndexedPart] = []
    content, sequences = blake3(), []

    def tables() -> Iterator[RecordTable]:
        for form, neighbours in groupby(files, lambda file: file.format):
            writer, shard = _SHARDS[form]
            shards = writer(folder, final, parts)
            for file in neighbours:
                bytes_of_it, begun = blake3(), shards.begun
                yield from shard(file, shards, bytes_of_it)
                content.update(bytes_of_it.digest())
                sequences.append(shards.begun - begun)
            yield from shards.finish()

    write_records(tables(), folder, progress)
    return parts, sequences, bases_between(folder, [0, *accumulate(sequences)]), content.hexdigest()


def _shard_parquet(file: SourceFile, shards: RowShards, content: Hasher) -> Iterator[RecordTable]:
    # Arrow reads here and there, so the bytes cannot be hashed on their way.
    _hash(file, content)
    yield from shard_parquet(file.path, shards)
    again = blake3()
    _hash(file, again)
    if again.digest() != content.digest():
        raise InputError("The file changed while it was read", file=file.path, advice="Start a new run.")


def _shard_text(file: SourceFile, shards: TextShards, content: Hasher) -> Iterator[RecordTable]:
    with open_input(file.path) as packed:
        try:
            text = _unpacked(cast("BinaryIO", _Hashing(packed, content)), file)
            if not file.compression:
                yield from shards.add(text)
                return
            with ReadAhead(text, _INFLATED_BYTES) as ahead:
                yield from shards.add(cast("BinaryIO", ahead))
        except HeaderTooLongError as error:
            raise InputError(error.message, file=file.path, advice=error.advice) from error
        except WrongByteError as error:
            packed.seek(0)
            with reading(file.path):
                raise locate(_unpacked(packed, file), error, file.path) from error


_SHARDS: dict[str, tuple[Any, Any]] = {"fasta": (TextShards, _shard_text), "parquet": (RowShards, _shard_parquet)}


def _unpacked(packed: BinaryIO, file: SourceFile) -> BinaryIO:
    """The text of a file, without a byte order mark."""
    text: Any = Decompressed(packed, file.compression, file.path, file.size) if file.compression else packed
    with reading(file.path):
        if file.compression:
            if text.peek(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK:
                text.read(len(BYTE_ORDER_MARK))
        elif text.read(len(BYTE_ORDER_MARK)) != BYTE_ORDER_MARK:
            text.seek(0)
    return cast("BinaryIO", text)


class _Hashing(io.RawIOBase):
    """A file whose bytes are hashed as they are read from its begin on; what is read again is not hashed again."""

    def __init__(self, file: BinaryIO, digest: Hasher) -> None:
        self._file, self._digest = file, digest
        self._hashed = self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with memoryview(buffer) as view:
            read = self._file.readinto(view)  # type: ignore[attr-defined]
            new = view[max(0, self._hashed - self._at) : read]
            self._digest.update(new)
        self._at += read
        self._hashed = max(self._hashed, self._at)
        return int(read)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = self._file.seek(offset, whence)
        return self._at


def _hash(file: SourceFile, digest: Hasher) -> None:
    with open_input(file.path) as opened, reading(file.path):
        for block in iter(lambda: opened.read(_INFLATED_BYTES), b""):
            digest.update(block)
