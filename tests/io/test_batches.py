"""A batch exists if its manifest does; its table sums to its totals, and any change to it is found."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from opengenome import ENGINE_VERSION
from opengenome.core import counting, planning
from opengenome.core.accounts import TableSums
from opengenome.core.alphabet import CODONS
from opengenome.core.model import CountingParameters, Part, Tally
from opengenome.errors import ContractError, InputError
from opengenome.io import batches, parts, ranges, table_schemas
from opengenome.io.clock import Clock
from opengenome.io.ranges import Attempt, RangeTask, assemble, count_range, tasks_of
from opengenome.io.schemas import BatchSpec

RECORDS = [("a", "ACGTTGNA" * 9), ("b", ""), ("c", "acguuu"), ("d", "T" * 100), ("a", "GATTACA"), ("é", "AC")]
TEXT = "".join(f">{name}\n{letters}\n" for name, letters in RECORDS)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(planning, "CHUNK_BASES", 60)
    monkeypatch.setattr(ranges, "CHUNK_BASES", 60)
    monkeypatch.setattr(parts, "_ROWS_AT_ONCE", 2)


def commit(pipeline, frame=2):
    """Count one batch, and commit it. Returns its folder and the manifest."""
    (batch,) = pipeline.batches(pipeline.write(TEXT))
    folder = pipeline.folder / "batch"
    spec = BatchSpec(batch, CountingParameters(frame), ENGINE_VERSION)
    manifest = assemble(spec, [count_range(task) for task in tasks_of(spec, folder, "1")], Attempt("1"))
    batches.commit(folder, manifest)
    return folder, manifest


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("frame", [0, 1, 2])
def test_the_table_holds_each_sequence_in_order_and_sums_to_the_batch(pipeline, frame):
    folder, manifest = commit(pipeline, frame)
    assert len(manifest.parts) > 2
    rows = []
    for part in manifest.parts:
        table = pq.read_table(folder / part.name)
        assert table.schema.equals(table_schemas.per_sequence_schema())
        assert (table.num_rows, (folder / part.name).stat().st_size) == (part.rows, part.bytes)
        rows += table.to_pylist()
    found = [(r["seq_id"], [r[codon] for codon in CODONS], r["ambiguous_codons"], r["trailing_bases"]) for r in rows]
    naive = pipeline.naive(RECORDS, frame)
    assert found == [(name, counts, ambiguous, trailing) for name, counts, ambiguous, _, trailing in naive]
    assert [row["length"] for row in rows] == [len(letters) for _, letters in RECORDS]
    assert len(manifest.chunks) > 2
    assert parts.sum_parts(manifest, folder) == TableSums(manifest.by_chunk)
    assert Tally.sum(manifest.by_chunk) == manifest.tally
    ledger = manifest.ledger
    assert ledger.accounted == ledger.bases == sum(len(letters) for _, letters in RECORDS)


def test_a_second_commit_leaves_the_first_as_it_is(pipeline):
    folder, manifest = commit(pipeline)
    before = (folder / batches.MANIFEST).read_bytes()
    assert not batches.commit(folder, replace(manifest, attempt="2"))
    assert (folder / batches.MANIFEST).read_bytes() == before


def test_a_committed_batch_is_read_back_as_it_was_written(pipeline):
    folder, manifest = commit(pipeline)
    assert batches.load_manifest(folder / batches.MANIFEST)[0] == manifest
    assert batches.damaged_part(manifest, folder) is None
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_without_the_table_the_totals_are_the_same(pipeline):
    folder, manifest = commit(pipeline)
    (chunk,) = manifest.chunks
    result = count_range(RangeTask((chunk,), CountingParameters(2, False), str(folder), "none.parquet"))
    assert (result.tally, result.part) == (manifest.tally, None)
    assert not (folder / "none.parquet").exists()


def test_a_changed_input_is_returned_as_an_error_and_leaves_no_part(pipeline):
    (batch,) = pipeline.batches(pipeline.write(TEXT))
    pipeline.write(TEXT.replace("GATTACA", "GATTTCA"))
    folder = pipeline.folder / "batch"
    for keep in (True, False):
        found = count_range(RangeTask(batch.chunks[:1], CountingParameters(0, keep), str(folder), "attempts/1/p"))
        assert isinstance(found, InputError)
        assert "changed after it was planned" in str(found)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_an_invalid_manifest_is_a_contract_error(pipeline):
    folder, _ = commit(pipeline)
    path = folder / batches.MANIFEST
    text = path.read_text()
    for broken in ("", "{}", text[:-20], text.replace('"rows": 6', '"rows": "6"'), text.replace("[\n", "[1,\n", 9)):
        path.write_text(broken)
        with pytest.raises(ContractError, match=r"manifest\.json"):
            batches.load_manifest(path)
    path.unlink()
    with pytest.raises(ContractError, match="There is no batch manifest"):
        batches.load_manifest(path)


def test_a_manifest_that_is_set_aside_is_kept_but_no_longer_a_commit(pipeline):
    folder, _ = commit(pipeline)
    batches.set_aside(folder)
    batches.set_aside(folder)
    assert not (folder / batches.MANIFEST).exists()
    assert (folder / "manifest.damaged.json").exists()


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_changed_or_missing_part_is_named(pipeline, place):
    folder, manifest = commit(pipeline)
    (part,) = manifest.parts
    path = folder / part.name
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert batches.damaged_part(manifest, folder) == f"part changed: {part.name}"
    path.write_bytes(data + b"x")
    assert batches.damaged_part(manifest, folder) == f"part changed: {part.name}"
    path.unlink()
    assert batches.damaged_part(manifest, folder) == f"part missing: {part.name}"


@pytest.mark.parametrize("name", ["/elsewhere.parquet", "../../elsewhere.parquet"])
def test_a_part_outside_its_batch_is_refused(pipeline, name):
    folder, manifest = commit(pipeline)
    assert batches.damaged_part(replace(manifest, parts=(Part(name, 1, 1, "x"),)), folder) == f"part missing: {name}"


def test_a_part_that_is_not_a_table_is_a_contract_error(pipeline):
    folder, manifest = commit(pipeline)
    path = folder / manifest.parts[0].name
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["AAA"]), path)
    with pytest.raises(ContractError, match="columns are not those"):
        parts.sum_parts(manifest, folder)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ContractError, match="A part cannot be read"):
        parts.sum_parts(manifest, folder)


@pytest.mark.parametrize("rows", [0, 5, 7])
def test_a_part_whose_rows_differ_from_its_manifest_is_a_contract_error(pipeline, rows):
    folder, manifest = commit(pipeline)
    (part,) = manifest.parts
    with pytest.raises(ContractError, match=f"has 6 rows; its manifest says {rows}"):
        parts.sum_parts(replace(manifest, parts=(replace(part, rows=rows),)), folder)


def test_a_row_group_ends_when_it_has_enough_identifiers(pipeline, monkeypatch):
    monkeypatch.setattr(planning, "CHUNK_BASES", 10**9)
    monkeypatch.setattr(counting, "_SLOTS", 2)
    monkeypatch.setattr(parts, "_NAME_BYTES_AT_ONCE", 1)
    folder, manifest = commit(pipeline)
    with pq.ParquetFile(folder / manifest.parts[0].name) as file:
        assert file.num_row_groups > 2


def test_a_part_that_fails_halfway_leaves_nothing(tmp_path):
    def counted():
        raise InputError("changed")
        yield

    with pytest.raises(InputError):
        parts.write_part(tmp_path, "attempts/1/p.parquet", counted())
    assert [path for path in Path(tmp_path).rglob("*") if path.is_file()] == []


def test_nested_iterators_count_each_second_once():
    clock = Clock()
    inner = clock.around("read", iter(range(3)))
    outer = clock.around("count", (item * 2 for item in inner))
    with clock.section("write"):
        assert list(outer) == [0, 2, 4]
    assert set(clock.seconds) == {"read", "count", "write"}
    assert all(seconds >= 0 for seconds in clock.seconds.values())
