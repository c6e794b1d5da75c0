"""Put proven files into their final folder: replace the folder in one step, or its files one by one.

The caller holds the lock of the folder, so no other process writes there.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from functools import partial
from pathlib import Path

from opengenome.core.atomic import is_temporary
from opengenome.flow import is_per_sequence_part
from opengenome.io import published
from opengenome.io.exchange import replace_folder, sync_folder
from opengenome.io.members import FOLDERS, entries, folder_of, is_ours
from opengenome.io.published import Proof
from opengenome.io.store import storing, temporary_folder
from opengenome.io.tables import PUBLISHED, VALIDATION

# Errors of a folder that cannot be replaced, although its files may be: it is a mount point, its parent belongs to
# another user, or it lies in a layer of an overlay.
_KEEPS_THE_FOLDER = (errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS)


def foreign(folder: Path) -> set[str]:
    """What a folder of results holds besides published files: a file of some runs is one only if the proof lists it."""
    return entries(folder) - {*PUBLISHED} - published.listed(folder)


def only_ours(folder: Path) -> bool:
    """Whether a folder, or a link or file in its place, holds only published files."""
    return folder.is_symlink() or not folder.is_dir() or not foreign(folder)


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
    """Replace the files one by one, and remove those of an earlier run. Until the end, the folder has no proof."""
    with storing(target):
        target.mkdir(exist_ok=True)
        earlier = published.listed(target)
        published.withdraw(target, earlier | proof.files.keys())
        sync_folder(target)
        _remove(target, earlier - {*PUBLISHED, *proof.files})
        _copy(source, target, proof)
        sync_folder(target)


def _copy(source: Path, folder: Path, proof: Proof) -> None:
    inner = [folder / name for name in FOLDERS if name in map(folder_of, proof.files)]
    for place in inner:
        if place.is_symlink():  # nothing is written where a link leads
            place.unlink()
        place.mkdir(exist_ok=True)
    for name, sha256 in proof.files.items():
        put = published.link_file if is_per_sequence_part(name) else published.copy_file
        put(source / name, folder / name, sha256)
    for place in inner:
        sync_folder(place)
    published.copy_file(source / VALIDATION, folder / VALIDATION, proof.sha256)


def _remove(folder: Path, names: set[str]) -> None:
    """Remove published files, and the folders that they were in if nothing else is there. No link is followed."""
    inner = [folder / name for name in FOLDERS if name in map(folder_of, names)]
    for place in inner:
        if place.is_symlink():
            place.unlink()
    for name in names:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            (folder / name).unlink()
    for place in inner:
        with contextlib.suppress(OSError):
            place.rmdir()


def remove_unfinished(target: Path) -> None:
    """Remove the temporary files of a process that was killed while it filled the folder."""
    unfinished = temporaries(target, is_ours)
    for inner in FOLDERS:
        if not (target / inner).is_symlink():
            unfinished += temporaries(target / inner, partial(_is_ours_in, inner))
    for file in unfinished:
        with contextlib.suppress(OSError):
            file.unlink()


def _is_ours_in(folder: str, name: str) -> bool:
    return is_ours(f"{folder}/{name}")


def temporaries(folder: Path, of: Callable[[str], bool]) -> list[Path]:
    """The temporary files and folders in a folder. of: whether to include those that were made for a name."""
    try:
        temporary = [path for path in folder.iterdir() if is_temporary(path.name)]
    except OSError:
        return []
    return [path for path in temporary if of(path.name[1:].rsplit(".", 2)[0])]
