"""Write a file atomically: it appears complete or not at all, and a failure leaves nothing behind.

All our files are written here. Functions raise plain OSError; `io.store` turns that into a message.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)
READ_ONLY = 0o444


def temporary_beside(path: Path) -> Path:
    """A new, hidden, unique name in the same folder. `is_temporary` recognises it."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")


def is_temporary(name: str) -> bool:
    return bool(re.fullmatch(r"\..+\.[0-9a-f]{8,16}\.tmp", name))


def write(path: Path, fill: Callable[[BinaryIO], object], mode: int = 0o666) -> None:
    """Let `fill` write a temporary file beside `path`, sync it to disk, then rename it to `path`.

    The temporary file must be new: a link that somebody planted there is never followed. mode: as in open(2).
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
    """As `write`, but an existing file stays. Returns whether this call wrote the file."""
    prepared = temporary_beside(path)
    try:
        write(prepared, fill, mode)
        return _name(prepared, path)
    finally:
        prepared.unlink(missing_ok=True)


def _name(prepared: Path, path: Path) -> bool:
    """Give a file its final name. False if the name is taken, also when two processes try at once."""
    try:
        os.link(prepared, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            return False
        prepared.replace(path)  # without hard links, no better way exists
    return True


def move(made: Path, path: Path) -> None:
    """Sync a file that another program made on the same disk, then rename it to `path`."""
    _sync(made)
    made.replace(path)


def link(file: Path, path: Path) -> bool:
    """Give a file a second name, in place of what is there, and sync it. False if this is refused: copy it then.

    Other disks, disks without links and files of other users refuse. The file becomes read-only, because whoever
    writes into it changes it under both names.
    """
    if file.is_symlink():  # the link would get the second name, not the file
        return False
    temporary = temporary_beside(path)
    try:
        os.link(file, temporary)
        mode = stat.S_IMODE(temporary.stat().st_mode)
        if mode & ~READ_ONLY:
            temporary.chmod(mode & READ_ONLY)
        _sync(temporary)
        temporary.replace(path)
    except OSError:  # whatever it is, a copy works or raises an error of its own
        return False
    finally:
        temporary.unlink(missing_ok=True)  # rename(2) leaves it if `path` was already a name of the file
    return True


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def point(link: Path, target: str) -> None:
    """Create or replace a symbolic link to a target, in one step."""
    temporary = temporary_beside(link)
    try:
        temporary.symlink_to(target)
        temporary.replace(link)
    finally:
        temporary.unlink(missing_ok=True)
