"""Invalid input gives one sentence with its place, and leaves nothing behind."""

import gzip
import io
import re
import tarfile

import numpy as np
import pytest

from opengenome.errors import InputError
from opengenome.io import diagnosis, fasta_text
from tests.io.ingested import BASES, TEXT

with io.BytesIO() as _made:
    with tarfile.open(fileobj=_made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("in.fa"))
    TAR = _made.getvalue()

BAD = {
    "no header": (b"ACGT\nACGT\n", "text before the first header", "line 1"),
    "text before the header": (b"\nnote\n>a\nACG\n", "text before the first header", "line 2"),
    "a comment before the header": (b"\n; note\n>a\nACG\n", "FASTA with comment lines", ""),
    "NUL in the middle": (b">a\nAC\0GT\n", "binary", ""),
    "binary": (bytes(range(256)), "binary", ""),
    "UTF-16": (">a\nACG\n".encode("utf-16"), "UTF-16", ""),
    "protein": (b">p\nMKV\n>q\nMEEPQ\n", "'E' is not an IUPAC", "line 4, record 2 (q)"),
    "a stop in a protein": (b">p one\nMKV*\n", "'*' is not an IUPAC", "line 2, record 1 (p)"),
    "gaps": (b">a\r\nACG\r\nA--T\r\n", "'-' is not an IUPAC", "line 3, record 1 (a)"),
    "CR only": (b">a\rACG\r>b\rA.\r", "'.' is not an IUPAC", "line 4, record 2 (b)"),
    "'>' inside a line": (b">a\nACG>b\nACG\n", "a line break is missing before '>'", "line 2, record 1 (a)"),
    "a digit": (b">a\nACG\n\n1 ACG\n", "'1' is not an IUPAC", "line 4, record 1 (a)"),
    "a record without a name": (b">\nAC!\n", "'!' is not an IUPAC", "line 2, record 1)"),
    "an accent": (">a\nACé\n".encode(), "U+00E9 (latin small letter e with acute) is not", "line 2, record 1 (a)"),
    "NUL far in": (b">a\n" + b"ACGT\n" * 20_000 + b"\0", "Byte 0x00 is not text", "line 20002, record 1 (a)"),
    "zip": (b"PK\x03\x04", "zip archive", ""),
    "tar": (TAR, "tar archive", ""),
}


def sentence(error):
    """The error's message. It must be one line, name the file, and hold nothing of Python."""
    message = str(error)
    assert "\n" not in message
    assert "file " in message
    assert "Traceback" not in message
    assert not re.search(r"[A-Z]\w+Error", message)
    assert message[0].isupper() or message[0] in "'"
    assert error.retryable is False
    return message


@pytest.mark.parametrize("way", BAD)
def test_invalid_text_is_reported_with_its_place_and_leaves_nothing(pipeline, way):
    data, what, where = BAD[way]
    with pytest.raises(InputError) as caught:
        pipeline.ingest(pipeline.write(data))
    message = sentence(caught.value)
    assert what in message
    assert f"{pipeline.folder / 'in.fa'}" in message
    assert where in message
    assert pipeline.left() == []


@pytest.mark.parametrize("way", BAD)
def test_invalid_text_in_gzip_is_reported_with_the_same_line_and_record(pipeline, way):
    data, what, where = BAD[way]
    with pytest.raises(InputError) as caught:
        pipeline.ingest(pipeline.write(gzip.compress(data)))
    message = sentence(caught.value)
    assert what in message
    assert where in message
    assert pipeline.left() == []


@pytest.mark.parametrize("size", [24, 64, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_line_and_record_of_an_invalid_letter_are_exact_far_into_a_file(pipeline, monkeypatch, size, end):
    monkeypatch.setattr(fasta_text.read_blocks, "__defaults__", (size, None))
    monkeypatch.setattr(diagnosis, "_BLOCK_BYTES", size)
    lines = TEXT.split(b"\n")
    for line in (1, 13, 31, 59):
        broken = [*lines[:line], lines[line][:40] + b"#" + lines[line][40:], *lines[line + 1 :]]
        with pytest.raises(InputError, match=rf"line {line + 1}, record {line // 2 + 1} \(r{line // 2}\)"):
            pipeline.ingest(pipeline.write(end.join(broken)))


# --- damaged gzip ---


def test_a_gzip_cut_anywhere_is_truncated(pipeline):
    packed = gzip.compress(TEXT)
    for cut in range(2, len(packed), 7):
        with pytest.raises(InputError, match=r"The gzip file is truncated, at about byte [\d,]+ of [\d,]+ \(file"):
            pipeline.ingest(pipeline.write(packed[:cut]))
    assert pipeline.left() == []


def test_a_gzip_of_many_members_cut_anywhere_but_between_two_is_an_error(pipeline):
    members = [gzip.compress(TEXT[k : k + 500]) for k in range(0, len(TEXT), 500)]
    borders = set(np.cumsum([len(member) for member in members]).tolist())
    packed = b"".join(members)
    for cut in range(2, len(packed), 41):
        if cut not in borders:
            with pytest.raises(InputError, match="truncated"):
                pipeline.ingest(pipeline.write(packed[:cut]))
    assert pipeline.left() == []


@pytest.mark.parametrize("bit", [0, 2, 7])
def test_a_flipped_bit_in_a_gzip_is_reported_or_changes_nothing(pipeline, bit):
    packed = gzip.compress(TEXT)
    exact = refused = 0
    for place in [*range(10), *range(10, len(packed), 7)]:
        damaged = bytearray(packed)
        damaged[place] ^= 1 << bit
        before = set(pipeline.left())
        try:
            manifest = pipeline.ingest(pipeline.write(bytes(damaged)))
        except InputError as error:
            sentence(error)
            refused += 1
            assert set(pipeline.left()) == before
        else:
            assert place < 10  # only the gzip header may differ: its time, its flags, its system
            assert (manifest.sequences, manifest.bases) == ((30,), (BASES,))
            exact += 1
    assert refused > 5 * exact


GZIPS = {
    "with text after it": (
        gzip.compress(TEXT) + b"some text",
        r"bytes after the end of the gzip data, from byte [\d,]+",
    ),
    "with half a header after it": (gzip.compress(TEXT) + b"\x1f\x8b", "truncated"),
    "of a gzip": (gzip.compress(gzip.compress(TEXT)), "gzip in gzip"),
}


@pytest.mark.parametrize("way", GZIPS)
def test_a_gzip_without_sound_fasta_is_refused(pipeline, way):
    data, what = GZIPS[way]
    with pytest.raises(InputError, match=what) as caught:
        pipeline.ingest(pipeline.write(data))
    sentence(caught.value)
    assert pipeline.left() == []
