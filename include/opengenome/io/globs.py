"""Globs, as glob.glob reads them, which never look into a folder that the caller does not allow.

`**` follows links to folders, as a folder that is named is searched.
"""

from __future__ import annotations

import fnmatch
import glob
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from opengenome.errors import UsageError
from opengenome.io import paths

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
    if first == "**":
        for place in _tree(folder, allow):
            yield from _below(place, rest or ("*",), allow)
        return
    for path in _entries(folder):
        if fnmatch.fnmatchcase(path.name, first) and (first.startswith(".") or not path.name.startswith(".")):
            if rest:
                yield from _below(path, rest, allow)
            else:
                yield path


def _tree(top: Path, allow: Allow) -> Iterator[Path]:
    """A folder and those in it that are not hidden, in depth; each once, though links lead to it or in a circle.

    What links lead to is found last, so that a folder that lies here keeps its own name.
    """
    folders, links = [top], list[Path]()
    seen = set()
    while folders or links:
        place = (folders or links).pop()
        allow(place)
        resolved = place.resolve()
        if resolved in seen or (place.is_symlink() and paths.seen_by_one_process(resolved)):
            continue
        seen.add(resolved)
        yield place
        for path in _entries(place):
            if not path.name.startswith(".") and path.is_dir():
                (links if path.is_symlink() else folders).append(path)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
