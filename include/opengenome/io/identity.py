"""Decide whether a file's stat proves that it has not changed. Only some file systems keep that promise.

A write through mmap(2) changes ctime only when it makes a clean page dirty; the next write to that page does not.
On ext4 and xfs, fsync(2) makes the pages clean, so a write after a `settled` stat shows in the next stat.
tmpfs never makes a page clean, and network and overlay disks make no promise.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import time
from collections import Counter
from enum import StrEnum
from pathlib import Path

# Tested by tests/io/test_stat.py where such a disk is available.
_KEEP_THE_PROMISE = frozenset({"ext4", "xfs"})
# Two changes within one tick of the kernel's clock, 10 ms at most, have the same ctime (before Linux 6.13).
_TICK_NS = 20_000_000
_MANY_FILES = 100  # of one disk


class Trust(StrEnum):
    """What proves that a known input has not changed."""

    AUTO = "auto"  # its stat if that is a proof, else its content
    CONTENT = "always"
    STAT = "never"


def settled(handle: int) -> os.stat_result:
    """The stat of an open file, taken so that any later change shows in a later stat. Waits 20 ms at most.

    Raises OSError if the disk cannot sync what other processes wrote to the file.
    """
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno == errno.EIO:
            raise
    status = os.fstat(handle)
    if 0 <= (age := time.time_ns() - status.st_ctime_ns) < _TICK_NS:
        time.sleep((_TICK_NS - age) / 1e9)
        status = os.fstat(handle)
    return status


class Settler:
    """Settled stats of many files. It syncs their whole disk once, because an fsync for each file costs more."""

    def __init__(self) -> None:
        self._asked: Counter[int] = Counter()
        self._clean: dict[int, int] = {}  # device → start of its last sync, on the clock of ctime

    def stat(self, handle: int) -> os.stat_result:
        """As `settled`."""
        status = os.fstat(handle)
        self._asked[status.st_dev] += 1
        if self._asked[status.st_dev] == _MANY_FILES:
            began = time.time_ns()
            if _make_clean(handle):
                self._clean[status.st_dev] = began
        if status.st_ctime_ns + _TICK_NS < self._clean.get(status.st_dev, 0):
            return status
        return settled(handle)


def _make_clean(handle: int) -> bool:
    """Call syncfs(2) on the file's disk. Returns whether it exists and succeeded."""
    sync = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    return sync is not None and sync(handle) == 0


class FileSystems:
    """The mounts of this machine, read once."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}
        with contextlib.suppress(OSError):
            for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
                mount, _, source = line.partition(" - ")
                self._kinds[mount.split()[2]] = source.split()[0]

    def kind(self, path: Path) -> str:
        """The type of its file system, as in mount(8): ext4, tmpfs, overlay; "" if the system does not say."""
        device = path.stat().st_dev
        return self._kinds.get(f"{os.major(device)}:{os.minor(device)}", "")

    def stat_is_proof(self, path: Path, ctime_ns: int) -> bool:
        """Whether a `settled` stat with this ctime shows every change of the file.

        It does not if the ctime is in whole seconds: the disk may store no fractions (ext4 with inodes of 128 bytes),
        or may be an image that was built with chosen times.
        """
        return ctime_ns % 1_000_000_000 != 0 and self.kind(path) in _KEEP_THE_PROMISE
