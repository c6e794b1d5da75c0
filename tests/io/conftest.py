"""Folders for the tests: a typical user's, and that of a samplesheet."""

from pathlib import Path

import pytest

from tests.io.samplesheets import FASTA, GENBANK, GFF
from tests.io.searched import put


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "in"
    for name in ("b.fasta", "a.fa.gz", "deep/er/c.FNA", "deep/d.parquet", ".hidden.fa", "_part.fa", ".git/e.fa"):
        put(root / name)
    put(root / "notes.txt", b"hello\n")
    return root


@pytest.fixture(name="put")
def put_beside_a_sheet(tmp_path):
    """Writes a file into the folder of the samplesheet, which has one of each kind."""

    def write(name: str, data: bytes | str = FASTA) -> Path:
        return put(tmp_path / "in" / name, data.encode() if isinstance(data, str) else data)

    for name, data in (("a.fa", FASTA), ("b.fa", FASTA), ("a.gff", GFF), ("a.gb", GENBANK)):
        write(name, data)
    return write
