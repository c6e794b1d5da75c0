"""The input of every run here, in three formats: workers read from landing/ and from the store."""

from __future__ import annotations

import gzip
import random

import pyarrow as pa
import pyarrow.parquet as pq

from opengenome.core.alphabet import CODONS

RECORDS = 3000  # in each file
NASTY = "--conf spark.master=local; $(touch pwned) {{ 7 * 7 }} <b>.fasta"  # must be treated as a name and nothing else
FILES = [*(f"{number}.fasta" for number in range(5)), NASTY]  # each more than half of what a range of Spark's holds


def write_sample(folder):
    """sample/ with one file of each format, the first record of each with all codons; many/ with as many of FASTA."""
    sample, many = folder / "sample", folder / "many"
    for made in (sample, many):
        made.mkdir(parents=True)
    drawn = random.Random(64)  # noqa: S311  (test data, always the same)
    text = "".join(drawn.choices("ACGTacgtUN", [20, 16, 18, 20, 4, 4, 4, 4, 2, 1], k=1 << 20))

    def records(name, count=RECORDS):
        yield f"{name}_0", "".join(CODONS)
        for number in range(1, count):
            start = drawn.randrange(len(text) - 5000)
            yield f"{name}_{number}", text[start : start + drawn.randint(200, 4000)]

    def fasta(name, count=RECORDS):
        return "".join(f">{name}\n{sequence}\n" for name, sequence in records(name, count)).encode()

    def large(name):
        starts = (drawn.randrange(len(text) - 300_000) for _ in range(60))
        sequences = ["".join(CODONS), *(text[start : start + 300_000] for start in starts)]
        return "".join(f">{name}_{number}\n{sequence}\n" for number, sequence in enumerate(sequences)).encode()

    (sample / "sample.fasta").write_bytes(fasta("plain"))
    (sample / "sample.fna.gz").write_bytes(gzip.compress(fasta("packed"), mtime=0))
    names, sequences = zip(*records("columns"), strict=True)
    pq.write_table(pa.table({"seq_id": names, "sequence": sequences}), sample / "sample.parquet")
    for number, name in enumerate(FILES):
        (many / name).write_bytes(large(f"file{number}"))
