"""Turn a line of a source into a path, and refuse paths outside the roots, the folders that inputs may come from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from opengenome.errors import InputError, UsageError, readable
from opengenome.io import globs, paths
from opengenome.io.paths import shown


class Roots:
    """The folders that inputs may come from, links resolved. No path outside them is looked up."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)

    def hold(self, place: Path) -> bool:
        """Whether a path, links resolved, is in one of the roots."""
        return any(map(place.is_relative_to, self.folders))

    def meant(self, line: str) -> tuple[Path, bool]:
        """The path of a line, and whether it is not a glob. Blanks at its ends are kept if such a file exists."""
        if paths.is_uri(line.strip()):
            path = paths.path_of(line.strip())
            self._allowed(path)
            return path, True
        readings = dict.fromkeys([line, line.removesuffix("\r"), line.strip()])
        for text in readings:
            path = Path(text)
            last = text == line.strip()
            if last:
                self._allowed(Path(*globs.fixed_parts(path)))
            if (last or self._is_inside(path)) and _is_there(path):
                self._allowed(path)
                return path, True
        return Path(line.strip()), False

    def _is_inside(self, path: Path) -> bool:
        try:
            self.resolved(path)
        except (UsageError, InputError):
            return False
        return True

    def _allowed(self, path: Path) -> None:
        # The text of the path comes first: /dev/fd/3 may lead to an allowed file, but only in this process.
        if paths.seen_by_one_process(path):
            raise of_a_process(path)
        self.resolved(path)
        if paths.belongs_to_a_process(path):
            raise of_a_process(path)

    def resolved(self, path: Path) -> Path:
        """The path with links resolved. Raises UsageError if it is outside the roots."""
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError) as error:  # OSError since Python 3.13, RuntimeError before
            raise InputError("A symbolic link leads in a circle", file=path, advice="Remove the link.") from error
        except ValueError as error:
            raise InputError(
                "Not a path: no file name can hold such characters", file=short(path), advice="Check the path."
            ) from error
        if not self.hold(resolved):
            raise UsageError(
                f"{short(path)} is outside the folders that inputs may come from",
                advice=f"Allowed: {', '.join(map(shown, self.folders))} (OPENGENOME_SOURCE_ROOTS).",
            )
        return resolved


def of_a_process(path: Path) -> UsageError:
    """The error for a path that only this process, or the one that started it, can open."""
    return UsageError(
        f"{short(path)} is a pipe, a device or a path of one process, and another process could not read it",
        advice="Give a file on a disk.",
    )


def short(name: object) -> str:
    """A name for a message, shortened: it may be a pasted sequence."""
    return readable(shown(str(name)))


def _is_there(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False
