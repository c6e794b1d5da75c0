"""Compressed FASTA becomes plain text in the store, with the same counts and digests as the uncompressed file."""

import gzip
import struct
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opengenome.core import bundling, planning
from opengenome.errors import InputError
from opengenome.io import fasta_text, ingest, sources
from opengenome.io.schemas import Material

RECORDS = [("a", "ACGTTGNA" * 5), ("b", ""), ("c", "acguuu"), ("d", "TTG" * 100), ("e", "GATTACA"), ("f", "")]


@pytest.fixture
def small(monkeypatch):
    """Many blocks in a file, and many chunks in a batch."""
    monkeypatch.setattr(fasta_text.read_blocks, "__defaults__", (32, None))
    monkeypatch.setattr(planning, "CHUNK_BASES", 30)


def fasta_of(records, width=9):
    lines = []
    for name, letters in records:
        lines += [f">{name} some words", *(letters[k : k + width] for k in range(0, len(letters), width))]
    return ("\n".join(lines) + "\n").encode()


def bgzf(data, size=50):
    """Blocked gzip as bgzip writes it: members with a BC field, and an empty last one."""
    blocks = []
    for piece in [data[k : k + size] for k in range(0, len(data), size)] + [b""]:
        squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = squeeze.compress(piece) + squeeze.flush()
        header = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25)
        blocks.append(header + body + struct.pack("<2I", zlib.crc32(piece), len(piece)))
    return b"".join(blocks)


PACKINGS = {
    "one member": gzip.compress,
    "members of 37 bytes": lambda data: b"".join(gzip.compress(data[k : k + 37]) for k in range(0, len(data), 37)),
    "empty members between": lambda data: gzip.compress(b"") + gzip.compress(data) + gzip.compress(b"") * 2,
    "BGZF": bgzf,
    "stored, not deflated": lambda data: gzip.compress(data, 0),
    "zeros behind it": lambda data: gzip.compress(data) + b"\0" * 512,
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("frame", [0, 2])
def test_every_kind_of_gzip_counts_as_the_specification(pipeline, packing, frame):
    path = pipeline.write(PACKINGS[packing](fasta_of(RECORDS * 4)))
    assert pipeline.count(path, frame, batch_size=2) == pipeline.naive(RECORDS * 4, frame)
    assert [Path(shard.path).name for shard in pipeline.manifest.files] == ["shard-00000.fasta"]


LENGTHS = st.lists(st.one_of(st.integers(0, 20), st.integers(0, 300), st.sampled_from([16, 32, 64, 128])), min_size=1,
                   max_size=14)  # fmt: skip


@pytest.mark.usefixtures("small")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=LENGTHS, width=st.integers(1, 80), plan=st.tuples(st.integers(0, 2), st.integers(1, 5)))
def test_any_lengths_in_any_plan_count_as_the_specification(pipeline, lengths, width, plan):
    frame, size = plan
    records = [(f"s{k}", ("ACGTN" * 60)[k : k + n]) for k, n in enumerate(lengths)]
    path = pipeline.write(gzip.compress(fasta_of(records, width)))
    assert pipeline.count(path, frame, batch_size=size) == pipeline.naive(records, frame)


HEADERS = {"Latin-1": b"caf\xe9 d'\xe9t\xe9", "UTF-8": "café".encode(), "a vertical tab": b"a\x0bb c",
           "a NUL": b"a\0b", "nothing": b"", "only spaces": b"  ", "a form feed first": b"\x0ca"}  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_any_header_is_read_back_as_it_was_planned(pipeline, header):
    text = b">" + HEADERS[header] + b"\nACGT\n>b\nTTT\n"
    plain = pipeline.count(pipeline.write(text, "plain.fa")) if b"\0" not in text else None
    packed = pipeline.count(pipeline.write(gzip.compress(text)))
    assert [row[1:] for row in packed] == [row[1:] for row in pipeline.naive([("", "ACGT"), ("b", "TTT")])]
    assert plain in (packed, None)


def digests(batches):
    return [chunk.digest for batch in batches for chunk in batch.chunks]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_counts_of_a_plain_file_are_reused_for_its_gzip(pipeline, end):
    text = fasta_of(RECORDS).replace(b"\n", end.encode())
    plain = digests(pipeline.batches(pipeline.write(text, "plain.fa"), batch_size=2))
    packed = digests(pipeline.batches(pipeline.write(gzip.compress(text)), batch_size=2))
    assert packed == plain


def test_a_changed_letter_in_a_shard_is_found(pipeline):
    batches = pipeline.batches(pipeline.write(gzip.compress(fasta_of([("d", "TTG" * 100)], 300))))
    (shard,) = pipeline.manifest.files
    data = Path(shard.path).read_bytes()
    place = data.index(b"TTGTTG")
    Path(shard.path).write_bytes(data[:place] + b"C" + data[place + 1 :])
    with pytest.raises(InputError, match="changed after it was planned"):
        for batch in batches:
            pipeline.rows(batch)


# How neighbouring files in a shard may begin and end.
NEIGHBOURS = {
    "a last line without its end": (b">a\nACGT", b">b\nTT"),
    "a header without its end": (b">a\nACGT\n>b", b">c\nTT"),
    "blanks before the first header": (b" \n\t\r\n>a\nACGT\n", b"\n\n  >b\nTT\n"),
    "a byte order mark": (b"\xef\xbb\xbf>a\nACGT", b"\xef\xbb\xbf\n>b\nTT\n"),
    "nothing but blanks": (b">a\nACGT", b" \n", b"", b">b\nTT"),
    "lines that end with CR": (b">a\rACGT\r", b">b\rTT"),
    "compressed and plain": (gzip.compress(b">a\nACGT"), b">b\nTT", gzip.compress(b"\n>c\nGG")),
}


@pytest.mark.parametrize("size", [4, 32, 1 << 20])
@pytest.mark.parametrize("way", NEIGHBOURS)
def test_files_that_share_a_shard_keep_their_records_apart(pipeline, monkeypatch, way, size):
    monkeypatch.setattr(fasta_text.read_blocks, "__defaults__", (size, None))
    monkeypatch.setattr(bundling, "SMALL_BYTES", 1 << 20)
    files = [sources.fingerprint(pipeline.write(data, f"{k}.fa")) for k, data in enumerate(NEIGHBOURS[way])]
    alone = [pipeline.count(Path(file.path)) for file in files]
    manifest, _ = ingest.ingest(Material(files), pipeline.store, lambda _: None)
    assert list(manifest.sequences) == [len(rows) for rows in alone]
    assert len(manifest.files) == 1
    assert pipeline.count_entry(manifest) == [row for rows in alone for row in rows]


def test_files_of_two_formats_share_an_entry_even_if_some_are_empty(pipeline):
    columns = {"seq_id": ["p"], "sequence": ["ACG"]}
    empty, full = pipeline.folder / "1.parquet", pipeline.folder / "3.parquet"
    pq.write_table(pa.table({name: pa.array([], pa.string()) for name in columns}), empty)
    pq.write_table(pa.table(columns), full)
    paths = [pipeline.write(b" \n", "0.fa"), empty, pipeline.write(b">a\nTTT", "2.fa"), full]
    files = [sources.fingerprint(path) for path in paths]
    manifest, _ = ingest.ingest(Material(files), pipeline.store, lambda _: None)
    assert list(manifest.sequences) == [0, 0, 1, 1]
    assert [row[0] for row in pipeline.count_entry(manifest)] == ["a", "p"]
    folder = pipeline.store.ingest(manifest.key)
    assert sorted(folder.glob("shard-*")) == sorted(Path(file.path) for file in manifest.files)
