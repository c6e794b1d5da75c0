"""A file is ingested once, in every form with the same records; marks, masks and empty files are handled."""

import gzip
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from blake3 import blake3

from opengenome.errors import InputError
from opengenome.io import entries, ingest, schemas
from tests.io.ingested import TEXT


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_ingested_once_and_again_when_it_or_the_engine_changed(pipeline, pack, monkeypatch):
    path = pipeline.write(pack(TEXT))
    first = pipeline.ingest(path)
    assert pipeline.proof == ingest.READ
    left = {(found, found.stat().st_mtime_ns) for found in pipeline.left()}
    assert (pipeline.ingest(path), pipeline.proof) == (first, pipeline.known)
    assert {(found, found.stat().st_mtime_ns) for found in pipeline.left()} == left
    monkeypatch.setattr(entries, "ENGINE_VERSION", "99")
    assert pipeline.ingest(path)
    assert pipeline.proof == ingest.READ
    monkeypatch.undo()
    pipeline.ingest(pipeline.write(pack(TEXT)))
    assert pipeline.proof == ingest.READ
    assert not [found for found in pipeline.left() if found.name.startswith(".")]


def test_a_shard_that_is_gone_is_written_again(pipeline):
    path = pipeline.write(gzip.compress(TEXT))
    (part,) = pipeline.ingest(path).files
    Path(part.path).unlink()
    assert pipeline.ingest(path).files == (part,)
    assert pipeline.proof == ingest.READ
    assert Path(part.path).exists()
    assert len(pipeline.count(path)) == 30


@pytest.mark.parametrize("records", [1, 2, 7, 30, 1000])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_spans_of_any_size_give_the_same_plan(pipeline, monkeypatch, records, pack):
    path = pipeline.write(pack(TEXT))
    whole = pipeline.batches(path, batch_size=4)
    monkeypatch.setattr("opengenome.io.records._SPAN_RECORDS", records)
    assert pipeline.batches(path, batch_size=4) == whole
    assert len(whole) == 8


def test_plain_gzip_and_parquet_count_the_same(pipeline):
    letters = [line.split(b"\n") for line in TEXT.decode().encode().split(b">")[1:]]
    table = pa.table({"seq_id": [r[0].decode() for r in letters], "sequence": [r[1].decode() for r in letters]})
    parquet = pipeline.folder / "in.parquet"
    pq.write_table(table, parquet)
    expected = pipeline.naive(table.select(["seq_id", "sequence"]).to_pandas().itertuples(index=False), 1)
    for path in (pipeline.write(TEXT, "a.fa"), pipeline.write(gzip.compress(TEXT), "a.gz"), parquet):
        for size in (1, 7, 500):
            assert pipeline.count(path, 1, batch_size=size) == expected


@pytest.mark.parametrize(
    "data", [b"", b"\n\n \r\n", b"\xef\xbb\xbf\n", gzip.compress(b"", mtime=0), gzip.compress(b"\n" * 200_000)]
)
def test_a_file_without_a_sequence_is_zero_sequences(pipeline, data):
    path = pipeline.write(data)
    assert pipeline.ingest(path).files == ()
    assert (pipeline.manifest.sequences, pipeline.manifest.bases) == ((0,), (0,))
    assert pipeline.count(path) == []
    assert pipeline.proof == pipeline.known


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("blank", [b"", b"\n\r\n", b" \t\n"])
def test_a_byte_order_mark_is_skipped_and_the_first_record_starts_after_it(pipeline, pack, blank):
    expected = pipeline.count(pipeline.write(TEXT))
    path = pipeline.write(pack(b"\xef\xbb\xbf" + blank + TEXT))
    assert pipeline.count(path) == expected
    if pack is bytes:
        first = pipeline.batches(path)[0].chunks[0]
        assert path.read_bytes()[first.start : first.start + 3] == b">r0"
    with pytest.raises(InputError, match=r"'#' is not .*line 2, record 1 \(r0\)"):
        pipeline.ingest(pipeline.write(pack(b"\xef\xbb\xbf" + TEXT.replace(b"\n", b"\nA#", 1))))


def test_a_byte_order_mark_does_not_hide_a_header_that_is_too_long(pipeline):
    with pytest.raises(InputError, match="A header line is longer"):
        pipeline.ingest(pipeline.write(b"\xef\xbb\xbf>" + b"A" * (1 << 20) + b"\nACG\n"))


def b3sum(path):
    return f"blake3:{blake3(path.read_bytes()).hexdigest()}"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n \n"])
def test_the_digest_of_a_text_file_is_that_of_its_bytes(pipeline, pack, before):
    path = pipeline.write(pack(before + TEXT))
    pipeline.ingest(path)
    assert pipeline.manifest.digests == (b3sum(path),)
    pipeline.ingest(path)
    assert (pipeline.manifest.digests, pipeline.proof) == ((b3sum(path),), pipeline.known)


def test_an_entry_that_lacks_the_digest_of_a_file_is_read_again(pipeline):
    path = pipeline.write(TEXT)
    manifest = pipeline.ingest(path)
    schemas.write(pipeline.store.ingest(manifest.key) / entries.MANIFEST, replace(manifest, digests=()))
    assert (pipeline.ingest(path), pipeline.proof) == (manifest, ingest.READ)


def test_the_digest_of_parquet_that_is_read_in_place_is_that_of_its_records(pipeline):
    names, letters = zip(*(record.decode().split("\n")[:2] for record in TEXT.split(b">")[1:]), strict=True)
    table = pa.table({"seq_id": names, "sequence": letters})
    changed = table.set_column(1, "sequence", pc.replace_substring(table["sequence"], "ACGT", "ACGA"))
    seen = []
    for name, rows, size in (("a", table, 7), ("b", table, 1000), ("c", changed, 7), ("d", table[:-1], 7)):
        path = pipeline.folder / f"{name}.parquet"
        pq.write_table(rows, path, row_group_size=size)
        pipeline.ingest(path)
        seen += pipeline.manifest.digests
    assert seen[0] == seen[1]
    assert len({*seen}) == 3
    assert all(digest.startswith("records-blake3:") for digest in seen)
    digests = b"".join(blake3(len(name).to_bytes(8, "little") + (name + text).encode()).digest()
                       for name, text in zip(names, letters, strict=True))  # fmt: skip
    assert seen[0] == f"records-blake3:{blake3(digests).hexdigest()}"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_masked_base_is_ambiguous(pipeline, pack):
    ((_, counts, ambiguous, skipped, trailing),) = pipeline.count(pipeline.write(pack(b">a\nATGxxxACXGX\n")))
    assert (sum(counts), ambiguous, skipped, trailing) == (1, 2, 0, 2)
