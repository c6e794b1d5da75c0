"""What --input names: whether another process can read it, how a run is told of it, and standard input as a file."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from opengenome.cli.environment import Site
from opengenome.errors import EngineError, InputError, OpenGenomeError, UsageError, printable
from opengenome.io.paths import belongs_to_a_process, text_of
from opengenome.io.store import storing

STANDARD_INPUT = "-"
_LOOKED_AT = 1000  # files at most, before anything starts
_PREFIX = "standard-input-"
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_ADVICE = "Give a file, or pipe it in with `--input -`."


def check_inputs(paths: Iterable[str], place: str) -> None:
    """Raises UsageError for what is not there, and for what the run could not read as it is meant."""
    paths = list(paths)
    for path in paths:
        if path != STANDARD_INPUT:
            try:
                _check(path)
            except OSError as error:  # permission denied on the way, or a name that is too long
                raise UsageError(f"--input {_short(path)} cannot be read: {error.strerror}") from error
    if STANDARD_INPUT in paths:
        _check_standard_input(paths, place)
    if place == "here":
        for path in paths[:_LOOKED_AT]:
            if path != STANDARD_INPUT and Path(path).is_file():
                _look_at(path)


def _short(path: str) -> str:
    """A pasted sequence is no name."""
    return printable(path if len(path) < 200 else f"{path[:60]}…")


def _check(path: str) -> None:
    name = _short(path)
    if not path:
        raise UsageError("--input is empty")
    pattern = not Path(path).exists() and glob.has_magic(path)
    found = glob.glob(path) if pattern else [path]  # noqa: PTH207 - an absolute pattern, which Path.glob refuses
    if _reaches_into_a_process(path, found):
        raise UsageError(f"--input {name} is not a file that another process can read", advice=_ADVICE)
    if Path(path).is_symlink() and not Path(path).exists():
        target = printable(str(Path(path).readlink()))
        raise UsageError(f"--input {name} is a link to {target}, which is not there", advice="Mend the link.")
    if not found or not Path(found[0]).exists():
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path):
            advice = "Give its path alone." if path.lower().startswith("file:") else "Download it first."
            raise UsageError(f"--input {name} is a URL, and only files are read", advice=advice)
        raise UsageError(f"--input {name} does not exist")
    for one in found:
        if kind := _KINDS.get(stat.S_IFMT(Path(one).stat().st_mode)) if Path(one).exists() else None:
            raise UsageError(f"--input {printable(one)} is {kind}, not a file", advice=_ADVICE)
    if pattern and not _plain(absolute(path)):
        raise UsageError(
            f"--input {name} is a pattern with characters that cannot be passed on",
            advice="Name the files, or their folder.",
        )
    if not pattern and not os.access(path, os.R_OK):
        raise UsageError(f"--input {name} cannot be read: permission denied")


def _look_at(path: str, called: str = "") -> None:
    """Raise UsageError for a file that `discover` would refuse by its first bytes, in the same words.

    called: what the user knows it as, if that is not its path.
    """
    from opengenome.io import sources  # with pyarrow, which takes a moment

    try:
        file, found = sources.inspect(absolute(path), os.fstat)
        if not found.format:
            raise found.refusal(file.path)
    except InputError as error:
        where = error.where | ({"file": called} if called else {})
        raise UsageError(error.message, advice=error.advice, **where) from error
    except EngineError:  # a disk that fails now: the run will say so, or read it
        pass


def _reaches_into_a_process(path: str, found: Iterable[str]) -> bool:
    """Whether a path or pattern, or what it matches, is seen by one process alone.

    A pattern may match a hundred thousand files: each of their folders is looked at once, and links one by one.
    """
    matches = [Path(one) for one in found]
    suspects = {Path(path), *(one.parent for one in matches), *(one for one in matches if one.is_symlink())}
    return any(map(belongs_to_a_process, suspects))


def _check_standard_input(paths: list[str], place: str) -> None:
    if paths.count(STANDARD_INPUT) > 1:
        raise UsageError("--input - is given twice; standard input can be read once")
    if place != "here":
        raise UsageError("--input - cannot be read by the stack", advice="Put a file into its landing folder.")
    if sys.stdin is None:
        raise UsageError("--input - cannot be read: standard input is closed")
    if sys.stdin.isatty():
        raise UsageError("--input - reads standard input, which is this terminal", advice="Pipe data into it.")


def absolute(path: str) -> Path:
    """A path or a pattern from the root. Links stay, but before a `..`: it goes up from where a link leads to."""
    return Path(os.path.realpath(path) if ".." in Path(path).parts else os.path.abspath(path))  # noqa: PTH100


def line_of(path: Path, here: Path) -> str:
    """A line of a run's `source`. path: as the run sees it. here: as this process does; if not there, a pattern."""
    return text_of(path) if here.exists() else str(path)


def _plain(path: Path) -> bool:
    return text_of(path) == str(path)


@contextlib.contextmanager
def with_standard_input(paths: Iterable[str], site: Site, say: Callable[[str], None]) -> Iterator[list[str]]:
    """The inputs, with `-` replaced by a file that holds what standard input held. It is gone at the end.

    Raises StorageError where the disk cannot take it.
    """
    paths = list(paths)
    if STANDARD_INPUT not in paths:
        yield paths
        return
    site.prepare()
    with _private_file(site.standard_input) as file:
        say("Reading standard input")
        with storing(file.parent), file.open("wb") as target:
            shutil.copyfileobj(sys.stdin.buffer, target, 1 << 20)
            size = target.tell()
        say(f"{size:,} bytes were read from standard input; they are kept until this command ends")
        try:
            _look_at(str(file), "standard input")
            yield [str(file) if path == STANDARD_INPUT else path for path in paths]
        except OpenGenomeError:
            say("What was read from standard input is removed; to try again, pipe it in again")
            raise


@contextlib.contextmanager
def _private_file(folder: Path) -> Iterator[Path]:
    """A new file that only its owner can read. What commands that were killed left behind is removed."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{_PREFIX}{secrets.token_hex(8)}"
    with storing(folder), (folder / ".lock").open("a") as gate:
        # Each owner holds a lock on its file, which the kernel lets go of; the gate keeps a new file from being taken
        # for one that was left, in the moment before it is locked.
        fcntl.flock(gate, fcntl.LOCK_EX)
        for left in folder.glob(f"{_PREFIX}*"):
            _remove_if_left(left)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _remove_if_left(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
