"""Standard output and standard error of the command: what cannot be written ends in a sentence, or nowhere."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
from typing import TextIO

from opengenome.errors import StorageError

_IN_ASCII = "opengenome-in-ascii"
# Each as one character, so that nothing moves on a screen.
_SIGNS = dict(zip("✓✗▸↻…·–→×─━╸╺", "+x>~~-->x-===", strict=True))


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_SIGNS.get(char) or char.encode("ascii", "backslashreplace").decode() for char in missing), error.end


codecs.register_error(_IN_ASCII, _in_ascii)


class Remarks(io.TextIOBase):
    """Standard error. What nobody can read is dropped: a run does not end because of that.

    Takes any character, whatever the terminal's encoding is: what that lacks is shown as ASCII, or as an escape.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors=_IN_ASCII)

    def isatty(self) -> bool:
        return self._out.isatty()

    def fileno(self) -> int:
        return self._out.fileno()

    def write(self, text: str) -> int:
        try:
            self._out.write(text)
        except OSError as error:
            self._lead_nowhere()
            self._failed(error)
        return len(text)

    def flush(self) -> None:
        try:
            self._out.flush()
        except OSError as error:
            self._lead_nowhere()
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        """What is told of a write that failed: nothing, and nobody."""

    def _lead_nowhere(self) -> None:
        """Python writes at its very end what is still in the buffer, and would fail again."""
        with contextlib.suppress(OSError, ValueError):  # no file at all, in tests
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._out.fileno())
            os.close(nowhere)


class Output(Remarks):
    """Standard output. Raises BrokenPipeError when its reader has gone, StorageError when it cannot be written."""

    def _failed(self, error: OSError) -> None:
        if isinstance(error, BrokenPipeError):
            raise error
        raise StorageError(f"Standard output cannot be written: {error.strerror}") from error


def open_standard_files() -> None:
    """Give each of the three numbers of standard files that is closed to the null device.

    The next file to be opened would get it otherwise, and what some child writes to its standard output with it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
