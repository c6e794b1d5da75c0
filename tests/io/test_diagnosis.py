"""A wrong byte is told by what it is, what it suggests and what to do, with the exact line and record."""

import io

import pytest

from opengenome.core.measuring import WrongByteError
from opengenome.io import diagnosis
from opengenome.io.diagnosis import locate, wrong_letter
from opengenome.io.fasta import index_fasta

TOLD = {
    "a fused header": (b">a\nACG>b\nACG\n", "a line break is missing before '>'", "files joined"),
    "a comment": (b">a\nACG\n; note\nACG\n", "Comment lines (';') are not supported", "grep -v '^;'"),
    "an indented comment": (b">a\nACG\n  # note\nACG\n", "Comment lines ('#') are not supported", "Remove such lines"),
    "a ; inside a line": (b">a\nACG;\n", "';' is not", "Nucleotides are"),
    "a digit": (b">a\n1 ACG\n", "'1' is not", "Line numbers"),
    "a gap": (b">a\nA-C\n", "'-' is not", "gaps"),
    "a dot": (b">a\nA.C\n", "'.' is not", "gaps"),
    "a stop": (b">a\nMK*\n".replace(b"MK", b"AC"), "'*' is not", "protein"),
    "protein": (b">a\nMEEP\n", "'E' is not", "protein"),
    "a DOS end": (b">a\nACG\n\x1a", "Ctrl-Z", "tr -d"),
    "a no-break space": (b">a\nAC\xc2\xa0G\n", "no-break space", "sed"),
    "a no-break space of Latin-1": (b">a\nAC\xa0G\n", "no-break space", "Remove it"),
    "a mark inside": (b">a\nACG\n\xef\xbb\xbf>b\nACG\n", "byte order mark", "files joined"),
    "zeros": (b">a\nACG\0\0\0", "Byte 0x00 is not text", "never written"),
    "unknown": (b">a\nAC?\n", "'?' is not", "Write N"),
}


def told(text, monkeypatch=None, block=None):
    if block:
        monkeypatch.setattr(diagnosis, "_BLOCK_BYTES", block)
    with pytest.raises(WrongByteError) as caught:
        list(index_fasta(io.BytesIO(text)))
    return locate(io.BytesIO(text), caught.value, "in.fa")


@pytest.mark.parametrize("way", TOLD)
def test_each_wrong_byte_is_named_with_what_to_do(way):
    text, what, advice = TOLD[way]
    said = str(told(text))
    assert what in said
    assert advice in said
    assert "record 1 (a)" in said
    if b">" not in text[1:]:  # the same words for a value of a table
        assert what in str(wrong_letter(text[3:], file="in.parquet"))


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_and_record_are_exact_whatever_blanks_are_before_headers(monkeypatch, block, end):
    lines = [b"", b">a x", b"ATG", b"  >b>c", b"ATG", b"\t", b" \t >d y", b"AT G", b"ATGJ"]
    said = told(end.join(lines) + end, monkeypatch, block)
    assert (said.where["line"], said.where["record"]) == (9, "3 (d)")


@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_a_gt_that_begins_no_line_begins_no_record(monkeypatch, block):
    said = told(b">a\nAC >b\n", monkeypatch, block)
    assert (said.where["line"], said.where["record"]) == (2, "1 (a)")
