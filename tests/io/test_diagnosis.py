"""The error for an invalid byte says what it is, its likely cause and what to do, with the exact line and record."""

import io

import pytest

from opengenome.core.measuring import WrongByteError
from opengenome.io import diagnosis
from opengenome.io.diagnosis import locate, wrong_letter
from opengenome.io.fasta_text import index_text

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
    "zeros": (b">a\nACG\0\0\0", "Byte 0x00 is not text", "not fully written"),
    "GenBank": (b">a\nACGT\nLOCUS       X1  9 bp DNA\n", "A line of GenBank is inside", "seqret"),
    "GenBank whose first letters are nucleotides": (b">a\nACGT\nACCESSION   X1\n", "A line of GenBank", "seqret"),
    "EMBL": (b">a\nACGT\nFT   CDS  1..9\n", "A line of EMBL", "seqret"),
    "a message of curl": (b">a\nACGT\ncurl: (56) Recv failure\n", "of a program is inside", "Fetch the file again"),
    "a message of NCBI": (b">a\nACGT\nError: Unable to obtain query #1\n", "a sequence: Error: Unable", "Fetch"),
    "a long message": (b">a\nAC\nerror: " + b"x" * 300, "a sequence: error: " + "x" * 33 + "…", "Fetch"),
    "the head of an answer": (b">a\nACGT\nHTTP/1.1 502 Bad Gateway\n", "A message of a program", "Fetch"),
    "JSON": (b'>a\nACGT\n{"error": "timeout"}\n', "A line of JSON", "Fetch it again"),
    "HTML": (b">a\nACGT\n  <html><body>\n", "A line of HTML or XML", "error page"),
    "a conflict": (b">a\nACGT\n<<<<<<< HEAD\n", "git conflict", "Resolve"),
    "the middle of a conflict": (b">a\nACGT\n=======\n", "git conflict", "Resolve"),
    "a message in words": (b">a\nACGT\nDownload failed: network\n", "A message of a program", "Fetch"),
    "a short message": (b">a\n\nNothing found\n", "A line of prose", "Remove it"),
    "prose": (b">a\nACGT\nThese are the genes of today\n", "A line of prose", "Remove it"),
    "words of nucleotides": (b">a\nacgtac gtacgt acgeac\n", "'e' is not", "Nucleotides are"),
    "a slip in a line of nucleotides": (b">a\nACGTACGTACGTLACG\n", "'L' is not", "Nucleotides are"),
    "Latin-1": (b">a\nACG\xc4T\n", "Byte 0xc4 is not valid UTF-8; in Latin-1 it is '\u00c4'", "Remove it"),
    "bytes that are no text": (b">a\nACG\xc4\x01\x90\n", "Byte 0xc4 is not text", "binary"),
    "inosine": (b">a\nACGTIACGTN\n", "'I' is not", "Is it inosine? It has no IUPAC letter; write N"),
    "an I of protein": (b">a\nMKTAYIAK\n", "'I' is not", "protein"),
    "protein that begins as a message does": (b">a\nERRORKLVMSTPQWEFGHIKL\n", "'E' is not", "protein"),
    "protein in blocks": (b">a\nMKVLEERTSA MKVLEERTSA MKV\n", "'L' is not", "protein"),
    "protein in small blocks": (b">a\nmkvleertsa mkvleertsa mkv\n", "'l' is not", "protein"),
    "unknown": (b">a\nAC?\n", "'?' is not", "Write N"),
}


def told(text, monkeypatch=None, block=None):
    if block:
        monkeypatch.setattr(diagnosis, "_BLOCK_BYTES", block)
    with pytest.raises(WrongByteError) as caught:
        list(index_text(io.BytesIO(text)))
    return locate(io.BytesIO(text), caught.value, "in.fa")


@pytest.mark.parametrize("way", TOLD)
def test_each_invalid_byte_is_named_with_advice(way):
    text, what, advice = TOLD[way]
    said = str(told(text))
    assert what in said
    assert advice in said
    assert "record 1 (a)" in said
    if b">" not in text[1:]:  # the same words for a value of a table
        assert what in str(wrong_letter(text[3:], file="in.parquet"))


@pytest.mark.parametrize("block", [1, 3, 7])
@pytest.mark.parametrize("way", TOLD)
def test_the_message_does_not_depend_on_where_blocks_end(monkeypatch, way, block):
    assert str(told(TOLD[way][0], monkeypatch, block)) == str(told(TOLD[way][0]))


def test_an_invalid_byte_far_into_a_long_line_is_quoted_with_its_neighbourhood():
    assert "inosine" in str(told(b">a\n" + b"ACGT" * 500_000 + b"I" + b"ACGT" * 1000))
    assert "Nucleotides are" in str(told(b">a\n" + b"ACGT" * 500_000 + b"L" + b"ACGT" * 1000))


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_and_record_are_exact_whatever_blanks_are_before_headers(monkeypatch, block, end):
    lines = [b"", b">a x", b"ATG", b"  >b>c", b"ATG", b"\t", b" \t >d y", b"AT G", b"ATGJ"]
    said = told(end.join(lines) + end, monkeypatch, block)
    assert (said.where["line"], said.where["record"]) == (9, "3 (d)")


@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_a_gt_inside_a_line_does_not_begin_a_record(monkeypatch, block):
    said = told(b">a\nAC >b\n", monkeypatch, block)
    assert (said.where["line"], said.where["record"]) == (2, "1 (a)")
