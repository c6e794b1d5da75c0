"""A file of the store appears complete or not at all, and errors of the disk become one sentence."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.core.atomic import is_temporary
from opengenome.errors import Again, EngineError, StorageError
from opengenome.io import store
from opengenome.io.store import (
    Store,
    commit_folder,
    json_writer,
    run_slug,
    storing,
    temporary_folder,
    write_atomically,
    write_json,
    write_once,
)


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "deep" / "x.json"
    write_json(path, {"a": 1})
    write_json(path, {"b": "é"})
    assert path.read_text(encoding="utf-8") == '{\n "b": "é"\n}\n'
    assert everything(tmp_path) == ["deep", "deep/x.json"]


class BrokenError(Exception):
    pass


@pytest.mark.parametrize("stage", ["before a byte", "halfway", "at the sync", "at the move"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, stage):
    path = tmp_path / "x"
    path.write_text("old")

    def fail(*_):
        raise BrokenError

    def write(temporary):
        if stage == "before a byte":
            raise BrokenError
        temporary.write(b"ne")
        if stage == "halfway":
            raise BrokenError

    if stage == "at the sync":
        monkeypatch.setattr(store.os, "fsync", fail)
    if stage == "at the move":
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(BrokenError):
        write_atomically(path, write)
    assert path.read_text() == "old"
    assert everything(tmp_path) == ["x"]


def test_a_file_is_not_visible_before_it_is_complete(tmp_path):
    path, seen = tmp_path / "x", []

    def write(temporary):
        temporary.write(b"half")
        seen.append(path.exists())
        (name,) = everything(tmp_path)  # the same folder, so the same file system: the move is one step
        assert is_temporary(name)

    write_atomically(path, write)
    assert seen == [False]


def test_a_value_that_is_not_json_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert everything(tmp_path) == []


REFUSALS = {
    errno.ENOSPC: "no space is left on the disk. Free some space",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "permission was denied",
    errno.EPERM: "permission was denied",
    errno.EROFS: "the file system is read-only",
    errno.EXDEV: "a folder there cannot be renamed",
    errno.EBUSY: "something there is in use, or a mount point",
    errno.EISDIR: "a folder lies where a file should be. Move it away",
    errno.ENOTDIR: "a file lies where a folder should be. Move it away",
    errno.EEXIST: "something else has the name of a folder or file of ours",
    errno.ENOTEMPTY: "a folder that should be empty is not",
    errno.ELOOP: "a link there leads to itself",
    errno.EINVAL: "does not take such a file or name. Point OPENGENOME_STORE",
    errno.EOPNOTSUPP: "the file system cannot do that. Point OPENGENOME_STORE",
    errno.ENAMETOOLONG: "a name is too long",
}


@pytest.mark.parametrize("code", REFUSALS)
def test_an_error_of_the_disk_is_a_storage_error_that_names_the_place(tmp_path, code):
    def refuse(_):
        raise OSError(code, os.strerror(code))

    with pytest.raises(StorageError) as caught:
        write_atomically(tmp_path / "x", refuse)
    assert f"Cannot write below {tmp_path}: " in str(caught.value)
    assert REFUSALS[code] in str(caught.value).replace(str(tmp_path), "")
    assert everything(tmp_path) == []


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(StorageError, match=f"file {tmp_path / 'x'}"):
        write_atomically(tmp_path / "x", lambda file: file.write(b"new"))
    assert everything(tmp_path) == ["x"]


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN])
def test_an_error_that_may_go_away_is_one_sentence_and_retried(tmp_path, code):
    with pytest.raises(EngineError, match=f"Cannot write below {tmp_path}/x: .*{os.strerror(code)}.* disk or network"):  # noqa: SIM117
        with storing(tmp_path / "x"):
            raise OSError(code, os.strerror(code))
    assert everything(tmp_path) == []


def test_a_missing_or_locked_file_is_not_reported_as_an_error_of_the_disk(tmp_path):
    with pytest.raises(BlockingIOError), storing(tmp_path):
        raise BlockingIOError(errno.EAGAIN, "locked")
    with pytest.raises(FileNotFoundError), storing(tmp_path / "x"):
        (tmp_path / "x").stat()
    assert everything(tmp_path) == []


def test_an_error_of_a_library_stays_unchanged(tmp_path):
    with pytest.raises(OSError, match="Bad block"), storing(tmp_path):
        raise OSError("Bad block")


@pytest.mark.parametrize("place", ["/proc/x", "/proc/x/y/z"])
def test_a_store_that_cannot_be_created_is_reported_at_the_first_try(place):
    with pytest.raises(StorageError, match=f"Cannot write below {place}: .* OPENGENOME_STORE") as caught:
        Store(Path(place)).mark()
    assert not caught.value.retryable
    assert caught.value.again == Again.NO  # a retry would name the same place


def test_a_disk_that_is_really_full_is_a_storage_error_and_leaves_nothing(small_disk):
    with pytest.raises(StorageError, match="no space is left"):
        write_atomically(small_disk / "x", lambda file: file.write(b"0" * (2 << 20)))
    assert everything(small_disk) == []


# --- folders ---


@pytest.mark.parametrize("fails", [False, True])
def test_a_temporary_folder_is_gone_afterwards(tmp_path, fails):
    def work():
        with temporary_folder(tmp_path / "deep" / "x") as folder:
            (folder / "file").write_text("x")
            if fails:
                raise BrokenError

    if fails:
        with pytest.raises(BrokenError):
            work()
    else:
        work()
    assert everything(tmp_path) == ["deep"]


def test_a_committed_folder_is_whole(tmp_path):
    with temporary_folder(tmp_path / "x") as folder:
        (folder / "file").write_text("x")
        commit_folder(folder, tmp_path / "x")
    assert everything(tmp_path) == ["x", "x/file"]


def test_the_first_of_two_commits_stays(tmp_path):
    for text in ("first", "second"):
        with temporary_folder(tmp_path / "x") as folder:
            (folder / "file").write_text(text)
            commit_folder(folder, tmp_path / "x")
    assert (tmp_path / "x" / "file").read_text() == "first"
    assert everything(tmp_path) == ["x", "x/file"]


# --- names ---

RUN_IDS = ["scheduled__2026-01-01T00:00:00+00:00", "manual__2026-01-01T00:00:00.123456+00:00", "demo", "a b", "a-b",
           "a/b", "../../etc", "..", ".", "-", "", "a" * 150, "a" * 151, "a" * 300, "é", "è", "a\n", "a", ".a",
           "/abs", "\0"]  # fmt: skip


def test_different_run_ids_have_different_names():
    slugs = [run_slug(run_id) for run_id in RUN_IDS]
    assert len({slug.lower() for slug in slugs}) == len(RUN_IDS)


@given(run_id=st.one_of(st.text(max_size=200), st.text("./-\\", max_size=9), st.sampled_from(RUN_IDS)))
def test_the_name_of_a_run_is_one_component_that_stays_below_its_folder(run_id):
    slug = run_slug(run_id)
    assert slug.isascii()
    assert 0 < len(slug.encode()) <= 200
    assert slug[0] != "."
    folder = Path("/store/runs")
    assert Path(os.path.normpath(Store(Path("/store")).run(slug))).parent == folder


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_is_written_once_stays_as_the_first_writer_left_it(tmp_path, monkeypatch, links):
    def no_link(*_):
        raise OSError(errno.EOPNOTSUPP, "no hard links here")

    if not links:
        monkeypatch.setattr(store.os, "link", no_link)
    path = tmp_path / "deep" / "x.json"
    assert write_once(path, json_writer(1))
    assert not write_once(path, json_writer(2))
    assert path.read_text() == "1\n"
    assert everything(tmp_path) == ["deep", "deep/x.json"]


def test_of_many_simultaneous_writers_one_is_first_and_its_file_stays(tmp_path):
    for round_ in range(20):
        path = tmp_path / str(round_)
        with ThreadPoolExecutor(8) as pool:
            first = list(pool.map(lambda n: write_once(path, json_writer(n)), range(8)))  # noqa: B023
        assert first.count(True) == 1
        assert path.read_text() == f"{first.index(True)}\n"
    assert everything(tmp_path) == sorted(map(str, range(20)))
