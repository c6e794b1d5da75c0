"""Every byte of a Parquet file is accounted for: joined files are refused, and files of any writer are read."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.errors import InputError
from opengenome.io.parquet import layout
from opengenome.io.parquet import rows as reader
from opengenome.io.search import search

PLAIN = {"use_dictionary": False, "compression": "none", "write_statistics": False}
TABLE = pa.table({"seq_id": ["a", "b"], "sequence": ["ACGACG", "TTTTTT"]})
OTHER = pa.table({"seq_id": ["c", "d"], "sequence": ["CCCCCC", "GGGGGG"]})
LONGER = pa.table({"seq_id": [f"s{row}" for row in range(500)], "sequence": ["ACGTTT"] * 500})


def packed(table=TABLE, **how):
    sink = io.BytesIO()
    pq.write_table(table, sink, **PLAIN | how)
    return sink.getvalue()


def parted(data):
    """The bytes before the footer, and the footer with its length and magic."""
    at = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return data[:at], data[at:]


JOINED = {
    "itself": packed() * 2,
    "one of equal layout": packed() + packed(OTHER),
    "three": packed() + packed(OTHER) + packed(),
    "a longer one": packed() + packed(LONGER),
    "a shorter one": packed(LONGER) + packed(),
    "an empty one": packed() + packed(TABLE.slice(0, 0)),
    "one without row groups": packed() + packed(TABLE.schema.empty_table()),
}


@pytest.mark.parametrize("way", JOINED)
@pytest.mark.parametrize("place", ["in place", "shards"])
def test_parquet_files_that_were_joined_are_refused(pipeline, monkeypatch, way, place):
    if place == "shards":
        monkeypatch.setattr(reader, "_LARGEST_ROW_GROUP", -1)
    with pytest.raises(InputError, match=r"bytes that its footer does not name: were files joined|cannot be read"):
        pipeline.ingest(pipeline.write(JOINED[way]))
    assert pipeline.left() == []


@pytest.mark.parametrize("way", ["itself", "one of equal layout", "three", "an empty one"])
def test_joined_files_that_arrow_would_read_are_reported_as_joined(pipeline, way):
    assert pq.read_table(io.BytesIO(JOINED[way])).num_rows in (0, 2)
    with pytest.raises(InputError, match=r"were files joined\? Bytes [\d,]+ to [\d,]+ belong to no column"):
        pipeline.ingest(pipeline.write(JOINED[way]))


def test_rows_that_a_footer_does_not_name_are_found_wherever_they_are(tmp_path):
    pages, tail = parted(packed(LONGER))
    for data in (pages + b"x" * 200 + tail, pages + bytes(150) + b"x" + tail):
        (tmp_path / "in.parquet").write_bytes(data)
        with pytest.raises(InputError, match="were files joined"):
            list(reader.read_strings(str(tmp_path / "in.parquet")))


WRITTEN = {
    "dictionaries": {"use_dictionary": True},
    "many row groups": {"row_group_size": 7},
    "statistics and indexes": {"write_statistics": True, "write_page_index": True, "row_group_size": 90},
    "Bloom filters": {"bloom_filter_options": {"sequence": {"ndv": 500, "fpp": 0.05}}, "row_group_size": 90},
    "version 2": {"data_page_version": "2.0", "compression": "zstd"},
}


@pytest.mark.parametrize("way", WRITTEN)
def test_files_of_arrow_are_accounted_for(pipeline, way):
    assert pipeline.ingest(pipeline.write(packed(LONGER, **WRITTEN[way]))).sequences == (500,)


def test_padding_with_zeros_is_allowed(pipeline):
    pages, tail = parted(packed(LONGER))
    assert pipeline.ingest(pipeline.write(pages + bytes(3_000_000) + tail)).sequences == (500,)


@pytest.mark.parametrize("name", ["v0.7.1.parquet", "v0.7.1.some-named-index.parquet"])
def test_files_of_parquet_cpp_1_3_are_accounted_for(name):
    """It writes a copy of a column's metadata after each column; pyarrow brings such files for its own tests."""
    path = Path(pa.__file__).parent / "tests" / "data" / "parquet" / name
    if not path.exists():
        pytest.skip("pyarrow without its tests")
    layout.check_accounted(str(path))


# --- summaries ---


@pytest.fixture
def parts(tmp_path):
    """A folder with one Parquet file and the summaries that pyarrow makes of it."""
    collected = []
    pq.write_table(TABLE, tmp_path / "p.parquet", metadata_collector=collected)
    collected[0].set_file_path("p.parquet")
    pq.write_metadata(TABLE.schema, tmp_path / "_metadata", metadata_collector=collected)
    pq.write_metadata(TABLE.schema, tmp_path / "_common_metadata")
    return tmp_path


@pytest.mark.parametrize("source", ["", "*", "**"])
def test_summaries_of_parquet_files_are_passed_over(parts, source):
    found = search(str(parts / source), [parts])
    assert [Path(file.path).name for file in found.files] == ["p.parquet"]
    why = "a summary of the Parquet files beside it"
    assert {(Path(one.path).name, one.why) for one in found.passed_over} == {(name, why) for name in layout.SUMMARIES}


@pytest.mark.parametrize("name", layout.SUMMARIES)
def test_a_named_summary_is_refused_as_a_summary(parts, name):
    with pytest.raises(
        InputError, match="This is a summary of the Parquet files beside it, which is not a supported input"
    ):
        search(str(parts / name), [parts])


def test_a_summary_of_another_name_is_refused_as_a_summary(pipeline, parts):
    with pytest.raises(
        InputError, match="This is a summary of the Parquet files beside it, which is not a supported input"
    ):
        pipeline.ingest(pipeline.write((parts / "_metadata").read_bytes()))


def test_a_file_of_that_name_with_rows_of_its_own_is_read(tmp_path):
    pq.write_table(TABLE, tmp_path / "_metadata")
    assert [Path(file.path).name for file in search(str(tmp_path), [tmp_path]).files] == ["_metadata"]
