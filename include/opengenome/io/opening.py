"""Opening and reading inputs: what the operating system says of one becomes a sentence."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from opengenome.errors import EngineError, InputError
from opengenome.io import paths
from opengenome.io.refusals import LOOK_AFTER, MORE_FILES

READABLE = "Give the user that runs Airflow the right to read it."


@contextlib.contextmanager
def reading(path: Path | str | None) -> Iterator[None]:
    """Turn what the operating system says of an input into a sentence: InputError where it is gone or forbidden.

    Anything else, such as a disk that fails, is an EngineError: the same read may pass when tried again.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError("The file is gone", file=path, advice="Start a new run.") from error
    except PermissionError as error:
        raise InputError("The file may not be read: permission denied", file=path, advice=READABLE) from error
    except OSError as error:
        if error.errno is None:
            raise  # a decoder's own word on what it read
        advice = MORE_FILES if error.errno in (errno.EMFILE, errno.ENFILE) else LOOK_AFTER
        raise EngineError(f"The file cannot be read: {os.strerror(error.errno)}", file=path, advice=advice) from error


def open_input(path: str) -> BinaryIO:
    """An input, unbuffered: whoever reads it reads in blocks. Raises as `reading` does."""
    with reading(path):
        return cast("BinaryIO", paths.path_of(path).open("rb", buffering=0))
