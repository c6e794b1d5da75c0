"""Identify a process by its id and its start time, independently of clock changes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

_PROC = Path("/proc")
_GONE = ("Z", "X")  # ended, but not yet waited for by its parent


@dataclass(frozen=True, slots=True)
class Identity:
    """One process.

    started: on Linux the clock ticks between boot and start; elsewhere psutil's start time. boot: Linux's boot id.
    """

    pid: int
    started: float
    boot: str

    def lives(self) -> bool:
        """Whether this process still runs."""
        return identity_of(self.pid) == self


def identity_of(pid: int) -> Identity | None:
    """The process that has this id now; None if there is none."""
    if sys.platform != "linux":
        try:
            process = psutil.Process(pid)
            gone = process.status() == psutil.STATUS_ZOMBIE
            return None if gone else Identity(pid, process.create_time(), "")
        except psutil.Error:
            return None
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        # The second field is the program's name in brackets; the name itself may hold brackets.
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].decode().split()
    except OSError:
        return None
    state, started = fields[0], int(fields[19])  # proc(5) numbers them 3 and 22
    return None if state in _GONE else Identity(pid, started, boot)
