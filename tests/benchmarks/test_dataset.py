"""The three formats of the set hold the same records, read without code of the pipeline."""

from __future__ import annotations

import gzip

import pyarrow.parquet as pq
import pytest

from benchmarks import dataset

RECORDS = [(f"r{number} some words", "ACGTN" * number + "A") for number in range(1, 40)]


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "in.fasta"
    wrapped = ("\n".join(sequence[k : k + 80] for k in range(0, len(sequence), 80)) for _, sequence in RECORDS)
    path.write_text("".join(f">{header}\n{text}\n" for (header, _), text in zip(RECORDS, wrapped, strict=True)))
    return path


def test_records_are_read_as_written(plain):
    assert list(dataset.records(plain)) == RECORDS


def test_gzip_and_parquet_hold_the_same(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "_GROUP_BASES", 500)
    dataset._write_gzip(plain, tmp_path / "out.gz")
    dataset._write_parquet(plain, tmp_path / "out.parquet")
    assert gzip.decompress((tmp_path / "out.gz").read_bytes()) == plain.read_bytes()
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(row["seq_id"], row["sequence"]) for row in rows] == [(header.split()[0], text) for header, text in RECORDS]
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups > 1


@pytest.mark.parametrize(("limit", "records"), [(0, 1), (60, 3), (10**9, len(RECORDS))])
def test_a_sample_is_whole_records(plain, tmp_path, limit, records):
    bases = dataset.write_sample(plain, tmp_path / "sample.fasta", limit)
    assert list(dataset.records(tmp_path / "sample.fasta")) == RECORDS[:records]
    assert bases == sum(len(sequence) for _, sequence in RECORDS[:records])
