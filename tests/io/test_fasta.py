"""FASTA is read in blocks that never cut a header, counted by byte range, and any change after ingest is found."""

import io
import os
import re

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from opengenome.core import planning
from opengenome.errors import InputError
from opengenome.io import fasta_text
from opengenome.io.fasta_text import HeaderTooLongError, index_text, read_blocks

TEXTS = st.lists(
    st.one_of(
        st.text("ACGTN", max_size=12), st.text("abc ", max_size=5).map(">".__add__), st.sampled_from(["", " >b", "  "])
    ),
    max_size=12,
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])

RECORDS = [("a", "ACGTTGNA" * 5), ("b", ""), ("c", "acguuu"), ("d", "T" * 100), ("e", "GATTACA")]
TEXT = ">a first\nACGTTGNA\n" + "ACGTTGNA" * 4 + "\n>b\n\n>c\r\nacg\r\nuuu\r\n>d\n" + "T" * 100 + "\n>e\nGATT\n\nACA"


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(fasta_text.read_blocks, "__defaults__", (24, None))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(planning, "CHUNK_BASES", 20)


class Trickle(io.RawIOBase):
    """A file that returns one to three bytes at a time, as pipes and network mounts may."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def readinto(self, buffer):
        n = min(len(buffer), 1 + self.at % 3, len(self.data) - self.at)
        buffer[:n] = self.data[self.at : self.at + n]
        self.at += n
        return n


@settings(max_examples=300)
@given(lines=TEXTS, end=ENDS, size=st.integers(16, 40), limit=st.one_of(st.none(), st.integers(0, 100)))
@pytest.mark.parametrize("kind", [io.BytesIO, Trickle])
def test_blocks_are_the_text_and_none_ends_inside_a_header(kind, lines, end, size, limit):
    text = end.join(lines).encode()[:limit]
    blocks = [block.tobytes() for block in read_blocks(kind(end.join(lines).encode()), size, limit)]
    assert b"".join(blocks) == text
    at = 0
    for block in blocks:
        at += len(block)
        assert 0 < len(block) <= size
        line = re.split(rb"[\r\n]", text[:at])[-1].lstrip(b" \t")
        assert not line.startswith(b">") or at == len(text)


@pytest.mark.parametrize("length", [15, 16, 17, 40])
def test_a_header_longer_than_a_block_is_an_error(length):
    text = b">" + b"h" * (length - 2) + b"\nACGT\n"
    if length <= 16:
        assert b"".join(block.tobytes() for block in read_blocks(io.BytesIO(text), 16)) == text
    else:
        with pytest.raises(HeaderTooLongError, match="longer than 16 bytes"):
            list(read_blocks(io.BytesIO(text), 16))


@pytest.mark.usefixtures("small_blocks")
def test_a_header_longer_than_a_block_names_the_file(pipeline):
    path = pipeline.write(">" + "h" * 30 + "\nACGT\n")
    with pytest.raises(InputError, match=r"header line is longer than 24 bytes \(file .*in\.fa\)"):
        pipeline.ingest(path)
    assert pipeline.left() == []


@pytest.mark.usefixtures("small_blocks")
def test_a_header_after_a_space_is_not_cut_by_a_block(pipeline):
    for shift in range(30):
        text = ">a\n" + "A" * shift + "\n  >bcdefgh ACGT\nCCC\n"
        records = [("a", "A" * shift), ("bcdefgh", "CCC")]
        assert pipeline.count(pipeline.write(text, f"{shift}.fa")) == pipeline.naive(records)


@pytest.mark.parametrize("size", [24, 31, 64, 1 << 20])
def test_the_index_is_that_of_the_text_whatever_the_block(size, monkeypatch):
    monkeypatch.setattr(fasta_text.read_blocks, "__defaults__", (size, None))
    tables = list(index_text(io.BytesIO(TEXT.encode())))
    starts = [start for table in tables for start in table.start.tolist()]
    assert starts == [match.start() for match in re.finditer(">", TEXT)]
    assert [bases for table in tables for bases in table.bases.tolist()] == [len(letters) for _, letters in RECORDS]
    digests = [digest for table in tables for digest in map(bytes, table.digest)]
    whole = [
        blake3(TEXT.encode()[begin:end]).digest() for begin, end in zip(starts, [*starts[1:], len(TEXT)], strict=True)
    ]
    assert digests == whole


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("frame", [0, 1, 2])
@pytest.mark.parametrize("limits", [{}, {"batch_size": 1}, {"batch_size": 2}, {"max_batch_bases": 50}])
def test_every_plan_counts_what_the_specification_counts(pipeline, frame,
                                                         limits):  # fmt: skip
    assert pipeline.count(pipeline.write(TEXT), frame, **limits) == pipeline.naive(RECORDS, frame)


LINE_ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("closed", [True, False])
def test_line_ends_and_a_missing_last_one_make_no_difference(pipeline, end, closed):
    text = LINE_ENDS[end].join([">a b", "ACG", "", "T", ">b", ">c", "uUnN"]) + LINE_ENDS[end] * closed
    assert pipeline.count(pipeline.write(text)) == pipeline.naive([("a", "ACGT"), ("b", ""), ("c", "uUnN")])


def test_duplicate_and_empty_identifiers_are_all_counted(pipeline):
    assert pipeline.count(pipeline.write(">a\nACG\n>a\nTTT\n>\nCCC\n> \nGGG\n")) == pipeline.naive(
        [("a", "ACG"), ("a", "TTT"), ("", "CCC"), ("", "GGG")]
    )


def test_one_long_line_is_counted_in_blocks(pipeline):
    letters = "ACGTNTTGA" * 300_000
    assert pipeline.count(pipeline.write(">a\n" + letters), 1) == pipeline.naive([("a", letters)], 1)


# --- what changes after ingest ---


def change(path, data):
    """Write other bytes of the same length, and restore the times that a reader checks."""
    path.write_bytes(data)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("place", range(0, len(TEXT), 7))
def test_any_byte_changed_after_planning_is_an_input_error(pipeline, place):
    path = pipeline.write(TEXT)
    batches = pipeline.batches(path, batch_size=2)
    data = bytearray(TEXT.encode())
    for byte in (b"A", b"C", b"\n", b">", b"\0"):
        if data[place : place + 1] == byte:
            continue
        changed = bytes(data[:place]) + byte + bytes(data[place + 1 :])
        change(path, changed)
        with pytest.raises(InputError, match=r"changed after it was planned.*in\.fa.*a new run, which counts"):
            for batch in batches:
                pipeline.rows(batch)


@pytest.mark.parametrize("keep", [0, 1, 30, len(TEXT) - 1])
def test_a_file_cut_short_after_planning_is_an_input_error(pipeline, keep):
    path = pipeline.write(TEXT)
    (batch,) = pipeline.batches(path)
    os.truncate(path, keep)
    with pytest.raises(InputError, match="changed after it was planned"):
        pipeline.rows(batch)


def test_a_file_gone_after_planning_is_an_input_error(pipeline):
    path = pipeline.write(TEXT)
    (batch,) = pipeline.batches(path)
    path.unlink()
    for _ in range(2):
        with pytest.raises(InputError, match=r"The file is gone \(file .*in\.fa\)\. Start a new run"):
            pipeline.rows(batch)
        path.mkdir(exist_ok=True)


def test_text_added_after_planning_does_not_change_the_planned_counts(pipeline):
    path = pipeline.write(TEXT + "\n")
    (batch,) = pipeline.batches(path)
    change(path, TEXT.encode() + b"\n>f\nAAA\n")
    assert pipeline.rows(batch) == pipeline.naive(RECORDS)
