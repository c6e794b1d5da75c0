"""A disk or a file that ingest cannot use gives one sentence, and leaves nothing behind."""

import errno
import gzip
import os
import random
import shutil
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.errors import InputError, StorageError
from opengenome.io import ingest, sources
from opengenome.io.formats import parquet
from opengenome.io.schemas import Material
from opengenome.io.store import Store
from tests.io.ingested import TEXT


def test_a_disk_without_room_for_the_shards_is_reported_before_anything_is_written(pipeline, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 100, 10))
    with pytest.raises(StorageError, match=r"Shards of in\.fa need about .* GB .* are free\. Free some space"):
        pipeline.ingest(pipeline.write(gzip.compress(TEXT)))
    assert pipeline.left() == []
    assert pipeline.ingest(pipeline.write(TEXT)).sequences == (30,)  # read in place: no shards


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_disk_that_fails_halfway_is_a_storage_error_and_leaves_nothing(pipeline, monkeypatch, code):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(ingest, "sha256_of", refuse)
    with pytest.raises(StorageError, match="Cannot write below"):
        pipeline.ingest(pipeline.write(gzip.compress(TEXT)))
    assert pipeline.left() == []


def test_a_disk_that_is_really_full_is_a_storage_error_and_leaves_nothing(pipeline, small_disk, monkeypatch):
    letters = bytes(random.Random(1).choices(b"ACGT", k=3_000_000))  # noqa: S311
    path = pipeline.write(gzip.compress(b">a\n" + letters + b"\n", 1))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1 << 40, 0, 1 << 40))
    with pytest.raises(StorageError, match="no space is left"):
        ingest.ingest(Material((sources.fingerprint(path),)), Store(small_disk), print)
    assert [path for path in small_disk.rglob("*") if path.name != "ingest"] == []


def test_an_unreadable_file_is_reported(pipeline, monkeypatch):
    path = pipeline.write(TEXT)
    if os.geteuid() == 0:  # root may read anything: refuse by hand
        monkeypatch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "denied")))
    else:
        path.chmod(0)
    with pytest.raises(InputError, match=r"may not be read: permission denied \(file"):
        sources.fingerprint(path)


def test_a_file_that_is_not_regular_is_refused_without_waiting(pipeline):
    fifo = pipeline.folder / "pipe.fa"
    os.mkfifo(fifo)
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    for path in (fifo, pipeline.folder):
        with pytest.raises(InputError, match="Not a regular file"):
            sources.fingerprint(path)
    with pytest.raises(InputError, match="The file is gone"):
        sources.fingerprint(pipeline.folder / "gone.fa")


@pytest.mark.parametrize("data", [TEXT, gzip.compress(TEXT)])
def test_a_file_that_is_gone_or_changed_before_ingest_is_reported(pipeline, data):
    path = pipeline.write(data)
    found = sources.fingerprint(path)
    path.write_bytes(data)
    for what in ("changed after it was discovered", "is gone"):
        with pytest.raises(InputError, match=rf"{what} \(file .*in\.fa\)\. Start a new run"):
            ingest.ingest(Material((found,)), pipeline.store, print)
        path.unlink(missing_ok=True)
    assert pipeline.left() == []


def test_a_file_that_changes_while_it_is_read_is_reported(pipeline, monkeypatch):
    answers = [False, True]
    monkeypatch.setattr(sources, "unchanged", lambda _: answers.pop())
    with pytest.raises(InputError, match="changed while it was read"):
        pipeline.ingest(pipeline.write(TEXT))
    assert pipeline.left() == []


def test_a_parquet_file_that_changes_while_it_is_copied_is_reported(pipeline, monkeypatch):
    """The file's bytes are hashed before and after, so a change is found even if the stat does not show it."""
    monkeypatch.setattr("opengenome.io.parquet.rows._LARGEST_ROW_GROUP", -1)
    path = pipeline.folder / "in.parquet"
    pq.write_table(pa.table({"seq_id": ["a"], "sequence": ["ACGT"]}), path)
    other = path.read_bytes().replace(b"ACGT", b"TTTT")
    truly = parquet.read_input

    def meanwhile(name):
        path.write_bytes(other)
        yield from truly(name)

    monkeypatch.setattr(parquet, "read_input", meanwhile)
    monkeypatch.setattr(sources, "unchanged", lambda _: True)
    with pytest.raises(InputError, match="The file changed while it was read"):
        pipeline.ingest(path)
    assert pipeline.left() == []
