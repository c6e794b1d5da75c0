"""Paths as text. Any path can be written and read back: one that is not plain text is written as a file URI.

A file name may end in a blank, hold a line break, or not be UTF-8. But the `source` of a run has one path in each line,
and JSON holds only Unicode.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from opengenome.errors import path_for_people

_URI = "file://"
_URL = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+://")
# Paths to a process's own open files and to itself. Another process that opens such a path gets something else.
_OF_A_PROCESS = (Path("/dev"), Path("/proc"), Path("/sys"))
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (a file system like any other)


def text_of(path: Path) -> str:
    """An absolute path as one line of text; `path_of` gives it back."""
    text = str(path)
    if text.isprintable() and text == text.strip():
        return text
    return _URI + quote(os.fsencode(text))


def path_of(text: str) -> Path:
    """The path that a text names: a file URI, or the path itself."""
    return Path(os.fsdecode(unquote_to_bytes(text[len(_URI) :]))) if is_uri(text) else Path(text)


def is_uri(text: str) -> bool:
    """Whether the text is a file URI, which names exactly one path and is never a glob."""
    return text.startswith(_URI + "/")


def is_url(text: str) -> bool:
    """Whether the text is an address of another machine, which is not read."""
    return bool(_URL.match(text))


def belongs_to_a_process(path: Path) -> bool:
    """Whether a path, or a link on its way, can be opened only by one process: /dev/stdin, /dev/fd/3, /proc/self/…"""
    seen: set[Path] = set()
    at = Path(os.path.abspath(path))  # noqa: PTH100  (links stay)
    while at not in seen:
        seen.add(at)
        if _inside(at) or _inside(Path(os.path.realpath(at.parent), at.name)):
            return True
        if at.is_symlink():
            at = Path(os.path.abspath(at.parent / at.readlink()))  # noqa: PTH100
    return False


def _inside(path: Path) -> bool:
    return any(map(path.is_relative_to, _OF_A_PROCESS)) and not path.is_relative_to(_SHARED_MEMORY)


def seen_by_one_process(path: Path) -> bool:
    """As `belongs_to_a_process`, but judged by the path's text only, without following links."""
    return _inside(Path(os.path.abspath(path)))  # noqa: PTH100  (links stay)


def shown(path: Path | str) -> str:
    """A path for people: on one line, in characters that any terminal can show, or "standard input"."""
    return path_for_people(str(path))
