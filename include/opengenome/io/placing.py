"""Put proven files into their final folder: replace the folder in one step, or its files one by one.

The caller holds the lock of the folder, so no other process writes there.
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

# Errors of a folder that cannot be replaced, although its files may be: it is a mount point, its parent belongs to
# another user, or it lies in a layer of an overlay.
_KEEPS_THE_FOLDER = (errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS)


def foreign(path: Path) -> bool:
    """Whether an entry of a results folder is not one of the published files."""
    return path.name not in PUBLISHED or (path.is_dir() and not path.is_symlink())


def only_ours(folder: Path) -> bool:
    """Whether a folder, or a link or file in its place, holds only published files."""
    return folder.is_symlink() or not folder.is_dir() or not any(map(foreign, folder.iterdir()))


def replaced(source: Path, target: Path, proof: Proof, fits: Callable[[Path], bool] = lambda _: True) -> bool:
    """Build a new folder beside the old one and exchange the two. False if the old one must stay; nothing has changed.

    fits: whether the new folder, still empty, may take the place of the old one.
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
    """Replace the files one by one. A proof is never in the folder together with files of another proof."""
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
    """Remove the temporary files of a process that was killed while it filled the folder."""
    for file in temporaries(target, set(PUBLISHED)):
        with contextlib.suppress(OSError):
            file.unlink()


def temporaries(folder: Path, names: set[str]) -> list[Path]:
    """The temporary files and folders in a folder that were made for one of the names."""
    try:
        entries = [path for path in folder.iterdir() if is_temporary(path.name)]
    except OSError:
        return []
    return [path for path in entries if path.name[1:].rsplit(".", 2)[0] in names]
