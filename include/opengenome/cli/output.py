"""The folder that --output names: it gets one run's published files, whole and proven, whoever else does the same."""

from __future__ import annotations

import functools
import os
import shutil
import stat
import sys
from pathlib import Path

from opengenome.core.atomic import is_temporary, temporary_beside
from opengenome.errors import ContractError, StorageError, UsageError
from opengenome.io import published, tables
from opengenome.io.exchange import locked
from opengenome.io.placing import fill, foreign, remove_unfinished, replaced, temporaries


def check_writable(output: Path) -> None:
    """Raise UsageError where the results could not be put there. Nothing is left there: a run that fails has none."""
    target = Path(os.path.realpath(output))
    try:
        if target.is_symlink():
            circle = f"--output {output} is a link that leads in a circle"
            raise UsageError(circle, advice="Mend the link, or remove it.")
        if target.is_dir():
            tried = target / target.name
        else:
            # The first folder that would have to be made, under a name that nobody has. lstat tells a bad name.
            missing = [folder for folder in (target, *target.parents) if not _is_there(folder)]
            if not missing:
                raise UsageError(f"--output {output} is a file, not a folder", advice="Name another place.")
            tried = missing[-1]
        probe = temporary_beside(tried)
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise UsageError(f"--output {output} cannot be written to: {error.strerror}") from error


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def holds(output: Path, run: str) -> bool:
    """Whether the results of this run lie there, and not those of another one. Whether they verify is not asked."""
    try:
        return bool(tables.read_document(output / tables.PROVENANCE)["run"] == run)
    except (ContractError, KeyError):
        return False


def copy_results(results: Path, output: Path) -> None:
    """Copy the published files to `output`, and check what arrived against the proof.

    A folder that holds nothing else is replaced in one step. In any other one the files are replaced one by one, the
    proof removed first and written last: until then `verify` says that the folder is not proven. Raises StorageError
    where the output cannot take them, ContractError or LawError where the results are not what was proven.
    """
    results = published.one_folder(results)
    proof = published.verify(results)
    try:
        target = output.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(_lockable(target), _say):
            _remove_leftovers(target)
            fits = functools.partial(_alike, target)
            if not (_replaceable(target) and replaced(results, target, proof, fits)):
                fill(results, target, proof)
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
    return not (_holds_the_working_directory(target) or target.is_mount() or any(map(foreign, target.iterdir())))


def _holds_the_working_directory(target: Path) -> bool:
    """The shell would be left in a folder that is gone."""
    try:
        return Path.cwd().is_relative_to(target)
    except FileNotFoundError:
        return False


def _alike(target: Path, folder: Path) -> bool:
    """Give the new folder the old one's permissions; False where it cannot have its owner, group or attributes."""
    if not os.path.lexists(target):
        return True
    new, old = folder.stat(), target.stat()
    folder.chmod(stat.S_IMODE(old.st_mode))
    return (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid) and _attributes(folder) == _attributes(target)


def _attributes(folder: Path) -> list[str]:
    return sorted(os.listxattr(folder)) if hasattr(os, "listxattr") else []


def _remove_leftovers(target: Path) -> None:
    """What a process that was killed here has left. The lock is ours, so nobody is at work on it."""
    for folder in temporaries(target.parent, {target.name}):
        if folder.is_dir() and not any(foreign(path) and not is_temporary(path.name) for path in folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)
    remove_unfinished(target)
