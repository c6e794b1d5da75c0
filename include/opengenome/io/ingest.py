"""Ingest: read input files once, check every byte, and write the table of their records (and shards, where needed)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from pathlib import Path

from blake3 import blake3

from opengenome.core.bundling import is_small
from opengenome.core.model import SourceFile
from opengenome.errors import InputError, StorageError
from opengenome.io import schemas, sources
from opengenome.io.content import Content, bytes_digest
from opengenome.io.entries import MANIFEST, bases_between, committed, entry_key
from opengenome.io.formats import FORMATS
from opengenome.io.identity import FileSystems, Trust
from opengenome.io.paths import path_of, shown
from opengenome.io.records import RECORDS, Progress, RecordTable, write_records
from opengenome.io.schemas import IngestManifest, RecordFile
from opengenome.io.store import Store, commit_folder, remove_folder, sha256_of, storing, temporary_folder

# DNA in ASCII compresses to about a quarter, so decompressed data is expected to be at least three times as large.
_LEAST_INFLATION = 3

# How it is known that the files of an entry are what was read.
READ, BY_STAT, BY_CONTENT = "read", "stat", "content"


def ingest(
    files: Sequence[SourceFile], store: Store, progress: Progress, trust: Trust = Trust.AUTO
) -> tuple[IngestManifest, str]:
    """Index files together, or find that they are indexed. Returns the manifest, and READ, BY_STAT or BY_CONTENT.

    Small files are copied into shared shards. Raises InputError (with file, record and line) for bad input,
    StorageError for a full or forbidden disk. A failed ingest leaves nothing behind.
    """
    final = store.ingest(entry_key(files))
    known = committed(final, files)
    if known and (proof := _proof(files, known, final, trust)):
        return known, proof
    if known:
        progress("its content changed although its stat did not: reading it again")
    with temporary_folder(final) as folder, storing(folder):
        check_unchanged(files, "after it was discovered")
        manifest = _index(files, folder, final, progress)
        check_unchanged(files, "while it was read")
        schemas.write(folder / MANIFEST, manifest)
        if known or committed(final, files) is None:
            remove_folder(final)  # damaged or outdated, and commit_folder would keep it
        commit_folder(folder, final)
    return manifest, READ


def check_unchanged(files: Iterable[SourceFile], when: str) -> None:
    """Raises InputError for a file whose stat has changed, or that is gone."""
    for file in files:
        if not sources.unchanged(file):
            raise InputError(f"The file changed {when}", file=file.path, advice="Start a new run.")


def _proof(files: Sequence[SourceFile], known: IngestManifest, folder: Path, trust: Trust) -> str:
    """BY_STAT or BY_CONTENT; "" if the content has changed."""
    systems = FileSystems()
    if trust == Trust.STAT or (
        trust == Trust.AUTO and all(systems.stat_is_proof(path_of(file.path), file.ctime_ns) for file in files)
    ):
        return BY_STAT
    if known.content:
        return BY_CONTENT if _together(bytes_digest(file).digest() for file in files) == known.content else ""
    with temporary_folder(folder) as scratch:
        again = _index(files, scratch, scratch, lambda _: None)
    return BY_CONTENT if again.records_sha256 == known.records_sha256 else ""


def _together(digests: Iterable[bytes]) -> str:
    return blake3(b"".join(digests)).hexdigest()


def _index(files: Sequence[SourceFile], folder: Path, final: Path, progress: Progress) -> IngestManifest:
    """Write records.parquet (and shards) into `folder`, which is later renamed to `final`."""
    first = files[0]
    in_place = len(files) == 1 and not is_small(first) and not first.compression
    if in_place and (tables := FORMATS[first.format].index(first)):
        sequences, content, record_files = _read_in_place(first, tables, folder, progress)
    else:
        sequences, content, record_files = _copy(files, folder, final, progress)
    bases = bases_between(folder, [0, *accumulate(sequences)])
    return IngestManifest(
        final.name, tuple(record_files), tuple(sequences), tuple(bases), content, sha256_of(folder / RECORDS)
    )


_Read = tuple[list[int], str, list[RecordFile]]  # sequences of each file, `content` and `files` of IngestManifest


def _read_in_place(file: SourceFile, tables: Iterator[RecordTable], folder: Path, progress: Progress) -> _Read:
    records = write_records(tables, folder, progress)
    end = FORMATS[file.format].end(path_of(file.path))
    return [records], "", [RecordFile(file.path, file.format, records, end)] if records else []


def _copy(files: Sequence[SourceFile], folder: Path, final: Path, progress: Progress) -> _Read:
    """Copy the records of all files into shards."""
    needed = sum(file.size * (_LEAST_INFLATION if file.compression else 1) for file in files)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"Shards of {shown(path_of(files[0].path).name)} need about {needed / 1e9:,.1f} GB below {folder.parent},"
            f" where {free / 1e9:,.1f} GB are free",
            advice="Free some space, or point OPENGENOME_STORE at a larger disk.",
        )
    written: list[RecordFile] = []
    sequences: list[int] = []
    digests: list[bytes] = []

    def tables() -> Iterator[RecordTable]:
        for name, neighbours in groupby(files, lambda file: file.format):
            form = FORMATS[name]
            shards = form.SHARDS(folder, final, written)
            for file in neighbours:
                content, begun = Content(file), shards.begun
                yield from form.copy(content, shards)
                digests.append(content.digest())
                sequences.append(shards.begun - begun)
            yield from shards.finish()

    write_records(tables(), folder, progress)
    return sequences, _together(digests), written
