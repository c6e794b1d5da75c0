"""The input of every run here, in three formats: workers read what lies in landing/ and what lies in the store."""

from __future__ import annotations

import gzip
import random

import pyarrow as pa
import pyarrow.parquet as pq

from opengenome.core.alphabet import CODONS

RECORDS = 3000  # in each file


def write_sample(folder):
    """sample.fasta, sample.fna.gz and sample.parquet; the first record of each holds all codons."""
    folder.mkdir(parents=True)
    drawn = random.Random(64)  # noqa: S311  (test data, always the same)
    text = "".join(drawn.choices("ACGTacgtUN", [20, 16, 18, 20, 4, 4, 4, 4, 2, 1], k=1 << 20))

    def records(name):
        yield f"{name}_0", "".join(CODONS)
        for number in range(1, RECORDS):
            start = drawn.randrange(len(text) - 5000)
            yield f"{name}_{number}", text[start : start + drawn.randint(200, 4000)]

    def fasta(name):
        return "".join(f">{name}\n{sequence}\n" for name, sequence in records(name)).encode()

    (folder / "sample.fasta").write_bytes(fasta("plain"))
    (folder / "sample.fna.gz").write_bytes(gzip.compress(fasta("packed"), mtime=0))
    names, sequences = zip(*records("columns"), strict=True)
    pq.write_table(pa.table({"seq_id": names, "sequence": sequences}), folder / "sample.parquet")
