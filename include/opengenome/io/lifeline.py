"""Processes that must not outlive those that made them (Linux; elsewhere nothing here does anything)."""

from __future__ import annotations

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1

# Loaded at import: between fork and exec a child may call, but not load.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Let the kernel kill this process when the thread that forked it ends, however it ends (prctl(2)).

    A fork does not inherit this, an exec keeps it. The parent may have gone before the call: compare getppid after it.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
