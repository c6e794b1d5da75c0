"""Open and read inputs, and turn the operating system's errors into messages."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from opengenome.errors import FOUND_ANEW, EngineError, InputError
from opengenome.io import paths
from opengenome.io.refusals import LOOK_AFTER, MORE_FILES

READABLE = "Give the user that runs Airflow the right to read it."


@contextlib.contextmanager
def reading(path: Path | str | None) -> Iterator[None]:
    """Turn an OSError about an input into an InputError if the file is gone or forbidden.

    Anything else, such as a failing disk, becomes an EngineError: the same read may succeed when retried.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError("The file is gone", file=path, advice=FOUND_ANEW) from error
    except PermissionError as error:
        raise InputError("The file may not be read: permission denied", file=path, advice=READABLE) from error
    except OSError as error:
        if error.errno is None:
            raise  # from a decoder, about the content
        advice = MORE_FILES if error.errno in (errno.EMFILE, errno.ENFILE) else LOOK_AFTER
        raise EngineError(f"The file cannot be read: {os.strerror(error.errno)}", file=path, advice=advice) from error


def open_input(path: str) -> BinaryIO:
    """Open an input without a buffer, because all readers read in blocks. Raises as `reading` does."""
    with reading(path):
        return cast("BinaryIO", paths.path_of(path).open("rb", buffering=0))
