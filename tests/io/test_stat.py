"""After a stat by `identity.settled`, every later change shows, on file systems that keep this promise."""

import mmap
import os
import shutil
import subprocess
import time
from dataclasses import replace

import pytest

from opengenome.io.entries import entry_key
from opengenome.io.identity import FileSystems, Settler, settled
from opengenome.io.sources import fingerprint, unchanged


@pytest.fixture(params=["here", "ext4", "xfs"])
def folder(request, tmp_path):
    """A folder on such a file system: the tests' own, or a mounted image."""
    if request.param == "here":
        if not FileSystems().stat_is_proof(tmp_path, 1):
            pytest.skip(f"the tests run on {FileSystems().kind(tmp_path) or 'an unknown file system'}")
        yield tmp_path
        return
    if os.geteuid() or not shutil.which(f"mkfs.{request.param}"):
        pytest.skip(f"needs root and mkfs.{request.param}")
    image, place = tmp_path / "image", tmp_path / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(320 << 20)
    subprocess.run([f"mkfs.{request.param}", "-q", image], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no {request.param} can be mounted: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def stat_of(path):
    with path.open("rb") as file:
        return settled(file.fileno())


def test_a_write_through_a_page_that_was_dirty_already_shows_in_the_next_stat(folder):
    path = folder / "in.fa"
    path.write_bytes(b"A" * 8192)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        for letter in b"CGT":
            memory[1] = letter  # the page is dirty from here on
            before = stat_of(path)
            memory[2] = letter
            memory[8191] = letter
            assert stat_of(path).st_ctime_ns != before.st_ctime_ns


def test_without_the_fsync_such_a_write_escapes(folder):
    """If this fails, the kernel has improved, and `settled` may become simpler."""
    path = folder / "in.fa"
    path.write_bytes(b"A" * 8192)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[1] = 67
        before = path.stat().st_ctime_ns
        time.sleep(0.05)
        memory[2] = 67
        assert path.stat().st_ctime_ns == before


def test_two_writes_in_one_tick_of_the_clock_show(folder):
    path = folder / "in.fa"
    for round_ in range(20):
        path.write_bytes(b"A" * 10)
        before = stat_of(path)
        path.write_bytes(b"C" * 10)
        assert path.stat().st_ctime_ns != before.st_ctime_ns, round_


def test_a_stat_on_tmpfs_or_an_unknown_disk_is_no_proof(small_disk):
    assert FileSystems().kind(small_disk) == "tmpfs"
    assert not FileSystems().stat_is_proof(small_disk, 1)


def test_many_files_sync_their_disk_once_and_a_later_write_still_shows(folder, monkeypatch):
    synced = []
    monkeypatch.setattr("os.fsync", lambda handle, real=os.fsync: (synced.append(handle), real(handle)))
    path, settler = folder / "in.fa", Settler()
    for number in range(300):
        (folder / f"{number}").write_bytes(b"A")
    path.write_bytes(b"A" * 8192)
    time.sleep(0.1)

    def stat(path):
        with path.open("rb") as file:
            return settler.stat(file.fileno())

    for number in range(300):
        stat(folder / f"{number}")
    assert len(synced) < 110
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        before = stat(path)
        assert len(synced) < 110
        memory[1] = 67
        dirty = stat(path)  # after the sync of the disk: synced on its own
        assert before.st_ctime_ns != dirty.st_ctime_ns
        memory[2] = 67
        assert stat(path).st_ctime_ns != dirty.st_ctime_ns


def test_times_in_whole_seconds_are_no_proof(folder):
    """For example on ext4 with inodes of 128 bytes, and in images that were built with chosen times."""
    assert FileSystems().stat_is_proof(folder, 1_700_000_000_123_456_789)
    assert not FileSystems().stat_is_proof(folder, 1_700_000_000_000_000_000)


def test_another_disk_mounted_at_the_same_place_has_other_files(tmp_path, small_disk):
    there, here = small_disk / "in.fa", tmp_path / "in.fa"
    for path in (there, here):
        path.write_bytes(b">a\nACGT\n")
    found = fingerprint(there)
    assert unchanged(found)
    assert found.file_system != fingerprint(here).file_system
    assert not unchanged(replace(found, file_system=0))
    assert entry_key((found,)) != entry_key((replace(found, file_system=0),))
