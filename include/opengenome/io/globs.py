"""Globs, as glob.glob reads them, which never look into a folder that the caller does not allow."""

from __future__ import annotations

import fnmatch
import glob
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from opengenome.errors import UsageError

Allow = Callable[[Path], object]  # raises for a folder that may not be looked into


def fixed_parts(pattern: Path) -> tuple[str, ...]:
    """The parts of a pattern before its first wildcard."""
    return tuple(itertools.takewhile(lambda part: not glob.has_magic(part), pattern.parts))


def matches(pattern: Path, allow: Allow) -> list[Path]:
    """The files and folders that a pattern matches, sorted. Raises UsageError for '..' after a wildcard."""
    fixed = fixed_parts(pattern)
    return sorted(set(_below(Path(*fixed), pattern.parts[len(fixed) :], allow)))


def _below(folder: Path, parts: tuple[str, ...], allow: Allow) -> Iterator[Path]:
    if not parts:
        return
    first, rest = parts[0], parts[1:]
    if first == "..":
        raise UsageError("A glob goes up by '..' after a wildcard", advice="Name the folder that is meant.")
    allow(folder)
    try:
        names = sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    if first == "**":
        yield from _below(folder, rest or ("*",), allow)
        below = (folder / name for name in names if not name.startswith("."))
        for path in below:
            if path.is_dir() and not path.is_symlink():
                yield from _below(path, parts, allow)
        return
    for name in names:
        if fnmatch.fnmatchcase(name, first) and (first.startswith(".") or not name.startswith(".")):
            if rest:
                yield from _below(folder / name, rest, allow)
            else:
                yield folder / name
