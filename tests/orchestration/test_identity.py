"""The published table has the same bytes, whatever the format of the input and the size of the batches."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome import ENGINE_VERSION
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.model import CountingParameters
from opengenome.core.planning import Limits, plan_batches
from opengenome.core.usage import codon_table
from opengenome.io import ingest, sources, tables
from opengenome.io.clock import Clock
from opengenome.io.parts import RunningTally, count_chunk
from opengenome.io.records import read_spans
from opengenome.io.schemas import Material
from opengenome.io.store import Store

RECORDS = [
    (f"r{n}", "".join(CODONS[(n * 7 + k * k) % 64] for k in range(n % 90)) + "NACG"[: n % 5]) for n in range(300)
]


def fasta(path):
    path.write_text("".join(f">{name} x\n{letters}\n" for name, letters in RECORDS))


def packed(path):
    text = "".join(f">{name} x\r\n{letters.lower()}\r\n" for name, letters in RECORDS).encode()
    path.write_bytes(gzip.compress(text[:5000]) + gzip.compress(text[5000:]))


def parquet(path):
    names, letters = zip(*RECORDS, strict=True)
    pq.write_table(pa.table({"seq_id": names, "sequence": letters}), path, row_group_size=64)


def published(path, batch_size, store, folder):
    file = sources.fingerprint(path)
    manifest, _ = ingest.ingest(Material((file,)), store, print)
    runs = read_spans(manifest, store.ingest(manifest.key))
    running = RunningTally()
    batches = list(plan_batches(runs, Limits(batch_size, 10**9), CountingParameters(), ENGINE_VERSION))
    assert len(batches) == -(-len(RECORDS) // batch_size)
    for batch in batches:
        for chunk in batch.chunks:
            for sequences in count_chunk(chunk, CountingParameters(), Clock()):
                running.add(sequences)
    tables.write_codon_table(folder, codon_table(running.totals, genetic_code(11)).columns())
    return (folder / tables.CSV).read_bytes()


@pytest.mark.parametrize("batch_size", [1, 7, 500, 5000])
@pytest.mark.parametrize("write", [fasta, packed, parquet])
def test_every_format_at_every_batch_size_gives_the_same_bytes(tmp_path, write, batch_size):
    fasta(tmp_path / "reference")
    write(tmp_path / "input")
    store = Store(tmp_path / "store")
    reference = published(tmp_path / "reference", 5000, store, tmp_path / "a")
    assert published(tmp_path / "input", batch_size, store, tmp_path / "b") == reference
    assert reference.count(b"\n") == 65
