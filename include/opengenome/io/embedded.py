"""Whether a GFF3 file holds the sequences that it annotates."""

from __future__ import annotations

from opengenome.core.model import SourceFile
from opengenome.io.content import open_text

_BLOCK_BYTES = 1 << 20
# GFF3 allows a header alone to begin the section, as older files do.
_BEGINS = (b"\n##FASTA", b"\r##FASTA", b"\n>", b"\r>")
_LONGEST = max(map(len, _BEGINS))


def holds_sequences(file: SourceFile) -> bool:
    """Whether it has a ##FASTA section. Reads up to that section, or the whole file. Memory: a block."""
    with open_text(file) as text:
        last = b""
        while block := text.read(_BLOCK_BYTES):
            joined = last + block
            if any(begin in joined for begin in _BEGINS):
                return True
            last = joined[-_LONGEST:]
    return False
