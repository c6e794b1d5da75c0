"""Replace a folder in one step, by one process at a time.

Linux exchanges two names by one call (renameat2), so the name always leads to a complete folder. NFS, some other file
systems and other operating systems cannot do this. There the old folder gets a temporary name, and then the new one
gets its name. A process that is killed between these two renames leaves both folders under temporary names.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from opengenome.core.atomic import temporary_beside
from opengenome.io.store import storing

_RENAME_EXCHANGE = 2  # linux/fs.h
_AT_FDCWD = -100
_CANNOT_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
# NFS grants a lock only on files opened for writing, and a folder cannot be opened so.
_CANNOT_LOCK = (errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)


@contextlib.contextmanager
def locked(folder: Path, announce: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of a folder, which must exist. `announce` gets one line if another process has the lock.

    The lock ends with the process. On a file system without locks, nothing is locked.
    """
    handle = _hold(folder, announce)
    try:
        yield
    finally:
        os.close(handle)


def _hold(folder: Path, announce: Callable[[str], None]) -> int:
    while True:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _lock(handle, folder, announce)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), folder.stat()):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # the folder was replaced while this process waited


def _lock(handle: int, folder: Path, announce: Callable[[str], None]) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        announce(f"Waiting for another process that puts results into {folder}")
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _CANNOT_LOCK:
            raise


def replace_folder(new: Path, final: Path) -> None:
    """Exchange the folders `new` and `final`, on disk when this returns: the old `final` is then called `new`.

    Both must have the same parent. If `final` is a link, the link itself is replaced. Raises OSError.
    """
    sync_folder(new)
    if not os.path.lexists(final):
        new.rename(final)
    else:
        try:
            _exchange(new, final)
        except OSError as error:
            if error.errno not in _CANNOT_EXCHANGE:
                raise
            _rename_twice(new, final)
        if new.is_symlink() or new.is_file():
            new.unlink()
    sync_folder(final.parent)


def _exchange(one: Path, other: Path) -> None:
    """Exchange two names in one step. Raises OSError, with one of _CANNOT_EXCHANGE if the file system cannot."""
    rename = _renameat2()
    if rename is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one), None, str(other))


@cache
def _renameat2() -> Any:
    """The function of the C library; None if it has none."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is not None:
        function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return function


def _rename_twice(new: Path, final: Path) -> None:
    aside = temporary_beside(final)
    final.rename(aside)
    try:
        new.rename(final)
    except BaseException:
        aside.rename(final)
        raise
    aside.rename(new)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to disk, as fsync does for a file's content, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # a folder may be written to without being readable
        return
    with storing(folder):
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP):
                raise
        finally:
            os.close(handle)
