"""A folder is replaced in one step, under a lock; where that is impossible, a failure restores the old folder."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import time

import pytest

from opengenome.io import exchange
from opengenome.io.exchange import locked, replace_folder

BOTH_WAYS = pytest.mark.parametrize("way", ["one call", "two renames"])


@pytest.fixture
def folders(tmp_path, monkeypatch, request):
    """new and old, each with a file that says which it is."""
    if "way" in request.fixturenames and request.getfixturevalue("way") == "two renames":
        monkeypatch.setattr(exchange, "_renameat2", lambda: None)
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return tmp_path / "new", tmp_path / "old"


@BOTH_WAYS
def test_the_two_folders_exchange_their_names(folders, way):
    new, old = folders
    replace_folder(new, old)
    assert ((old / "file").read_text(), (new / "file").read_text()) == ("new", "old")
    assert sorted(path.name for path in new.parent.iterdir()) == ["new", "old"]


@BOTH_WAYS
def test_a_first_folder_is_only_renamed(folders, way):
    new, old = folders
    replace_folder(new, old.with_name("first"))
    assert (old.with_name("first") / "file").read_text() == "new"
    assert not new.exists()


@BOTH_WAYS
def test_a_link_of_that_name_is_replaced_and_what_it_leads_to_is_not_touched(folders, way):
    new, old = folders
    link = old.with_name("link")
    link.symlink_to(old)
    replace_folder(new, link)
    assert not link.is_symlink()
    assert ((link / "file").read_text(), (old / "file").read_text()) == ("new", "old")
    assert not os.path.lexists(new)


def test_a_second_rename_that_fails_puts_the_old_folder_back(folders, monkeypatch):
    new, old = folders
    real = type(new).rename

    def rename(path, target):
        if path == new:
            raise OSError(errno.EIO, "Input/output error")
        return real(path, target)

    monkeypatch.setattr(exchange, "_renameat2", lambda: None)
    monkeypatch.setattr(type(new), "rename", rename)
    with pytest.raises(OSError, match="Input/output"):
        replace_folder(new, old)
    assert (old / "file").read_text() == "old"
    assert sorted(path.name for path in new.parent.iterdir()) == ["new", "old"]


def test_an_exchange_that_fails_for_another_reason_changes_nothing(folders, monkeypatch):
    new, old = folders

    def busy(*_):
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(exchange, "_exchange", busy)
    with pytest.raises(OSError, match="busy"):
        replace_folder(new, old)
    assert ((new / "file").read_text(), (old / "file").read_text()) == ("new", "old")


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP])
def test_a_file_system_that_cannot_sync_folders_is_still_written_to(tmp_path, monkeypatch, code):
    def cannot(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", cannot)
    exchange.sync_folder(tmp_path)


def _hold(folder, held, seconds):
    with locked(folder, print):
        held.set()
        time.sleep(seconds)


def test_a_waiting_process_says_so_and_gets_the_lock_when_the_other_ends(tmp_path):
    context = multiprocessing.get_context("fork")
    held, said = context.Event(), []
    other = context.Process(target=_hold, args=(tmp_path, held, 0.5))
    other.start()
    assert held.wait(10)
    with locked(tmp_path, said.append):
        other.join(10)
        assert other.exitcode == 0
    assert said == [f"Waiting for another process that puts results into {tmp_path}"]
    with locked(tmp_path, said.append):
        assert len(said) == 1


def test_a_file_system_without_locks_is_still_written_to(tmp_path, monkeypatch):
    def without(*_):
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", without)
    with locked(tmp_path, print):
        pass
