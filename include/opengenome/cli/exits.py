"""The exit codes of the command. docs/usage.md has the same table."""

from __future__ import annotations

import signal

from opengenome.errors import OpenGenomeError, UsageError

DONE = 0  # proven, verified, or done
FAILED = 1  # the run failed, a folder does not verify, or the machine cannot do it
USAGE = 2  # the command line is wrong or names something missing or invalid: nothing was started
UNREAD = 128 + signal.SIGPIPE  # the reader of standard output ended before the command did


def of_error(error: OpenGenomeError) -> int:
    """The code of a command that ends with this error."""
    return USAGE if isinstance(error, UsageError) else FAILED


def of_signal(number: int) -> int:
    """The code of a command ended by a signal, as in a shell: 130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + number
