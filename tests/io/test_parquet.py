"""Parquet gives the same counts whatever its column types and row groups; errors in it are reported."""

import functools
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.core import planning
from opengenome.errors import InputError
from opengenome.io import row_shards, table_schemas
from opengenome.io.parquet import rows as reader

RECORDS = [(f"seq {k}é", "".join(random.Random(k).choices("ACGTNu", k=k * 7 % 50))) for k in range(40)]  # noqa: S311


def table_of(records=RECORDS, kind=pa.string(), **more):  # noqa: B008  (a type)
    names, letters = zip(*records, strict=True)
    if "binary" in str(kind):
        names, letters = ([text.encode() for text in column] for column in (names, letters))
    return pa.table({"seq_id": pa.array(names, kind), "sequence": pa.array(letters, kind), **more})


def write(pipeline, table, **how):
    path = pipeline.folder / "in.parquet"
    pq.write_table(table, path, **how)
    return path


@pytest.fixture
def small(monkeypatch):
    """Many blocks in a row group, many row groups and pieces in a shard."""
    for name, value in {"_GROUP_BYTES": 64, "_PIECE_BYTES": 16, "_GROUP_ROWS": 5, "_SHARD_BYTES": 100,
                        "_BLOCK_BYTES": 32}.items():  # fmt: skip
        monkeypatch.setattr(row_shards, name, value)
    monkeypatch.setattr(reader, "_BLOCK_ROWS", 3)
    monkeypatch.setattr(planning, "CHUNK_BASES", 30)


@pytest.fixture
def never_in_place(monkeypatch):
    monkeypatch.setattr(reader, "_LARGEST_ROW_GROUP", -1)


KINDS = {
    "string": pa.string(),
    "large_string": pa.large_string(),
    "binary": pa.binary(),
    "large_binary": pa.large_binary(),
    "string_view": pa.string_view(),
    "binary_view": pa.binary_view(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_every_kind_of_text_column_and_row_group_counts_in_place(pipeline, kind, rows):
    path = write(pipeline, table_of(kind=KINDS[kind]), row_group_size=rows)
    assert pipeline.count(path, 1, batch_size=6) == pipeline.naive(RECORDS, 1)
    assert [part.path for part in pipeline.manifest.files] == [str(path)]


@pytest.mark.usefixtures("small", "never_in_place")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 6, 100])
def test_every_kind_of_text_column_counts_from_shards(pipeline, kind, size):
    path = write(pipeline, table_of(kind=KINDS[kind]))
    assert pipeline.count(path, 2, batch_size=size) == pipeline.naive(RECORDS, 2)
    assert len(pipeline.manifest.files) > 1
    assert str(path) not in {part.path for part in pipeline.manifest.files}


def test_row_groups_much_beyond_a_chunk_are_read_from_shards(pipeline, monkeypatch):
    path = write(pipeline, table_of([("a", "ACGT" * 500), ("b", "TTG" * 400)]), row_group_size=1, use_dictionary=False)
    assert reader.readable_in_place(str(path))
    monkeypatch.setattr(reader, "_LARGEST_ROW_GROUP", 1500)
    assert not reader.readable_in_place(str(path))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("place", ["in place", "shards"])
def test_rows_with_white_space_and_empty_rows_count_as_without(pipeline, monkeypatch, place):
    if place == "shards":
        monkeypatch.setattr(reader, "_LARGEST_ROW_GROUP", -1)
    records = [("a", " AC\nGT\r\n"), ("b", ""), ("c", "\n"), ("d", "acg u\t" * 40), ("", "N"), ("a", "AAA")]
    assert pipeline.count(write(pipeline, table_of(records)), 0, batch_size=2) == pipeline.naive(records)


def test_other_columns_of_the_user_are_ignored(pipeline):
    rows = list(range(len(RECORDS)))
    more = {"piece": rows, "description": [None] * len(rows), "length": rows, "source": ["x"] * len(rows)}
    assert pipeline.count(write(pipeline, table_of(**more))) == pipeline.naive(RECORDS)
    nested = table_of(**{"piece": [str(row) for row in rows], "more": [[row] for row in rows]})
    assert pipeline.count(write(pipeline, nested)) == pipeline.naive(RECORDS)


@pytest.mark.parametrize("place", ["in place", "shards"])
def test_a_shard_with_pieces_is_refused_as_input(pipeline, monkeypatch, place):
    if place == "shards":
        monkeypatch.setattr(reader, "_LARGEST_ROW_GROUP", -1)
    rows = {"seq_id": ["a", "a"], "length": [3, 3], "sequence": ["ACG", "ACG"], "piece": [0, 1]}
    with pytest.raises(InputError, match=r"is a shard .*in\.parquet"):
        pipeline.ingest(write(pipeline, pa.table(rows, schema=table_schemas.shard_schema())))
    assert pipeline.left() == []


def test_identifiers_that_are_not_utf_8_are_read_back_as_planned(pipeline, monkeypatch):
    table = pa.table({"seq_id": pa.array([b"caf\xe9", b"b"]), "sequence": pa.array([b"ACG", b"TTT"])})
    expected = pipeline.naive([("café", "ACG"), ("b", "TTT")])
    assert pipeline.count(write(pipeline, table)) == expected
    monkeypatch.setattr(reader, "_LARGEST_ROW_GROUP", -1)
    assert pipeline.count(write(pipeline, table)) == expected


def test_a_slice_reads_its_rows_and_no_others(pipeline, monkeypatch):
    monkeypatch.setattr(reader, "_BLOCK_ROWS", 3)
    path = str(write(pipeline, table_of(), row_group_size=9))
    for start in range(0, 40, 5):
        for stop in (start, start + 1, start + 13, 40):
            blocks = list(reader.read_strings(path, start, stop))
            found = [
                (name, bytes(block.data[begin:end]).decode())
                for block in blocks
                for name, begin, end in zip(block.ids, block.offsets, block.offsets[1:], strict=False)
            ]
            assert found == RECORDS[start:stop]


# --- bad input ---

BAD = {
    "no sequence": (pa.table({"seq_id": ["a"]}), "no column 'sequence'; it has seq_id"),
    "no seq_id": (pa.table({"id": ["a"], "sequence": ["A"]}), "no column 'seq_id'; it has id, sequence"),
    "no columns": (pa.table({}), "no column 'seq_id'; it has none"),
    "numbers": (pa.table({"seq_id": ["a"], "sequence": [1]}), "Column 'sequence' is int64, not text"),
    "lists": (pa.table({"seq_id": ["a"], "sequence": [["A"]]}), "not text"),
    "numbers as names": (pa.table({"seq_id": [1], "sequence": ["A"]}), "Column 'seq_id' is int64, not text"),
    "all null": (pa.table({"seq_id": ["a"], "sequence": pa.array([None])}), "is null, not text"),
    "a null": (pa.table({"seq_id": ["a", "b"], "sequence": ["A", None]}), "Column 'sequence' is null (file"),
    "a null name": (pa.table({"seq_id": ["a", None], "sequence": ["A", "C"]}), "Column 'seq_id' is null (file"),
    "protein": (table_of([("a", "ACG"), ("b", "MEEP")]), "'E' is not an IUPAC nucleotide letter (file"),
    "gaps": (table_of([("a", "ACG"), ("b", "A-C")]), "'-' is not an IUPAC nucleotide letter (file"),
    "NUL": (table_of([("a", "ACG"), ("b", "A\0C")]), "Byte 0x00 is not text (file"),
    "an accent": (
        table_of([("a", "ACG"), ("b", "é")]),
        "U+00E9 (latin small letter e with acute) is not a",
    ),
}


@pytest.mark.parametrize("place", ["in place", "shards"])
def test_a_table_without_rows_is_zero_sequences(pipeline, monkeypatch, place):
    if place == "shards":
        monkeypatch.setattr(reader, "_LARGEST_ROW_GROUP", -1)
    path = write(pipeline, table_of().slice(0, 0))
    assert pipeline.count(path) == []
    assert (pipeline.manifest.sequences, pipeline.manifest.files) == ((0,), ())


@pytest.mark.parametrize("place", ["in place", "shards"])
@pytest.mark.parametrize("kind", [pa.null(), pa.float64()])
def test_an_empty_frame_of_pandas_is_zero_sequences_although_its_columns_have_no_types(
    pipeline, monkeypatch, kind, place
):
    if place == "shards":
        monkeypatch.setattr(reader, "_LARGEST_ROW_GROUP", -1)
    path = write(pipeline, pa.table({"seq_id": pa.array([], kind), "sequence": pa.array([], kind)}))
    assert pipeline.count(path) == []
    assert pipeline.manifest.sequences == (0,)


@pytest.mark.parametrize("way", BAD)
@pytest.mark.parametrize("place", ["in place", "shards"])
def test_an_invalid_table_is_reported_with_its_record_and_leaves_nothing(pipeline, monkeypatch, way, place):
    if place == "shards":
        monkeypatch.setattr(reader, "_LARGEST_ROW_GROUP", -1)
    table, what = BAD[way]
    with pytest.raises(InputError) as caught:
        pipeline.ingest(write(pipeline, table))
    assert what in str(caught.value)
    assert "in.parquet" in str(caught.value)
    assert "\n" not in str(caught.value)
    if what.endswith("(file"):
        assert "record 2" in str(caught.value)
    assert pipeline.left() == []


def test_the_record_of_a_null_is_counted_over_blocks_and_row_groups(pipeline, monkeypatch):
    monkeypatch.setattr(reader, "_BLOCK_ROWS", 3)
    rows = {"seq_id": ["a"] * 40, "sequence": ["ACG"] * 33 + [None] + ["ACG"] * 6}
    with pytest.raises(InputError, match="record 34"):
        pipeline.ingest(write(pipeline, pa.table(rows), row_group_size=9))


@functools.cache
def packed():
    sink = pa.BufferOutputStream()
    pq.write_table(table_of(), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def test_a_truncated_parquet_file_is_reported(pipeline):
    for cut in range(4, len(packed()), 61):
        with pytest.raises(InputError, match=r"The Parquet file cannot be read: .*Is it complete\?") as caught:
            pipeline.ingest(pipeline.write(packed()[:cut]))
        assert "\n" not in str(caught.value)
    assert pipeline.left() == []


def test_a_damaged_parquet_file_is_reported_or_read(pipeline):
    told = 0
    for place in range(4, len(packed()), 11):
        damaged = bytearray(packed())
        damaged[place] ^= 0x55
        try:
            pipeline.count(pipeline.write(bytes(damaged)))
        except InputError as error:
            told += 1
            assert "in.fa" in str(error)
    assert told > 20


# --- what changes after ingest ---


@pytest.mark.parametrize("row", [0, 17, 39])
@pytest.mark.parametrize("column", ["seq_id", "sequence"])
def test_a_row_changed_after_planning_is_an_input_error(pipeline, row, column):
    (batch,) = pipeline.batches(write(pipeline, table_of()))
    records = [list(record) for record in RECORDS]
    records[row][column == "sequence"] += "A"
    write(pipeline, table_of(records))
    with pytest.raises(InputError, match=r"changed after it was planned.*a new run, which counts"):
        pipeline.rows(batch)


CHANGES = {
    "a wrong letter": [*RECORDS[:-1], ("x", "!")],
    "a row less": RECORDS[:-1],
    "two rows exchanged": [RECORDS[1], RECORDS[0], *RECORDS[2:]],
    "letters moved to the next row": [("seq 0é", RECORDS[1][1]), ("seq 1é", ""), *RECORDS[2:]],
}


@pytest.mark.parametrize("way", CHANGES)
def test_other_rows_after_planning_are_an_input_error(pipeline, way):
    (batch,) = pipeline.batches(write(pipeline, table_of()))
    write(pipeline, table_of(CHANGES[way]))
    with pytest.raises(InputError, match="changed after it was planned"):
        pipeline.rows(batch)


def test_a_table_gone_after_planning_is_an_input_error(pipeline):
    path = write(pipeline, table_of())
    (batch,) = pipeline.batches(path)
    path.unlink()
    with pytest.raises(InputError, match=r"in\.parquet"):
        pipeline.rows(batch)


def test_a_column_name_with_a_line_end_is_told_on_one_line(pipeline):
    with pytest.raises(InputError) as caught:
        pipeline.ingest(write(pipeline, pa.table({"seq_id": ["a"], "seq\nence": ["ACG"]})))
    assert "it has seq_id, seq\\nence" in str(caught.value)
    assert "\n" not in str(caught.value)
