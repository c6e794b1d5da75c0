"""The resident memory of processes, from /proc."""

from __future__ import annotations

import re
from pathlib import Path


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
