"""The resident memory of processes, from /proc; and how often Python looks for cycles."""

from __future__ import annotations

import contextlib
import gc
import re
from collections.abc import Iterator
from pathlib import Path

_OBJECTS = 50_000


@contextlib.contextmanager
def few_collections() -> Iterator[None]:
    """Look for cycles of objects once in 50,000 new ones, not 700: annotation is many objects, and they form none."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def peak_memory(pid: int | str = "self") -> int:
    """The peak resident size of a process in bytes; 0 if the system does not say."""
    return _status("VmHWM", pid)


def resident_memory(pid: int | str = "self") -> int:
    """The current resident size of a process in bytes; 0 if the system does not say."""
    return _status("VmRSS", pid)


def _status(field: str, pid: int | str) -> int:
    try:
        line = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(line[1]) * 1024 if line else 0
