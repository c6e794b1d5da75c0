"""Whether GFF3 holds its sequences is found by its lines, wherever they lie."""

import gzip

import pytest

from opengenome.core.model import SourceFile
from opengenome.io import embedded
from opengenome.io.embedded import holds_sequences
from tests.io.searched import put

ROW = b"##gff-version 3\nx\t.\tCDS\t1\t9\t.\t+\t0\tNote=a > b ##FASTA\n"


@pytest.fixture
def found(folder):
    def _found(data, compression=""):
        path = put(folder / "x.gff", data)
        return SourceFile(str(path), "gff3", compression, len(data), 1, 1, 1, 1)

    return _found


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("begin", [b"##FASTA", b">x"])
def test_a_fasta_section_or_a_bare_header_is_found_whatever_ends_a_line(found, begin, end):
    text = (ROW + begin + b"\n>x\nACG\n").replace(b"\n", end)
    assert holds_sequences(found(text))
    assert holds_sequences(found(gzip.compress(text), "gzip"))


def test_the_same_words_inside_a_row_are_no_section(found):
    assert not holds_sequences(found(ROW))
    assert not holds_sequences(found(ROW[:-1]))


@pytest.mark.parametrize("block", range(1, 12))
def test_a_section_that_two_blocks_share_is_found(found, monkeypatch, block):
    monkeypatch.setattr(embedded, "_BLOCK_BYTES", block)
    assert holds_sequences(found(ROW + b"##FASTA\n"))
    assert not holds_sequences(found(ROW + b"###\n"))
