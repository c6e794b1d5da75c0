"""A typical user's folder, for the tests of searches."""

import pytest

from tests.io.searched import put


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "in"
    for name in ("b.fasta", "a.fa.gz", "deep/er/c.FNA", "deep/d.parquet", ".hidden.fa", "_part.fa", ".git/e.fa"):
        put(root / name)
    put(root / "notes.txt", b"hello\n")
    return root
