"""Standard output and standard error of the command. A failed write is an error, or ignored for standard error."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
from typing import TextIO

from opengenome.errors import StorageError

_IN_ASCII = "opengenome-in-ascii"
# Each replaced by one character, so that columns stay aligned.
_SIGNS = dict(zip("✓✗▸↻…·–→×─━╸╺", "+x>~~-->x-===", strict=True))


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_SIGNS.get(char) or char.encode("ascii", "backslashreplace").decode() for char in missing), error.end


codecs.register_error(_IN_ASCII, _in_ascii)


class Remarks(io.TextIOBase):
    """Standard error. Failed writes are ignored: they must not end a run.

    Accepts any character: characters that the terminal's encoding lacks are shown in ASCII or as escapes.
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
        """Handle a failed write: ignore it."""

    def _lead_nowhere(self) -> None:
        """Redirect to the null device: Python flushes its buffers at exit, and would fail again."""
        with contextlib.suppress(OSError, ValueError):  # in tests it is not a file
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._out.fileno())
            os.close(nowhere)


class Output(Remarks):
    """Standard output. Raises BrokenPipeError if its reader has ended, StorageError if it cannot be written."""

    def _failed(self, error: OSError) -> None:
        if isinstance(error, BrokenPipeError):
            raise error
        raise StorageError(f"Standard output cannot be written: {error.strerror}") from error


def open_standard_files() -> None:
    """Open the null device for each closed standard file descriptor.

    Otherwise the next opened file would get its number, and receive what a child writes to its standard output.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
