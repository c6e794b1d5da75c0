"""From a path, directory or glob to input files, each recognised by its first bytes and fingerprinted by its stat."""

from __future__ import annotations

import contextlib
import fnmatch
import glob
import hashlib
import itertools
import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, cast

from opengenome.core.model import SourceFile
from opengenome.errors import EngineError, InputError, UsageError

# What a directory is searched for; a file that is named outright is read whatever it is called.
SUFFIXES = (
    *(name + packed for name in (".fasta", ".fa", ".fna", ".ffn", ".fas", ".fsa") for packed in ("", ".gz", ".bgz")),
    *(".parquet", ".pq"),
)

_OTHER_FORMATS = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"PK\x03\x04": "zip",
}


def find_files(source: str, roots: Iterable[Path]) -> list[Path]:
    """The input files named by `source`: one path, directory (searched in depth) or glob a line; sorted, each once.

    Raises InputError where nothing is there, UsageError for a place outside `roots` once links are resolved. Outside,
    nothing is looked up, so that nobody learns what is there.
    """
    roots = list(roots)
    found: dict[Path, None] = {}
    for line in source.splitlines():
        if name := line.strip():
            for path in sorted(_expand(name, roots)):
                found[_confined(path, roots)] = None
    if not found:
        raise InputError("No source was given", advice="Give a path, a directory or a glob.")
    return list(found)


def _confined(path: Path, roots: list[Path]) -> Path:
    """The path with links resolved. Raises UsageError where it then lies outside the roots."""
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError) as error:  # Python 3.13 says OSError, earlier ones RuntimeError
        raise InputError("A symbolic link leads in a circle", file=path) from error
    except ValueError as error:
        raise InputError("No path: it holds a NUL", file=repr(_short(path))) from error
    if not any(resolved.is_relative_to(root) for root in roots):
        raise UsageError(
            f"{_short(path)} lies outside the folders that inputs may come from",
            advice=f"Allowed: {', '.join(map(str, roots))} (OPENGENOME_SOURCE_ROOTS).",
        )
    return resolved


def _expand(name: str, roots: list[Path]) -> Iterator[Path]:
    path = Path(name)
    fixed = Path(*itertools.takewhile(lambda part: not glob.has_magic(part), path.parts))
    _confined(fixed, roots)
    try:
        if path.is_dir():
            _confined(path, roots)  # a folder may be called in[1]
            files = [file for file in _walk(path) if file.name.lower().endswith(SUFFIXES)]
            if not files:
                raise InputError(
                    "The directory holds no FASTA or Parquet file",
                    file=path,
                    advice=f"Looked for {' '.join(SUFFIXES)}.",
                )
            yield from files
        elif path.exists():
            yield path
        else:
            # Only now: a file may be called genome[1].fasta.
            matches = [*_matches(fixed, path.parts[len(fixed.parts) :], roots)]
            if not matches:
                raise InputError("There is no such file or directory, and no match for it as a glob", file=_short(name))
            yield from matches
    except PermissionError as error:
        raise InputError("The path may not be read: permission denied", file=name) from error
    except OSError as error:
        raise InputError(f"No path: {error.strerror}", file=_short(name)) from error


def _short(name: object) -> str:
    """A pasted sequence is no name."""
    text = str(name)
    return text if len(text) < 200 else f"{text[:60]}…"


def _matches(folder: Path, parts: tuple[str, ...], roots: list[Path]) -> Iterator[Path]:
    """The files that a glob names below a folder, as glob.glob does; outside the roots no folder is looked into."""
    if not parts:
        return
    first, rest = parts[0], parts[1:]
    if first == "..":
        raise UsageError("A glob goes up by '..' after a wildcard", advice="Name the folder that is meant.")
    _confined(folder, roots)
    try:
        names = sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    if first == "**":
        yield from _matches(folder, rest or ("*",), roots)
        below = (folder / name for name in names if not name.startswith("."))
        for path in below:
            if path.is_dir() and not path.is_symlink():
                yield from _matches(path, parts, roots)
        return
    for name in names:
        if fnmatch.fnmatchcase(name, first) and (first.startswith(".") or not name.startswith(".")):
            if rest:
                yield from _matches(folder / name, rest, roots)
            elif not (folder / name).is_dir():
                yield folder / name


def _walk(folder: Path) -> Iterator[Path]:
    """The regular files below, without hidden ones and those that other programs are still writing (`_name`)."""

    def refuse(error: OSError) -> None:
        raise error

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        yield from (Path(parent, name) for name in files if not name.startswith((".", "_")))


def fingerprint(path: Path) -> SourceFile:
    """Recognise an input file. Raises InputError for one that is missing, empty, unreadable or of another kind."""
    with reading(path):
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError("Not a regular file", file=path)
        if not status.st_size:
            raise InputError("The file is empty", file=path)
        with path.open("rb") as file:
            first = file.read(1 << 16)
    kind = _recognise(first, path)
    name, _, packed = kind.partition(".")
    compression = "gzip" if packed else ""
    return SourceFile(
        str(path), name, compression, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
    )


@contextlib.contextmanager
def reading(path: Path | str | None) -> Iterator[None]:
    """Turn what the operating system says of an input into a sentence: InputError where it is gone or forbidden.

    Anything else, such as a disk that fails, is an EngineError: the same read may pass when tried again.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError("The file is gone", file=path, advice="Start a new run.") from error
    except PermissionError as error:
        raise InputError("The file may not be read: permission denied", file=path) from error
    except OSError as error:
        if error.errno is None:
            raise  # a decoder's own word on what it read
        raise EngineError(
            f"The file cannot be read: {os.strerror(error.errno)}", file=path, advice="Look after its disk or network."
        ) from error


def open_input(path: str) -> BinaryIO:
    """An input, unbuffered: whoever reads it reads in blocks. Raises as `reading` does."""
    with reading(path):
        return cast("BinaryIO", Path(path).open("rb", buffering=0))


def _recognise(first: bytes, path: Path) -> str:
    if first.startswith(b"\x1f\x8b"):
        return "fasta.gz"
    if first.startswith(b"PAR1"):
        return "parquet"
    for magic, name in _OTHER_FORMATS.items():
        if first.startswith(magic):
            raise InputError(f"The file is compressed with {name}", file=path, advice="Unpack it, or use gzip.")
    text = first.lstrip()
    if b"\0" in first:
        raise InputError("The file is binary: it holds NUL bytes", file=path, advice="FASTA or Parquet is needed.")
    if text and not text.startswith(b">"):
        line = first[: len(first) - len(text)].count(b"\n") + 1
        raise InputError(
            "There is text before the first header", file=path, line=line, advice="A FASTA record begins with '>'."
        )
    return "fasta"


def unchanged(file: SourceFile) -> bool:
    """Whether the file still has the stat it was discovered with. Raises InputError where it is gone."""
    with reading(file.path):
        status = Path(file.path).stat()
    found = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return found == (file.size, file.mtime_ns, file.ctime_ns, file.inode)


def file_key(file: SourceFile, engine: str) -> str:
    """The name of the file's folder in the store, 64 hex digits. ctime changes with every write and cannot be set."""
    return hashlib.sha256(json.dumps([engine, asdict(file)], sort_keys=True).encode()).hexdigest()
