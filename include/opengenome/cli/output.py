"""The folder that --output names: it gets one run's published files, whole and proven, whoever else does the same."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
from pathlib import Path

from opengenome.errors import StorageError
from opengenome.io import published
from opengenome.io.exchange import locked, replace_folder, sync_folder
from opengenome.io.published import Proof
from opengenome.io.store import is_temporary, temporary_folder
from opengenome.io.tables import PUBLISHED, VALIDATION

# What a system answers where a folder cannot be replaced but its files may be: it is a mount point, its parent belongs
# to somebody else, or it lies in a layer of an overlay.
_KEEPS_THE_FOLDER = (errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS)


def copy_results(results: Path, output: Path) -> None:
    """Copy the published files to `output`, and check what arrived against the proof.

    A folder that holds nothing else is replaced in one step. In any other one the files are replaced one by one, the
    proof removed first and written last: until then `verify` says that the folder is not proven. Raises StorageError
    where the output cannot take them, ContractError or LawError where the results are not what was proven.
    """
    proof = published.verify(results)
    try:
        target = output.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(_lockable(target), _say):
            _remove_leftovers(target)
            if not (_replaceable(target) and _replace(results, target, proof)):
                _fill(results, target, proof)
    except OSError as error:
        raise StorageError(f"The results in {results} cannot be copied to {output}: {error}") from error


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _lockable(target: Path) -> Path:
    """The parent, which stays when the folder is replaced; the folder itself where the parent is not ours to read."""
    return target.parent if os.access(target.parent, os.R_OK) else target


def _replaceable(target: Path) -> bool:
    """Whether the folder may be another one afterwards: it holds nothing else, and nobody stands in it."""
    if not os.access(target.parent, os.W_OK | os.X_OK):
        return False
    if not os.path.lexists(target):
        return True
    return not (_holds_the_working_directory(target) or target.is_mount() or any(map(_foreign, target.iterdir())))


def _holds_the_working_directory(target: Path) -> bool:
    """The shell would be left in a folder that is gone."""
    try:
        return Path.cwd().is_relative_to(target)
    except FileNotFoundError:
        return False


def _foreign(path: Path) -> bool:
    return path.name not in PUBLISHED or (path.is_dir() and not path.is_symlink())


def _replace(results: Path, target: Path, proof: Proof) -> bool:
    """Build a new folder beside, and exchange the two. False, with nothing changed, where the old one has to stay."""
    with temporary_folder(target) as folder:
        if os.path.lexists(target) and not _alike(folder, target):
            return False
        _copy(results, folder, proof)
        try:
            replace_folder(folder, target)
        except OSError as error:
            if error.errno in _KEEPS_THE_FOLDER:
                return False
            raise
    return True


def _alike(folder: Path, target: Path) -> bool:
    """Give the new folder the old one's permissions; False where it cannot have its owner, group or attributes."""
    new, old = folder.stat(), target.stat()
    folder.chmod(stat.S_IMODE(old.st_mode))
    return (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid) and _attributes(folder) == _attributes(target)


def _attributes(folder: Path) -> list[str]:
    return sorted(os.listxattr(folder)) if hasattr(os, "listxattr") else []


def _fill(results: Path, target: Path, proof: Proof) -> None:
    """Replace the files one by one. At no moment does a proof lie beside files that are not all its own."""
    target.mkdir(exist_ok=True)
    (target / VALIDATION).unlink(missing_ok=True)
    sync_folder(target)
    _copy(results, target, proof)
    sync_folder(target)


def _copy(results: Path, folder: Path, proof: Proof) -> None:
    for name, sha256 in proof.files.items():
        published.copy_file(results / name, folder / name, sha256)
    published.copy_file(results / VALIDATION, folder / VALIDATION, proof.sha256)


def _remove_leftovers(target: Path) -> None:
    """What a process that was killed here has left. The lock is ours, so nobody is at work on it."""
    for folder in _temporaries(target.parent, {target.name}):
        if folder.is_dir() and not any(_foreign(path) and not is_temporary(path.name) for path in folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)
    for file in _temporaries(target, set(PUBLISHED)):
        with contextlib.suppress(OSError):
            file.unlink()


def _temporaries(folder: Path, names: set[str]) -> list[Path]:
    """Temporary entries in a folder that stand for one of the names."""
    try:
        entries = [path for path in folder.iterdir() if is_temporary(path.name)]
    except OSError:
        return []
    return [path for path in entries if path.name[1:].rsplit(".", 2)[0] in names]
