"""Copy one run's published files to the --output folder, whole and proven, even if other commands write there too."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import stat
import sys
from pathlib import Path

from opengenome.core import atomic
from opengenome.core.atomic import is_temporary, temporary_beside
from opengenome.errors import ContractError, StorageError, UsageError
from opengenome.io import published, tables
from opengenome.io.exchange import locked
from opengenome.io.members import FOLDERS, entries, is_ours
from opengenome.io.placing import fill, foreign, remove_unfinished, replaced, temporaries


def check_writable(output: Path) -> None:
    """Raise UsageError if the results could not be written there. Leaves nothing behind."""
    target = Path(os.path.realpath(output))
    try:
        if target.is_symlink():
            raise UsageError(f"--output {output} is a link that leads to itself", advice="Repair or remove the link.")
        if target.is_dir():
            _check_names(output, target)
            tried = target / target.name
        else:
            # The first folder that would have to be created. lstat raises an error for an invalid name.
            missing = [folder for folder in (target, *target.parents) if not _is_there(folder)]
            if not missing:
                raise UsageError(f"--output {output} is a file, not a folder", advice="Choose another folder.")
            tried = missing[-1]
        probe = temporary_beside(tried)
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise UsageError(f"--output {output} cannot be written to: {error.strerror}") from error


def _check_names(output: Path, target: Path) -> None:
    """Raise UsageError if the folder holds something else with a name of ours, which is in the way of results."""
    with contextlib.suppress(PermissionError):  # a folder may be written to without being readable
        if others := sorted(name for name in foreign(target) if is_ours(name.removesuffix("/")) or name in FOLDERS):
            more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
            raise UsageError(
                f"--output {output} already holds {others[0]}{more}, which no results there list",
                advice="Move it away or choose another folder, because results have such a name.",
            )


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def write_text(path: Path, text: str) -> None:
    """Write the file that --output names, whole or not at all. Makes missing folders above.

    Raises UsageError if a folder lies there, StorageError if the file cannot be written.
    """
    if path.is_dir():
        raise UsageError(f"--output {path} is a folder, not a file", advice="Name a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, lambda file: file.write(text.encode()))
    except OSError as error:
        raise StorageError(f"--output {path} cannot be written: {error.strerror}") from error


def holds(output: Path, run: str) -> bool:
    """Whether the results there belong to this run. They are not verified."""
    try:
        return bool(tables.read_document(output / tables.PROVENANCE)["run"] == run)
    except (ContractError, KeyError):
        return False


def copy_results(results: Path, output: Path) -> None:
    """Copy the published files to `output`, and check the copies against the proof.

    A folder that holds nothing else is replaced in one step. In any other folder the files are replaced one by one. The
    proof is removed first and written last, so that until then `verify` says that the folder is not proven. Raises
    StorageError if the files cannot be written, ContractError or LawError if the results are not what was proven.
    """
    results = published.one_folder(results)
    proof = published.verify(results)
    try:
        target = output.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(_lockable(target), _log_line):
            _remove_leftovers(target)
            fits = functools.partial(_alike, target)
            if not (_replaceable(target) and replaced(results, target, proof, fits)):
                fill(results, target, proof)
    except OSError as error:
        raise StorageError(f"The results in {results} cannot be copied to {output}: {error}") from error


def _log_line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _lockable(target: Path) -> Path:
    """The parent, which stays when the folder is replaced; the folder itself if the parent cannot be read."""
    return target.parent if os.access(target.parent, os.R_OK) else target


def _replaceable(target: Path) -> bool:
    """Whether the folder may be replaced: it holds nothing else and is not the working directory."""
    if not os.access(target.parent, os.W_OK | os.X_OK):
        return False
    if not os.path.lexists(target):
        return True
    return not (_holds_the_working_directory(target) or target.is_mount() or foreign(target))


def _holds_the_working_directory(target: Path) -> bool:
    """Replacing the working directory would leave the shell in a deleted folder."""
    try:
        return Path.cwd().is_relative_to(target)
    except FileNotFoundError:
        return False


def _alike(target: Path, folder: Path) -> bool:
    """Give the new folder the old one's permissions; False if its owner, group or attributes differ."""
    if not os.path.lexists(target):
        return True
    new, old = folder.stat(), target.stat()
    folder.chmod(stat.S_IMODE(old.st_mode))
    return (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid) and _attributes(folder) == _attributes(target)


def _attributes(folder: Path) -> list[str]:
    return sorted(os.listxattr(folder)) if hasattr(os, "listxattr") else []


def _remove_leftovers(target: Path) -> None:
    """Remove what a killed process left here. We hold the lock, so no other process is using it."""
    for folder in temporaries(target.parent, lambda name: name == target.name):
        if folder.is_dir() and all(is_ours(name) or is_temporary(Path(name).name) for name in entries(folder)):
            shutil.rmtree(folder, ignore_errors=True)
    remove_unfinished(target)
