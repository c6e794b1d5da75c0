"""The one way in which a file of ours appears: whole or not at all, and a failure leaves nothing behind.

Raises OSError as the system tells it; `io.store` makes sentences of that.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


def temporary_beside(path: Path) -> Path:
    """A name in the same folder that nobody else has, hidden, and known for what it is by `is_temporary`."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")


def is_temporary(name: str) -> bool:
    return bool(re.fullmatch(r"\..+\.[0-9a-f]{8,16}\.tmp", name))


def write(path: Path, fill: Callable[[BinaryIO], object], mode: int = 0o666) -> None:
    """Let `fill` write a temporary file beside `path`, bring it to disk, then move it there.

    The file is made by this call and by nobody else: no link that somebody planted is followed. mode: as of open(2).
    """
    temporary = temporary_beside(path)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            fill(cast("BinaryIO", file))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_once(path: Path, fill: Callable[[BinaryIO], object], mode: int = 0o666) -> bool:
    """As `write`, but what is there already stays. Returns whether this call put it there."""
    prepared = temporary_beside(path)
    try:
        write(prepared, fill, mode)
        return _name(prepared, path)
    finally:
        prepared.unlink(missing_ok=True)


def _name(prepared: Path, path: Path) -> bool:
    """Give a file its name. False where that is taken, also when two try at once."""
    try:
        os.link(prepared, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            return False
        prepared.replace(path)  # the best that a file system without hard links can do
    return True


def move(made: Path, path: Path) -> None:
    """Bring a file that another program has made on the same disk to its place."""
    handle = os.open(made, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    made.replace(path)


def point(link: Path, target: str) -> None:
    """Let a symbolic link lead to a target, also where the link leads elsewhere now."""
    temporary = temporary_beside(link)
    try:
        temporary.symlink_to(target)
        temporary.replace(link)
    finally:
        temporary.unlink(missing_ok=True)
