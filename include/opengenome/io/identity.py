"""Whether a file is still what it was: by its stat, where the file system keeps that promise, else by its content.

A write through mmap(2) changes ctime only when it makes a clean page dirty; the next one to that page changes nothing.
On ext4 and xfs fsync(2) makes the pages clean, so that what is written after a `settled` stat shows in the next one.
tmpfs never makes a page clean; of network and overlay disks nobody knows.
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

# Tried by tests/io/test_identity.py, where such a disk is at hand.
_KEEP_THE_PROMISE = frozenset({"ext4", "xfs"})
# Two changes within one tick of the kernel's clock, 10 ms at most, have the same ctime (before Linux 6.13).
_TICK_NS = 20_000_000
_MANY_FILES = 100  # of one disk


class Trust(StrEnum):
    """What shows that an input which was ingested before has not changed."""

    AUTO = "auto"  # its stat where that is a proof, else its content
    CONTENT = "always"
    STAT = "never"


def settled(handle: int) -> os.stat_result:
    """The stat of an open file, such that a later change of the file shows in a later stat. Waits 20 ms at most.

    Raises OSError where the disk cannot write down what other processes wrote to the file.
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
    """Settled stats of many files: their whole disk is made clean once, because an fsync of each costs more."""

    def __init__(self) -> None:
        self._asked: Counter[int] = Counter()
        self._clean: dict[int, int] = {}  # device → when its pages began to be made clean, as ctime is told

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
    """syncfs(2) of the file's disk; whether it is there and went well."""
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
        """As mount(8) calls it: ext4, tmpfs, overlay; "" where the system does not tell."""
        device = path.stat().st_dev
        return self._kinds.get(f"{os.major(device)}:{os.minor(device)}", "")

    def stat_is_proof(self, path: Path, ctime_ns: int) -> bool:
        """Whether no change of a file can escape its `settled` stat, of which this is the ctime.

        Whole seconds are those of a disk that knows no others (ext4 with inodes of 128 bytes), or of one that was made
        with times of its maker's choice.
        """
        return ctime_ns % 1_000_000_000 != 0 and self.kind(path) in _KEEP_THE_PROMISE
