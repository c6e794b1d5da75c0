"""Which input files are ingested together. Pure: the same files give the same bundles in any process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from opengenome.core.model import SourceFile

# A file below this costs less to copy than to keep track of: a folder, a record table, a chunk and a part for each.
SMALL_BYTES = 1 << 20
_MOST_BYTES = 32 << 20
_MOST_FILES = 8192
_ONE_IN = 2048


def bundles(files: Sequence[SourceFile]) -> Iterator[tuple[int, int]]:
    """(first, count) of the files that are ingested together, in order: neighbours that are small, every other alone.

    A bundle ends after a file whose name has a hash of a certain form, on average one in 2,048. So a file that comes or
    goes changes one bundle, and not all that follow.
    """
    first = taken = 0
    for position, file in enumerate(files):
        small = file.size < SMALL_BYTES
        full = position - first == _MOST_FILES or taken + file.size > _MOST_BYTES
        if position > first and (full or not small):
            yield first, position - first
            first, taken = position, 0
        taken += file.size
        if not small or _ends_bundle(file):
            yield first, position + 1 - first
            first, taken = position + 1, 0
    if first < len(files):
        yield first, len(files) - first


def _ends_bundle(file: SourceFile) -> bool:
    digest = hashlib.sha256(name_in_folder(file).encode()).digest()
    return int.from_bytes(digest[:4]) % _ONE_IN == 0


def name_in_folder(file: SourceFile) -> str:
    """The name of a file with its folder's, by which files are told apart wherever their folder is moved to."""
    return "/".join(file.path.split("/")[-2:])
