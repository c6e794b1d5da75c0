"""Whatever writes a file of ours: where that fails, the old file is as it was and nothing is left beside it."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from opengenome.cli import stack
from opengenome.cli.environment import Site, load_secrets
from opengenome.core import atomic, kernels
from opengenome.core.counting import CountedSequences
from opengenome.core.model import BatchManifest, CountingParameters, Ledger
from opengenome.errors import StorageError
from opengenome.io import batches, package, parts, published, tables
from opengenome.io.store import sha256_of, write_json
from opengenome.orchestration import publishing, submits
from opengenome.synthetic import write_organelle_like


def write_store(folder):
    write_json(folder / "plan.json.gz", {"a": 1})


def commit(folder):
    batches.commit(folder, BatchManifest("k", CountingParameters(), (), (), (0,) * 64, Ledger(), {}, "try1"))


def write_part(folder):
    none = np.zeros(1, dtype=np.int64)
    parts.write_part(folder, "part.parquet", iter([CountedSequences(["a"], np.zeros((1, 65), np.int64), none, none)]))


def write_report(folder):
    tables.write_document(folder / tables.SUMMARY, {"codons": 1})


def copy_result(folder):
    source = folder.with_name("source")
    source.write_bytes(b"proven")
    published.copy_file(source, folder / "copy", sha256_of(source))


def point_to_result(folder):
    publishing._point(folder, "run", {"run": "run", "source": "x", "run_after": "", "started": "2026-11-26T00:00:00"})


def write_package(folder):
    package.write_package(folder / "package.zip")


def write_secrets(folder):
    load_secrets(Site(folder, folder, folder, folder))


def write_secrets_of_the_stack(folder):
    stack.init(folder / ".env", lambda _: None)


def write_synthetic(folder):
    write_organelle_like(folder / "synthetic.fasta", scale=0.001)


def keep_loops(folder):
    kernels._keep(folder / "loops.o", b"machine code")


def write_class_archive(folder, monkeypatch):
    """With a Spark that only leaves what the real one does."""

    def spark(*_, cwd, **__):
        for name in ("classes.jsa", "launcher.jsa", "batch/manifest.json"):
            (cwd / name).parent.mkdir(exist_ok=True)
            (cwd / name).write_bytes(b"made")
        return subprocess.CompletedProcess([], 0, "", "")

    with monkeypatch.context() as patched:
        patched.setattr(submits.subprocess, "run", spark)
        patched.setattr(submits, "_tiny_batch", lambda scratch: (scratch, "", scratch / "batch"))
        submits.make_class_archive(folder / "spark.jsa")


USES = [
    *(write_store, commit, write_part, write_report, copy_result, point_to_result, write_package, write_secrets),
    *(write_secrets_of_the_stack, write_synthetic, keep_loops, write_class_archive),
]
ONCE = (commit, write_secrets_of_the_stack, write_secrets)  # a second call leaves what the first has written


def content(folder: Path):
    return {
        path: path.readlink() if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def call(use, folder, monkeypatch):
    use(folder, monkeypatch) if use is write_class_archive else use(folder)


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(params=["sync", "move"])
def failing(request, monkeypatch):
    """Fails where a file is brought to disk, or where it gets its name, until told to stop."""

    def fail(patched):
        if request.param == "sync":
            patched.setattr(os, "fsync", full)
        else:
            patched.setattr(Path, "replace", full)
            patched.setattr(os, "link", full)

    return fail


@pytest.mark.parametrize("before", ["nothing before", "an old file before"])
@pytest.mark.parametrize("use", USES)
def test_a_failure_leaves_what_was_there_and_nothing_else(use, before, failing, tmp_path, monkeypatch):
    folder = tmp_path / "place"
    folder.mkdir()
    if before == "an old file before" and use not in ONCE:
        call(use, folder, monkeypatch)
        if use is point_to_result:
            (folder / "latest-adhoc").unlink()
            (folder / "latest-adhoc").symlink_to("older")
        assert content(folder)
    was = content(folder)
    with monkeypatch.context() as patched:
        failing(patched)
        if use is point_to_result and os.fsync is full:
            return  # a link has no content that could be brought to disk
        with pytest.raises((StorageError, OSError), match=r"No space left|no space is left"):
            call(use, folder, monkeypatch)
    assert content(folder) == was


@pytest.mark.parametrize("use", USES)
def test_without_a_failure_the_file_is_there_and_nothing_beside_it(use, tmp_path, monkeypatch):
    folder = tmp_path / "place"
    folder.mkdir()
    for _ in range(2):
        call(use, folder, monkeypatch)
    assert content(folder)
    assert not [path for path in content(folder) if atomic.is_temporary(path.name)]


def test_what_another_program_made_is_brought_to_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda _: done.append("sync"))
    monkeypatch.setattr(Path, "replace", lambda *_: done.append("move"))
    (tmp_path / "made").touch()
    atomic.move(tmp_path / "made", tmp_path / "place")
    assert done == ["sync", "move"]


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_only_its_owner_can_write_to_compiled_loops_and_everybody_can_read_them(tmp_path, umask):
    before = os.umask(umask)
    try:
        keep_loops(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "loops.o").stat().st_mode & 0o777 == 0o644
