"""Rows that cannot be read by ranges become row groups of bounded size, however long a sequence."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opengenome.core import planning
from opengenome.io import row_shards, table_schemas
from opengenome.io.parquet import rows

RECORDS = [("a", "ACGTTGNA" * 5), ("b", ""), ("c", "acguuu"), ("d", "TTG" * 100), ("e", "GATTACA"), ("f", "")]


@pytest.fixture(autouse=True)
def never_in_place(monkeypatch):
    monkeypatch.setattr(rows, "_LARGEST_ROW_GROUP", -1)


@pytest.fixture
def small(monkeypatch):
    """Every size small: many blocks, pieces, row groups and shards."""
    for name, value in {"_GROUP_BYTES": 64, "_PIECE_BYTES": 16, "_GROUP_ROWS": 5, "_SHARD_BYTES": 100,
                        "_BLOCK_BYTES": 32}.items():  # fmt: skip
        monkeypatch.setattr(row_shards, name, value)
    monkeypatch.setattr(rows, "_BLOCK_ROWS", 2)
    monkeypatch.setattr(planning, "CHUNK_BASES", 30)


def write(pipeline, records):
    names, letters = zip(*records, strict=True)
    path = pipeline.folder / "in.parquet"
    pq.write_table(pa.table({"seq_id": names, "sequence": letters}), path)
    return path


LENGTHS = st.lists(st.one_of(st.integers(0, 20), st.integers(0, 300), st.sampled_from([16, 32, 64, 128])), min_size=1,
                   max_size=14)  # fmt: skip


@pytest.mark.usefixtures("small")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=LENGTHS, plan=st.tuples(st.integers(0, 2), st.integers(1, 5)))
def test_any_lengths_in_any_plan_count_as_the_specification(pipeline, lengths, plan):
    frame, size = plan
    records = [(f"s{k}", ("ACGTN" * 60)[k : k + n]) for k, n in enumerate(lengths)]
    path = write(pipeline, records)
    assert pipeline.count(path, frame, batch_size=size) == pipeline.naive(records, frame)


@pytest.mark.usefixtures("small")
def test_shards_divide_the_records_and_hold_the_same_letters(pipeline):
    records = RECORDS * 4
    manifest = pipeline.ingest(write(pipeline, records))
    tables = [pq.read_table(part.path) for part in manifest.files]
    assert all(table.schema.equals(table_schemas.shard_schema()) for table in tables)
    assert [table.num_rows for table in tables] == [part.stop for part in manifest.files]
    found = []
    for table, part in zip(tables, manifest.files, strict=True):
        rows = table.to_pylist()
        assert sum(row["piece"] == 0 for row in rows) == part.records
        assert rows[0]["piece"] == 0  # no sequence continues in another shard
        for row, before in zip(rows, [None, *rows], strict=False):
            assert row["length"] == len(row["sequence"]) <= 64 + 32
            if row["piece"]:
                assert row["piece"] == before["piece"] + 1
                assert row["seq_id"] == before["seq_id"]
                found[-1][1] += row["sequence"]
            else:
                found.append([row["seq_id"], row["sequence"]])
    assert [tuple(record) for record in found] == records
    assert sum(manifest.sequences) == len(records)
    assert sum(manifest.bases) == sum(len(letters) for _, letters in records)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("length", [15, 16, 17, 63, 64, 65, 95, 96, 97, 128, 1000])
def test_one_long_sequence_is_written_in_pieces(pipeline, length):
    records = [("only", "ACGTA" * 200)]
    records[0] = ("only", records[0][1][:length])
    assert pipeline.count(write(pipeline, records), 1) == pipeline.naive(records, 1)


def test_a_sequence_of_20_million_bases_is_written_in_pieces_of_bounded_size(pipeline):
    letters = "ACGTTGCATTAGCCA" * (20_000_000 // 15)
    rows = pipeline.count(write(pipeline, [("long", letters), ("short", "ACG")]))
    assert [row[0] for row in rows] == ["long", "short"]
    assert [sum(row[1]) for row in rows] == [len(letters) // 3, 1]
    with pq.ParquetFile(pipeline.manifest.files[0].path) as file:
        assert file.metadata.num_rows > 2
        for group in range(file.num_row_groups):
            assert file.metadata.row_group(group).total_byte_size < 40 << 20
