"""Parquet files in a table's folder are refused with the table's kind, because they hold more rows than the table."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.errors import InputError
from opengenome.io.search import search


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names(folder, source=""):
    return [Path(file.path).name for file in search(str(folder / source), [folder]).files]


SEQUENCES = pa.table({"seq_id": ["a"], "sequence": ["ACG"]})
LAKES = {
    "_delta_log": "Delta Lake",
    ".hoodie": "Hudi",
    "metadata/v1.metadata.json": "Iceberg",
    "_spark_metadata": "Spark",
}


@pytest.mark.parametrize("sign", LAKES)
@pytest.mark.parametrize("below", ["p.parquet", "data/day=1/hour=2/p.parquet", "data/no-suffix"])
def test_parquet_in_a_table_folder_is_refused_however_it_is_found(tmp_path, sign, below):
    table = tmp_path / "lake" / "table"
    put(table / sign / "0.json" if "." not in Path(sign).suffix else table / sign, b"{}")
    (table / below).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(SEQUENCES, table / below)
    (tmp_path / "link.parquet").symlink_to(table / below)
    (tmp_path / "linked").symlink_to((table / below).parent)
    for source in (tmp_path, table, table / below, table / "**" / "p*", tmp_path / "link.parquet", tmp_path / "linked"):
        if source.name == "p*" and below.endswith("suffix"):
            continue
        with pytest.raises(InputError, match=rf"{table} is an? .*{LAKES[sign]}") as caught:
            search(str(source), [tmp_path])
        assert "Export" in str(caught.value)


MARKERS = {
    "a file that was removed": ({"_committed_1": b'{"added": [], "removed": ["p.parquet"]}'}, True),
    "a write that did not end": ({"_started_1": b""}, True),
    "the second of two": ({"_started_1": b"", "_committed_1": b'{"added": ["p.parquet"]}', "_started_2": b""}, True),
    "a marker that was cut": ({"_committed_1": b'{"added": ['}, True),
    "a marker of another form": ({"_committed_1": b"[]"}, True),
    "a file that was added": ({"_started_1": b"", "_committed_1": b'{"added": ["p.parquet"], "removed": []}'}, False),
    "one removed and gone": ({"_started_1": b"", "_committed_1": b'{"added": [], "removed": ["o.parquet"]}'}, False),
}


@pytest.mark.parametrize("way", MARKERS)
@pytest.mark.parametrize("source", ["", "p.parquet", "*.parquet"])
def test_files_that_databricks_removed_or_did_not_commit_are_refused_and_others_read(tmp_path, way, source):
    markers, refused = MARKERS[way]
    pq.write_table(SEQUENCES, tmp_path / "p.parquet")
    for name, data in markers.items():
        put(tmp_path / name, data)
    if refused:
        with pytest.raises(InputError, match="a Databricks table with removed or uncommitted files"):
            search(str(tmp_path / source), [tmp_path])
    else:
        assert names(tmp_path, source) == ["p.parquet"]


@pytest.mark.parametrize("beside", ["manifest/manifest-1", "bucket-0/x"])
@pytest.mark.parametrize("below", ["bucket-1/p.parquet", "day=1/bucket-0/p.parquet"])
def test_parquet_of_a_paimon_table_is_refused(tmp_path, beside, below):
    for name in ("snapshot/snapshot-1", beside):
        put(tmp_path / "t" / name, b"{}")
    (tmp_path / "t" / below).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(SEQUENCES, tmp_path / "t" / below)
    for source in (tmp_path, tmp_path / "t" / below):
        with pytest.raises(InputError, match="a Paimon table"):
            search(str(source), [tmp_path])


def test_fasta_in_a_table_folder_is_read(tmp_path):
    put(tmp_path / "_delta_log" / "0.json", b"{}")
    put(tmp_path / "a.fa", b">a\nACG\n")
    assert names(tmp_path) == ["a.fa"]
