"""Make a process die with its parent (Linux only; elsewhere this does nothing)."""

from __future__ import annotations

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1

# Loaded at import, because a child must not load libraries between fork and exec.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Let the kernel kill this process when the thread that forked it ends, in whatever way (prctl(2)).

    A fork does not inherit this, an exec keeps it. The parent may be gone before the call: compare getppid after it.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
