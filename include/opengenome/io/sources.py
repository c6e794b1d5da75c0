"""Inspect an input file: recognise it by its first bytes, and record its stat to detect changes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from opengenome.core.model import SourceFile
from opengenome.errors import InputError
from opengenome.io import naming, paths
from opengenome.io.formats.interface import Recognised
from opengenome.io.identity import settled
from opengenome.io.opening import reading
from opengenome.io.recognise import recognise


def fingerprint(path: Path) -> SourceFile:
    """Inspect a file that was named as input. Raises InputError if it is missing, unreadable or not an input."""
    file, recognised = inspect(path)
    if not recognised.format:
        raise recognised.refusal(file.path)
    return file


def inspect(path: Path, settle: Callable[[int], os.stat_result] = settled) -> tuple[SourceFile, Recognised]:
    """A file and what it is; its format is "" if it is not an input. settle: `identity.settled` or an equivalent.

    Raises InputError if it is missing, unreadable, damaged or not fully written.
    """
    text = paths.text_of(path)
    with reading(text):
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError("Not a regular file", file=text, advice="Give a file on a disk.")
        if not status.st_size and naming.cannot_be_empty(path.name):
            raise InputError("The file is empty: it was not fully written", file=text, advice="Fetch it again.")
        with path.open("rb", buffering=0) as file:
            recognised = recognise(cast("BinaryIO", file), text, status.st_size)
            if recognised.format:
                status = settle(file.fileno())
            file_system = os.fstatvfs(file.fileno()).f_fsid
    facts = _facts(status, file_system)
    return SourceFile(text, recognised.format, recognised.compression, *facts, recognised.cds), recognised


def _facts(status: os.stat_result, file_system: int) -> tuple[int, int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, file_system


def unchanged(file: SourceFile) -> bool:
    """Whether the file still has the stat it was discovered with. Raises InputError if it is gone."""
    path = paths.path_of(file.path)
    with reading(file.path):
        facts = _facts(path.stat(), os.statvfs(path).f_fsid)
    return facts == (file.size, file.mtime_ns, file.ctime_ns, file.inode, file.file_system)


def itself(resolved: Path, file: SourceFile) -> object:
    """A value that is equal for two names of one file. An inode is not enough: some network disks reuse it."""
    if resolved.stat().st_nlink == 1:
        return file.path
    return file.file_system, file.inode, file.size, file.mtime_ns, file.ctime_ns
