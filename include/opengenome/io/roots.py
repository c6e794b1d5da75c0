"""Which path a line of a source means, and whether it may be looked at: inputs lie below certain folders, the roots."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from opengenome.errors import InputError, UsageError
from opengenome.io import globs, paths
from opengenome.io.paths import shown


class Roots:
    """The folders that inputs may come from, links resolved. Nothing is looked up outside."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)

    def hold(self, place: Path) -> bool:
        """Whether a path, links resolved, lies in one of them."""
        return any(map(place.is_relative_to, self.folders))

    def meant(self, line: str) -> tuple[Path, bool]:
        """The path, and whether it is no glob. Blanks belong to a name where there is one with them."""
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
        # As it is written first: behind /dev/fd/3 may lie a file that is allowed, in this process and in no other.
        if paths.seen_by_one_process(path):
            raise of_a_process(path)
        self.resolved(path)
        if paths.belongs_to_a_process(path):
            raise of_a_process(path)

    def resolved(self, path: Path) -> Path:
        """The path with links resolved. Raises UsageError where it then lies outside the roots."""
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError) as error:  # Python 3.13 says OSError, earlier ones RuntimeError
            raise InputError("A symbolic link leads in a circle", file=path, advice="Remove the link.") from error
        except ValueError as error:
            raise InputError(
                "No path: no file name can hold such characters", file=short(path), advice="Check the path."
            ) from error
        if not self.hold(resolved):
            raise UsageError(
                f"{short(path)} lies outside the folders that inputs may come from",
                advice=f"Allowed: {', '.join(map(shown, self.folders))} (OPENGENOME_SOURCE_ROOTS).",
            )
        return resolved


def of_a_process(path: Path) -> UsageError:
    """The error for what only this process, or the one that started it, can open."""
    return UsageError(
        f"{short(path)} is a pipe or device, or what only one process sees, and another process is to read it",
        advice="Give a file that lies on a disk.",
    )


def short(name: object) -> str:
    """A name for a message. A pasted sequence is none."""
    text = shown(str(name))
    return text if len(text) < 200 else f"{text[:60]}…"


def _is_there(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False
