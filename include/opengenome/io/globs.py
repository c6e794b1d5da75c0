"""Expand globs as glob.glob does, but never look into a folder that the caller does not allow.

`**` follows links to folders, as the search of a named folder does. The tree is walked once for all parts of a pattern,
so the work does not grow with the number of `**` or with links.
"""

from __future__ import annotations

import fnmatch
import glob
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from opengenome.errors import UsageError
from opengenome.io import paths

Allow = Callable[[Path], object]  # raises for a forbidden folder


def fixed_parts(pattern: Path) -> tuple[str, ...]:
    """The parts of a pattern before its first wildcard."""
    return tuple(itertools.takewhile(lambda part: not glob.has_magic(part), pattern.parts))


def matches(pattern: Path, allow: Allow) -> list[Path]:
    """The files and folders that a pattern matches, sorted. Raises UsageError for '..' after a wildcard.

    Each folder is searched under one name only: its own name if it can be reached without a link.
    """
    fixed = fixed_parts(pattern)
    parts = pattern.parts[len(fixed) :]
    if ".." in parts:
        raise UsageError("A glob goes up by '..' after a wildcard", advice="Name the folder itself.")
    if parts[-1:] == ("**",):
        parts = (*parts, "*")
    parts = tuple(part for at, part in enumerate(parts) if (part, *parts[at + 1 : at + 2]) != ("**", "**"))
    return sorted(set(_below(Path(*fixed), parts, allow))) if parts else []


def _below(top: Path, parts: tuple[str, ...], allow: Allow) -> Iterator[Path]:
    """What the parts match below `top`. Each waiting place has the indexes of the parts that may match next."""
    folders, links = [(top, {0})], list[tuple[Path, set[int]]]()
    done = defaultdict[Path, set[int]](set)  # by folder, links resolved
    while folders or links:
        place, come = (folders or links).pop()
        allow(place)
        resolved = place.resolve()
        if paths.seen_by_one_process(resolved):
            come = {at for at in come if parts[at] != "**"}
        come |= {at + 1 for at in come if parts[at] == "**"}  # `**` also matches no folder at all
        come -= done[resolved]
        done[resolved] |= come
        for path in _entries(place) if come else ():
            passed = {at + 1 for at in come if _fits(path.name, parts[at])}
            if len(parts) in passed:
                yield path
            if not path.name.startswith(".") and any(parts[at] == "**" for at in come) and path.is_dir():
                passed |= {at for at in come if parts[at] == "**"}
            if following := passed - {len(parts)}:
                (links if path.is_symlink() else folders).append((path, following))


def _fits(name: str, part: str) -> bool:
    return part != "**" and fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
