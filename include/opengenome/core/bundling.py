"""Group small input files that are ingested together. Pure: the same files give the same bundles in any process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from opengenome.core.model import SourceFile

# To copy a smaller file costs less than a folder, a record table, a chunk and a part of its own.
SMALL_BYTES = 1 << 20
_MOST_BYTES = 32 << 20
_MOST_FILES = 8192
_ONE_IN = 2048


def is_small(file: SourceFile) -> bool:
    """Whether a file is copied into shards. Only its own size decides, not its neighbours."""
    return file.size < SMALL_BYTES


def bundles(files: Sequence[SourceFile]) -> Iterator[tuple[int, int]]:
    """(first, count) of the files that are ingested together, in order. Small neighbours share a bundle.

    A bundle also ends after a file whose name's hash is a multiple of 2,048. So an added or removed file changes one
    bundle, and not all that follow.
    """
    return bundles_of([(file,) for file in files])


def bundles_of(units: Sequence[Sequence[SourceFile]]) -> Iterator[tuple[int, int]]:
    """(first, count) of the units that are ingested together, as `bundles` of files. units: their files."""
    first = taken = files = 0
    for position, unit in enumerate(units):
        size = sum(file.size for file in unit)
        small = size < SMALL_BYTES
        full = files + len(unit) > _MOST_FILES or taken + size > _MOST_BYTES
        if position > first and (full or not small):
            yield first, position - first
            first, taken, files = position, 0, 0
        taken, files = taken + size, files + len(unit)
        if not small or _ends_bundle(unit[-1]):
            yield first, position + 1 - first
            first, taken, files = position + 1, 0, 0
    if first < len(units):
        yield first, len(units) - first


def _ends_bundle(file: SourceFile) -> bool:
    digest = hashlib.sha256(name_in_folder(file).encode()).digest()
    return int.from_bytes(digest[:4]) % _ONE_IN == 0


def name_in_folder(file: SourceFile) -> str:
    """A file's name with the name of its folder. It stays the same when the folder is moved."""
    return "/".join(file.path.split("/")[-2:])
