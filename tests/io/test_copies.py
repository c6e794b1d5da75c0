"""A compressed file beside the plain one is its copy if, and only if, all bytes are the same."""

import gzip

import pytest

from opengenome.core.model import SourceFile
from opengenome.errors import InputError
from opengenome.io import copies
from opengenome.io.copies import candidates, is_copy
from tests.io.searched import put

TEXT = b">a\nACGT\n" * 50


@pytest.fixture
def pair(folder):
    def write(packed, plain=TEXT):
        made = [put(folder / "x.fa.gz", packed), put(folder / "x.fa", plain)]
        kinds = ("gzip", "")
        return [
            SourceFile(str(path), "fasta", kind, path.stat().st_size, 1, 1, 1, 1)
            for path, kind in zip(made, kinds, strict=True)
        ]

    return write


@pytest.mark.parametrize("block", [1, 7, 399, 400, 401, 1 << 20])
def test_the_same_bytes_are_a_copy_and_any_other_byte_makes_it_none(pair, monkeypatch, block):
    monkeypatch.setattr(copies, "_BLOCK_BYTES", block)
    assert is_copy(*pair(gzip.compress(TEXT)))
    assert is_copy(*pair(gzip.compress(TEXT[:99]) + gzip.compress(TEXT[99:])))
    for other in (TEXT[:-1], TEXT + b"\n", TEXT.lower(), b"", TEXT.replace(b"T", b"U")):
        assert not is_copy(*pair(gzip.compress(other)))
    assert not is_copy(*pair(gzip.compress(TEXT), b""))


def test_a_damaged_copy_is_told_and_not_taken_for_another_file(pair):
    with pytest.raises(InputError, match="gzip"):
        is_copy(*pair(gzip.compress(TEXT)[:-9]))


def test_only_a_name_with_the_ending_of_its_compression_is_a_candidate(folder):
    def of(name, kind=""):
        return SourceFile(f"/in/{name}", "fasta", kind, 9, 1, 1, 1, 1)

    plain, copy, upper = of("x.fa"), of("x.fa.gz", "gzip"), of("x.fa.XZ", "xz")
    others = [of("x.gz", "gzip"), of("y.fa.gz", "gzip"), of("x.fa.gz.bak", "gzip"), of("d/x.fa.gz", "gzip")]
    assert list(candidates([copy, plain, upper, *others], {})) == [(copy, plain), (upper, plain)]
    behind = of("annex/1", "gzip")
    assert list(candidates([plain, behind], {"/in/annex/1": "/in/x.fa.gz"})) == [(behind, plain)]
