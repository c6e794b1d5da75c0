"""Explain the operating system's errors when a file cannot be written, and say what to do."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

_MORE_ROOM = "Free some space, or point OPENGENOME_STORE or OPENGENOME_RESULTS at a larger disk."
MORE_FILES = "Raise the limit of `ulimit -n`."
_OTHER_DISK = "Point OPENGENOME_STORE or OPENGENOME_RESULTS at a folder on an ordinary disk."
_OTHER_KIND = "Move it away; the missing files are written again."
LOOK_AFTER = "Check its disk or network."
# Failures of disks and networks that may go away by themselves.
MAY_PASS = frozenset(
    {
        *(errno.EIO, errno.EREMOTEIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.ECONNRESET),
        *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH, errno.ENOMEM),
    }
)
# Errors that stay until somebody fixes the cause: reason, advice.
_REASONS = {
    errno.ENOSPC: ("no space is left on the disk", _MORE_ROOM),
    errno.EDQUOT: ("the disk quota is used up", _MORE_ROOM),
    errno.EACCES: ("permission was denied", "Give the user that runs Airflow the right to write there."),
    errno.EPERM: ("permission was denied", "Give the user that runs Airflow the right to write there."),
    errno.EROFS: ("the file system is read-only", "Point OPENGENOME_STORE or OPENGENOME_RESULTS at a writable one."),
    errno.EXDEV: ("a folder there cannot be renamed", "Put the store and the results on a disk of one layer."),
    errno.EBUSY: ("something there is in use, or a mount point", "Mount the store or the results as a whole."),
    errno.EISDIR: ("a folder lies where a file should be", _OTHER_KIND),
    errno.ENOTDIR: ("a file lies where a folder should be", _OTHER_KIND),
    errno.EEXIST: ("something else has the name of a folder or file of ours", _OTHER_KIND),
    errno.ENOTEMPTY: ("a folder that should be empty is not", _OTHER_KIND),
    errno.ELOOP: ("a link there leads to itself", "Remove the link."),
    errno.EMFILE: ("too many files are open", MORE_FILES),
    errno.ENFILE: ("too many files are open", MORE_FILES),
    errno.EFBIG: ("a file would be larger than is allowed", "Raise the limit of `ulimit -f`."),
    errno.EINVAL: ("the file system does not take such a file or name", _OTHER_DISK),
    errno.EILSEQ: ("the file system does not take such a file or name", _OTHER_DISK),
    errno.EOPNOTSUPP: ("the file system cannot do that", _OTHER_DISK),
    errno.ENOSYS: ("the file system cannot do that", _OTHER_DISK),
    errno.ENAMETOOLONG: ("a name is too long", "Give OPENGENOME_STORE or OPENGENOME_RESULTS a shorter path."),
}
# For ENOENT on a file system that takes no folders. Elsewhere it means that something is missing or was removed.
_NO_FOLDERS = (
    "no folder can be made there",
    "Start a new run with OPENGENOME_STORE and OPENGENOME_RESULTS in folders on an ordinary disk.",
)
# Errors that concern one file or folder, which the message then names. The others concern the whole disk.
OF_ONE_NAME = frozenset(
    {errno.EXDEV, errno.EBUSY, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ELOOP}
)


def refusal(error: OSError, path: Path) -> tuple[str, str] | None:
    """Why something below a path cannot be written, and what to do; None if the error may go away by itself."""
    if error.errno == errno.ENOENT and _takes_no_folder(path):
        return _NO_FOLDERS
    return _REASONS.get(error.errno or 0)


def _takes_no_folder(path: Path) -> bool:
    """Whether the path is on a file system that refuses new folders with ENOENT, as /proc does."""
    there = next(place for place in (path, *path.parents, Path()) if place.is_dir())
    try:
        Path(tempfile.mkdtemp(prefix=".", dir=there)).rmdir()
    except OSError as error:
        return error.errno == errno.ENOENT
    return False


def first_line(error: Exception) -> str:
    """The first line of an error's message. In Arrow's messages, places in its own source follow."""
    return (str(error).splitlines() or [type(error).__name__])[0]
