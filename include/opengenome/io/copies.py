"""Compressed copies beside their plain files, as x.fa.gz beside x.fa."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from opengenome.core.model import SourceFile
from opengenome.io import compression
from opengenome.io.content import open_text

_BLOCK_BYTES = 1 << 20


def candidates(files: Sequence[SourceFile], links: Mapping[str, str]) -> Iterator[tuple[SourceFile, SourceFile]]:
    """Each compressed file with the plain file of its name in its folder. links: as in `search.Found`."""
    plain = {links.get(file.path, file.path): file for file in files if not file.compression}
    for file in files:
        for suffix in compression.SUFFIXES.get(file.compression, ()):
            name = links.get(file.path, file.path)
            if name.lower().endswith(suffix) and (beside := plain.get(name[: -len(suffix)])):
                yield file, beside


def is_copy(packed: SourceFile, plain: SourceFile) -> bool:
    """Whether a compressed file has exactly the bytes of a plain one. Memory: a block.

    Reads both up to the first difference. That costs no more than to ingest the copy, which it saves. Raises InputError
    for a damaged file.
    """
    with open_text(packed) as unpacked, open_text(plain) as beside:
        while block := unpacked.read(_BLOCK_BYTES):
            while block:
                other = beside.read(len(block))
                if not other or not block.startswith(other):
                    return False
                block = block[len(other) :]
        return not beside.read(1)
