"""--input: check the paths, turn them into a run's `source`, and save standard input to a file."""

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
from typing import TYPE_CHECKING

from opengenome.cli.environment import Site
from opengenome.core.model import Mode
from opengenome.errors import EngineError, InputError, OpenGenomeError, UsageError, printable, readable
from opengenome.io.paths import belongs_to_a_process, text_of
from opengenome.io.store import storing

if TYPE_CHECKING:
    from opengenome.io import samplesheet

STANDARD_INPUT = "-"
_LOOKED_AT = 1000  # the most files that are checked before anything starts
_PREFIX = "standard-input-"
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_ADVICE = "Give a file, or pipe it in with `--input -`."


def check_inputs(
    paths: Iterable[str], place: str, option: str = "--input", mode: str | None = None
) -> samplesheet.Sheet | None:
    """Raises UsageError for inputs that do not exist or that the run could not read. Returns the samplesheet, if any.

    option: which gave them. mode: the run's, as given; it decides what a samplesheet may name.
    """
    paths = list(paths)
    for path in paths:
        if path != STANDARD_INPUT:
            try:
                _check(path, option)
            except OSError as error:  # a parent folder without permission, or a name that is too long
                raise UsageError(f"{option} {readable(path)} cannot be read: {error.strerror}") from error
    if STANDARD_INPUT in paths:
        _check_standard_input(paths, place)
    if place != "here":
        return None
    if len(paths) == 1 and (sheet := _samplesheet(paths[0], mode)):
        return sheet
    for path in paths[:_LOOKED_AT]:
        if path != STANDARD_INPUT and Path(path).is_file():
            _look_at(path)
    return None


def _check(path: str, option: str) -> None:
    name = readable(path)
    if not path:
        raise UsageError(f"{option} is empty")
    pattern = not Path(path).exists() and glob.has_magic(path)
    found = glob.glob(path) if pattern else [path]  # noqa: PTH207 - an absolute pattern, which Path.glob refuses
    if _reaches_into_a_process(path, found):
        raise UsageError(f"{option} {name} cannot be read by another process", advice=_ADVICE)
    if Path(path).is_symlink() and not Path(path).exists():
        target = printable(str(Path(path).readlink()))
        raise UsageError(f"{option} {name} is a link to {target}, which does not exist", advice="Repair the link.")
    if not found or not Path(found[0]).exists():
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path):
            advice = "Give only its path." if path.lower().startswith("file:") else "Download it first."
            raise UsageError(f"{option} {name} is a URL, but only files can be read", advice=advice)
        raise UsageError(f"{option} {name} does not exist")
    for one in found:
        if kind := _KINDS.get(stat.S_IFMT(Path(one).stat().st_mode)) if Path(one).exists() else None:
            raise UsageError(f"{option} {printable(one)} is {kind}, not a file", advice=_ADVICE)
    if pattern and not _plain(absolute(path)):
        raise UsageError(
            f"{option} {name} is a pattern with characters that cannot be passed to the run",
            advice="Name the files, or their folder.",
        )
    if not pattern and not os.access(path, os.R_OK):
        raise UsageError(f"{option} {name} cannot be read: permission denied")


def _samplesheet(path: str, mode: str | None) -> samplesheet.Sheet | None:
    """The only input, if it is a samplesheet. Raises UsageError that tells its problems, as `discover` would."""
    from opengenome.io import samplesheet  # here: as in `_look_at`

    line = line_of(absolute(path), absolute(path))
    try:
        return samplesheet.read(line, [Path("/")], Mode(mode or Mode.AUTO))
    except InputError as error:
        raise UsageError(error.message, advice=error.advice, **error.where) from error
    except EngineError:  # as in `_look_at`
        return None


def _look_at(path: str, called: str = "") -> None:
    """Raise UsageError for a file that `discover` would refuse by its first bytes, with the same message.

    called: the name for the message, if not the path.
    """
    from opengenome.io import sources  # here: imports pyarrow, which takes a moment

    try:
        file, found = sources.inspect(absolute(path), os.fstat)
        if not found.format:
            raise found.refusal(file.path)
    except InputError as error:
        where = error.where | ({"file": called} if called else {})
        raise UsageError(error.message, advice=error.advice, **where) from error
    except EngineError:  # the disk fails now; the run will read the file or report the error
        pass


def _reaches_into_a_process(path: str, found: Iterable[str]) -> bool:
    """Whether a path or pattern, or a file that it matches, is visible to one process alone.

    A pattern may match a hundred thousand files. So only their folders and the links among them are checked.
    """
    matches = [Path(one) for one in found]
    suspects = {Path(path), *(one.parent for one in matches), *(one for one in matches if one.is_symlink())}
    return any(map(belongs_to_a_process, suspects))


def _check_standard_input(paths: list[str], place: str) -> None:
    if paths.count(STANDARD_INPUT) > 1:
        raise UsageError("--input - is given twice, but standard input can be read only once")
    if place != "here":
        raise UsageError("--input - cannot be read by the stack", advice="Put a file into its landing folder.")
    if sys.stdin is None:
        raise UsageError("--input - cannot be read: standard input is closed")
    if sys.stdin.isatty():
        raise UsageError("--input - reads standard input, which is this terminal", advice="Pipe data into it.")


def absolute(path: str) -> Path:
    """An absolute path or pattern. Links are kept unless a `..` follows, which goes up from the link's target."""
    return Path(os.path.realpath(path) if ".." in Path(path).parts else os.path.abspath(path))  # noqa: PTH100


def name_of_source(paths: list[str]) -> str:
    """What a run's inputs are called in its id: the first one's name without folder and extensions, and how many more.

    A pattern is called by its folder.
    """
    if paths[0] == STANDARD_INPUT:
        name = "standard input"
    else:
        path = absolute(paths[0])
        path = path.parent if glob.has_magic(path.name) else path
        name = path.name.partition(".")[0]
    return f"{name} and {len(paths) - 1} more" if len(paths) > 1 else name


def line_of(path: Path, here: Path) -> str:
    """A line of a run's `source`. path: as the run sees it. here: as this process sees it; a pattern if missing."""
    return text_of(path) if here.exists() else str(path)


def seen_here(path: str) -> str:
    """The line of a run's `source` for a path, as a run on this machine sees it."""
    found = absolute(path)
    return line_of(found, found)


def _plain(path: Path) -> bool:
    return text_of(path) == str(path)


@contextlib.contextmanager
def with_standard_input(paths: Iterable[str], site: Site, log_line: Callable[[str], None]) -> Iterator[list[str]]:
    """The inputs, with `-` replaced by a temporary file that holds standard input.

    Raises StorageError if the file cannot be written.
    """
    paths = list(paths)
    if STANDARD_INPUT not in paths:
        yield paths
        return
    site.prepare()
    with _private_file(site.standard_input) as file:
        log_line("Reading standard input")
        with storing(file.parent), file.open("wb") as target:
            shutil.copyfileobj(sys.stdin.buffer, target, 1 << 20)
            size = target.tell()
        log_line(f"Read {size:,} bytes from standard input; they are kept until this command ends")
        try:
            _look_at(str(file), "standard input")
            yield [str(file) if path == STANDARD_INPUT else path for path in paths]
        except OpenGenomeError:
            log_line("The data from standard input is removed; to try again, pipe it in again")
            raise


@contextlib.contextmanager
def _private_file(folder: Path) -> Iterator[Path]:
    """A new file that only its owner can read. Files left by killed commands are removed."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{_PREFIX}{secrets.token_hex(8)}"
    with storing(folder), (folder / ".lock").open("a") as gate:
        # Each owner holds a lock on its file, which the kernel releases when it ends. The gate protects a new file
        # from being removed as left over before it is locked.
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
