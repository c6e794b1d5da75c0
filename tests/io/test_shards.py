"""Gzip becomes shards that count as the plain text does, however large a sequence and however small a row group."""

import gzip
import struct
import zlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opengenome.core import planning
from opengenome.io import parquet, schemas, shards

RECORDS = [("a", "ACGTTGNA" * 5), ("b", ""), ("c", "acguuu"), ("d", "TTG" * 100), ("e", "GATTACA"), ("f", "")]


@pytest.fixture
def small(monkeypatch):
    """Every size small: many blocks, pieces, row groups and shards."""
    for name, value in {"_GROUP_BYTES": 64, "_PIECE_BYTES": 16, "_GROUP_ROWS": 5, "_SHARD_BYTES": 100,
                        "_BLOCK_BYTES": 32}.items():  # fmt: skip
        monkeypatch.setattr(shards, name, value)
    monkeypatch.setattr(parquet, "_BLOCK_ROWS", 2)
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
    assert len(pipeline.manifest.parts) > 1


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


@pytest.mark.usefixtures("small")
def test_shards_part_the_records_and_hold_the_same_letters(pipeline):
    records = RECORDS * 4
    manifest = pipeline.ingest(pipeline.write(gzip.compress(fasta_of(records))))
    tables = [pq.read_table(part.path) for part in manifest.parts]
    assert all(table.schema.equals(schemas.shard_schema()) for table in tables)
    assert [table.num_rows for table in tables] == [part.stop for part in manifest.parts]
    found = []
    for table, part in zip(tables, manifest.parts, strict=True):
        rows = table.to_pylist()
        assert sum(row["piece"] == 0 for row in rows) == part.records
        assert rows[0]["piece"] == 0  # no sequence goes on in another shard
        for row, before in zip(rows, [None, *rows], strict=False):
            assert row["length"] == len(row["sequence"]) <= 64 + 32
            if row["piece"]:
                assert row["piece"] == before["piece"] + 1
                assert row["seq_id"] == before["seq_id"]
                found[-1][1] += row["sequence"]
            else:
                found.append([row["seq_id"], row["sequence"]])
    assert [tuple(record) for record in found] == records
    assert (manifest.sequences, manifest.bases) == (len(records), sum(len(letters) for _, letters in records))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("length", [15, 16, 17, 63, 64, 65, 95, 96, 97, 128, 1000])
def test_one_sequence_on_one_line_is_written_in_pieces(pipeline, length):
    records = [("only", "ACGTA" * 200)]
    records[0] = ("only", records[0][1][:length])
    path = pipeline.write(gzip.compress(fasta_of(records, 10_000)))
    assert pipeline.count(path, 1) == pipeline.naive(records, 1)


def test_a_sequence_of_20_million_bases_is_written_in_pieces_of_bounded_size(pipeline):
    letters = b"ACGTTGCATTAGCCA" * (20_000_000 // 15 * 2)
    path = pipeline.write(gzip.compress(b">long\n" + letters + b"\n>short\nACG\n", 1))
    rows = pipeline.count(path)
    assert [row[0] for row in rows] == ["long", "short"]
    assert [sum(row[1]) for row in rows] == [len(letters) // 3, 1]
    with pq.ParquetFile(pipeline.manifest.parts[0].path) as file:
        assert file.metadata.num_rows > 2
        for group in range(file.num_row_groups):
            assert file.metadata.row_group(group).total_byte_size < 40 << 20


HEADERS = {"Latin-1": b"caf\xe9 d'\xe9t\xe9", "UTF-8": "café".encode(), "a vertical tab": b"a\x0bb c",
           "a NUL": b"a\0b", "nothing": b"", "only spaces": b"  ", "a form feed first": b"\x0ca"}  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_any_header_is_read_back_as_it_was_planned(pipeline, header):
    text = b">" + HEADERS[header] + b"\nACGT\n>b\nTTT\n"
    plain = pipeline.count(pipeline.write(text, "plain.fa")) if b"\0" not in text else None
    packed = pipeline.count(pipeline.write(gzip.compress(text)))
    assert [row[1:] for row in packed] == [row[1:] for row in pipeline.naive([("", "ACGT"), ("b", "TTT")])]
    assert plain in (packed, None)


@pytest.mark.usefixtures("small")
def test_a_letter_changed_in_a_shard_is_seen(pipeline):
    batches = pipeline.batches(pipeline.write(gzip.compress(fasta_of([("d", "TTG" * 100)]))))
    (part,) = pipeline.manifest.parts
    data = Path(part.path).read_bytes()
    place = data.index(b"TTGTTG")
    Path(part.path).write_bytes(data[:place] + b"C" + data[place + 1 :])
    with pytest.raises(parquet.InputError, match="changed after it was planned"):
        for batch in batches:
            pipeline.rows(batch)
