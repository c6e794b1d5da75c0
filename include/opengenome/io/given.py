"""Small text files that a parameter names, such as a samplesheet: allowed, bounded, and in UTF-8."""

from __future__ import annotations

from pathlib import Path

from opengenome.core.alphabet import BYTE_ORDER_MARK
from opengenome.errors import InputError
from opengenome.io.opening import reading
from opengenome.io.roots import Roots, short

_MOST_BYTES = 64 << 20


def located(line: str, roots: Roots) -> Path:
    """The file or folder that a parameter names. Raises UsageError outside `roots`, where nothing is looked up."""
    try:
        path, _ = roots.meant(line)
        if path.is_file() or path.is_dir():
            return path
        said = "This is not a regular file" if path.exists() else "There is no such file"
    except OSError as error:
        said = f"The path cannot be followed: {error.strerror}"
    raise InputError(said, file=short(line), advice="Check the path, as the machine that runs Airflow sees it.")


def read_text(path: Path, called: str) -> str:
    """The text of a file. called: what it is to hold, for messages. Raises InputError that says what is wrong."""
    if not path.is_file():
        raise InputError(f"The {called} is not a regular file", file=path, advice="Give a file on a disk.")
    with reading(path), path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1).removeprefix(BYTE_ORDER_MARK)
    if len(data) > _MOST_BYTES:
        raise InputError(f"The {called} is larger than {_MOST_BYTES >> 20} MB", file=path, advice="Is it another file?")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"The {called} is not UTF-8 text", file=path, line=line, advice="Save it as UTF-8.") from error
    if "\0" in text:
        raise InputError(f"The {called} holds zero bytes: it is no text", file=path, advice="Save it as plain text.")
    return text
