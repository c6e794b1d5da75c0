"""Ingest: read input files once, check every byte, and write the table of their records (and shards, where needed)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby, islice
from pathlib import Path

from opengenome.core.bundling import is_small
from opengenome.core.model import SourceFile
from opengenome.core.planning import chunk_digest
from opengenome.errors import FOUND_ANEW, InputError, StorageError
from opengenome.io import schemas, sources
from opengenome.io.coding.copying import UnitCopy
from opengenome.io.coding.table import CDS_TABLE, CdsTable
from opengenome.io.content import OF_BYTES, Content, digest_of_bytes
from opengenome.io.entries import MANIFEST, bases_between, committed, key_of
from opengenome.io.formats import FORMATS
from opengenome.io.identity import FileSystems, Trust
from opengenome.io.memory import few_collections
from opengenome.io.paths import path_of, shown
from opengenome.io.records import RECORDS, Progress, RecordTable, read_record_columns, write_records
from opengenome.io.row_shards import RowShards
from opengenome.io.schemas import CdsAccount, Coding, IngestManifest, Material, RecordFile
from opengenome.io.store import Store, commit_folder, remove_folder, sha256_of, storing, temporary_folder

# DNA in ASCII compresses to about a quarter, so decompressed data is expected to be at least three times as large.
_LEAST_INFLATION = 3

# How it is known that the files of an entry are what was read.
READ, BY_STAT, BY_CONTENT = "read", "stat", "content"


def ingest(
    material: Material, store: Store, progress: Progress, trust: Trust = Trust.AUTO
) -> tuple[IngestManifest, str]:
    """Index files together, or find that they are indexed. Returns the manifest, and READ, BY_STAT or BY_CONTENT.

    Small files are copied into shared shards. Raises InputError (with file, record and line) for bad input,
    StorageError for a full or forbidden disk. A failed ingest leaves nothing behind.
    """
    files = material.files
    final = store.ingest(key_of(material))
    known = committed(final, material)
    if known and (proof := _proof(material, known, final, trust)):
        return known, proof
    if known:
        progress("its content changed although its stat did not: reading it again")
    with temporary_folder(final) as folder, storing(folder):
        check_unchanged(files, "after it was discovered")
        manifest = _index(material, folder, final, progress)
        check_unchanged(files, "while it was read")
        schemas.write(folder / MANIFEST, manifest)
        if known or committed(final, material) is None:
            remove_folder(final)  # damaged or outdated, and commit_folder would keep it
        commit_folder(folder, final)
    return manifest, READ


def check_unchanged(files: Iterable[SourceFile], when: str) -> None:
    """Raises InputError for a file whose stat has changed, or that is gone."""
    for file in files:
        if not sources.unchanged(file):
            raise InputError(f"The file changed {when}", file=file.path, advice=FOUND_ANEW)


def _proof(material: Material, known: IngestManifest, folder: Path, trust: Trust) -> str:
    """BY_STAT or BY_CONTENT; "" if the content has changed."""
    files, systems = material.files, FileSystems()
    if trust == Trust.STAT or (
        trust == Trust.AUTO and all(systems.stat_is_proof(path_of(file.path), file.ctime_ns) for file in files)
    ):
        return BY_STAT
    if all(digest.startswith(OF_BYTES) for digest in known.digests):
        return BY_CONTENT if tuple(map(digest_of_bytes, files)) == known.digests else ""
    with temporary_folder(folder) as scratch:
        again = _index(material, scratch, scratch, lambda _: None)
    return BY_CONTENT if again.records_sha256 == known.records_sha256 else ""


def _index(material: Material, folder: Path, final: Path, progress: Progress) -> IngestManifest:
    """Write records.parquet (and shards, and the table of CDS) into `folder`, which is later renamed to `final`."""
    files, first = material.files, material.files[0]
    read = _Reading(folder, final, progress)
    in_place = len(files) == 1 and not is_small(first) and not first.compression
    if material.coding:
        read.copy_cds(material, material.coding)
    elif in_place and (tables := FORMATS[first.format].index(content := Content(first))):
        read.in_place(content, tables)
    else:
        read.copy(files)
    return IngestManifest(
        final.name,
        tuple(read.files),
        tuple(read.sequences),
        tuple(bases_between(folder, [0, *accumulate(read.sequences)])),
        tuple(read.digests),
        sha256_of(folder / RECORDS),
        tuple(read.cds),
        sha256_of(folder / CDS_TABLE) if material.coding else "",
    )


@dataclass
class _Reading:
    """Reads the files of an entry into `folder`.

    files: what chunks are read from. sequences: of each input file. digests: of each, as in
    IngestManifest. cds: of each unit.
    """

    folder: Path
    final: Path
    progress: Progress
    files: list[RecordFile] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    cds: list[CdsAccount] = field(default_factory=list)

    def in_place(self, content: Content, tables: Iterator[RecordTable]) -> None:
        """Index a file where it lies."""
        file, records = content.file, write_records(tables, self.folder, self.progress)
        self.digests.append(content.digest() or _digest_of_records(self.folder))
        end = FORMATS[file.format].end(path_of(file.path))
        self.sequences.append(records)
        if records:
            self.files.append(RecordFile(file.path, file.format, records, end))

    def copy(self, files: Sequence[SourceFile]) -> None:
        """Copy the records of all files into shards."""
        _check_space(files, self.folder)
        write_records(self._copied(files), self.folder, self.progress)

    def _copied(self, files: Sequence[SourceFile]) -> Iterator[RecordTable]:
        for name, neighbours in groupby(files, lambda file: file.format):
            form = FORMATS[name]
            shards = form.SHARDS(self.folder, self.final, self.files)
            for file in neighbours:
                content, begun = Content(file), shards.begun
                yield from form.copy(content, shards)
                self.digests.append(content.digest())
                self.sequences.append(shards.begun - begun)
            yield from shards.finish()

    def copy_cds(self, material: Material, coding: Coding) -> None:
        """Copy the counted CDS of all units into shards, and list all CDS."""
        _check_space(material.files, self.folder)
        with CdsTable(self.folder) as table, few_collections():
            write_records(self._copied_cds(material, coding, table), self.folder, self.progress)

    def _copied_cds(self, material: Material, coding: Coding, table: CdsTable) -> Iterator[RecordTable]:
        shards, files = RowShards(self.folder, self.final, self.files), iter(material.files)
        for number, unit in enumerate(material.units):
            contents = [Content(file) for file in islice(files, unit.files)]
            copied = UnitCopy(unit, number, coding, shards, table)
            yield from copied.copy(contents)
            self.cds.append(copied.account)
            self.sequences += [copied.account.counted, *[0] * (unit.files - 1)]
            self.digests += (content.digest() for content in contents)
        yield from shards.finish()


def _digest_of_records(folder: Path) -> str:
    digest = chunk_digest()
    for (records,) in read_record_columns(folder, ["digest"]):
        digest.update(records.tobytes())
    return f"records-blake3:{digest.hexdigest()}"


def _check_space(files: Sequence[SourceFile], folder: Path) -> None:
    needed = sum(file.size * (_LEAST_INFLATION if file.compression else 1) for file in files)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"Shards of {shown(path_of(files[0].path).name)} need about {needed / 1e9:,.1f} GB below {folder.parent},"
            f" where {free / 1e9:,.1f} GB are free",
            advice="Free some space, or point OPENGENOME_STORE at a larger disk.",
        )
