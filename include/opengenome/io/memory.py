"""Resident memory of processes, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory(pid: int | str = "self") -> int:
    """The highest resident size of a process so far in bytes; 0 where the system does not tell."""
    return _status("VmHWM", pid)


def resident_memory(pid: int | str = "self") -> int:
    """The resident size of a process now in bytes; 0 where the system does not tell."""
    return _status("VmRSS", pid)


def _status(field: str, pid: int | str) -> int:
    try:
        line = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(line[1]) * 1024 if line else 0
