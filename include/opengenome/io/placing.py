"""Give a set of proven files its place: a new folder in one step, or the old folder's files one by one.

Whoever calls holds the lock of the place, so nobody else is at work on it.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from pathlib import Path

from opengenome.core.atomic import is_temporary
from opengenome.io import published
from opengenome.io.exchange import replace_folder, sync_folder
from opengenome.io.published import Proof
from opengenome.io.store import storing, temporary_folder
from opengenome.io.tables import PUBLISHED, VALIDATION

# What a system answers where a folder cannot be replaced but its files may be: it is a mount point, its parent belongs
# to somebody else, or it lies in a layer of an overlay.
_KEEPS_THE_FOLDER = (errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS)


def foreign(path: Path) -> bool:
    """Whether what lies in a folder of published files is none of them."""
    return path.name not in PUBLISHED or (path.is_dir() and not path.is_symlink())


def only_ours(folder: Path) -> bool:
    """Whether a folder, or a link or file in its place, holds nothing that somebody else put there."""
    return folder.is_symlink() or not folder.is_dir() or not any(map(foreign, folder.iterdir()))


def replaced(source: Path, target: Path, proof: Proof, fits: Callable[[Path], bool] = lambda _: True) -> bool:
    """Build a new folder beside, and exchange the two. False, with nothing changed, where the old one has to stay.

    fits: whether the new folder, still empty, may take the old one's place.
    """
    with temporary_folder(target) as folder:
        if not fits(folder):
            return False
        _copy(source, folder, proof)
        try:
            replace_folder(folder, target)
        except OSError as error:
            if error.errno in _KEEPS_THE_FOLDER:
                return False
            raise
    return True


def fill(source: Path, target: Path, proof: Proof) -> None:
    """Replace the files one by one. At no moment does a proof lie beside files that are not all its own."""
    with storing(target):
        target.mkdir(exist_ok=True)
        (target / VALIDATION).unlink(missing_ok=True)
        sync_folder(target)
        _copy(source, target, proof)
        sync_folder(target)


def _copy(source: Path, folder: Path, proof: Proof) -> None:
    for name, sha256 in proof.files.items():
        published.copy_file(source / name, folder / name, sha256)
    published.copy_file(source / VALIDATION, folder / VALIDATION, proof.sha256)


def remove_unfinished(target: Path) -> None:
    """Remove the temporary files that a process left which was killed while it filled the folder."""
    for file in temporaries(target, set(PUBLISHED)):
        with contextlib.suppress(OSError):
            file.unlink()


def temporaries(folder: Path, names: set[str]) -> list[Path]:
    """Temporary entries in a folder that stand for one of the names."""
    try:
        entries = [path for path in folder.iterdir() if is_temporary(path.name)]
    except OSError:
        return []
    return [path for path in entries if path.name[1:].rsplit(".", 2)[0] in names]
