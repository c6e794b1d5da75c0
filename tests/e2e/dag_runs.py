"""Runs of the real DAG: their input files, their results, and what Biopython counts in the same files."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
from Bio import SeqIO

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.io.store import LATEST_ADHOC

ORDER = ["discover", "ingest", "plan", "count_codons", "aggregate", "validate", "report", "publish"]


def generate(count):
    """Records with lower case, U, IUPAC letters and every remainder modulo 3; the first holds all codons."""
    source = random.Random(count)  # noqa: S311  (test data)
    records = [(f"s{n}", "".join(source.choices("ACGTacgtUNRY", [9] * 8 + [1] * 4, k=500 + n))) for n in range(count)]
    return [("all", "".join(CODONS)), *records[1:]]


def write(path, records):
    text = "".join(f">{name}\r\n{sequence[:60]}\r\n\r\n{sequence[60:]}\r\n" for name, sequence in records).encode()
    if path.suffix == ".gz":  # two members
        path.write_bytes(gzip.compress(text[:700]) + gzip.compress(text[700:]))
    elif path.suffix == ".parquet":
        names, sequences = zip(*records, strict=True)
        rest = {"description": names, "length": [len(s) for s in sequences], "source": ["test"] * len(names)}
        pq.write_table(pa.table({"seq_id": names, "sequence": sequences} | rest), path)
    else:
        path.write_bytes(text)
    return path


def biopython(path, frame=0):
    """Codons of ACGT alone, sequence by sequence, as Biopython reads them."""
    counts = Counter()
    for record in SeqIO.parse(path, "fasta"):
        letters = str(record.seq).upper().replace("U", "T")
        counts.update(letters[at : at + 3] for at in range(frame, len(letters) - 2, 3))
    return {codon: counts[codon] for codon in CODONS}


class Done:
    """A finished run with its states, XComs and results."""

    def __init__(self, record, home):
        self.record, self.state = record, record["state"]
        self.results = home / "results" / record["run_id"]
        self.latest = (home / "results" / LATEST_ADHOC).resolve()
        self.states = {task["task"]: task["state"] for task in record["tasks"]}

    def xcoms(self, task, key="return_value"):
        found = [x for x in self.record["xcoms"] if (x["task"], x["key"]) == (task, key)]
        return [x["value"] for x in sorted(found, key=lambda x: x["index"])]

    def tries(self, task):
        return [found["try"] for found in self.record["tasks"] if found["task"] == task]

    @property
    def csv(self):
        return (self.latest / "codon_usage.csv").read_bytes()

    @property
    def counts(self):
        return {row["codon"]: int(row["count"]) for row in csv.DictReader(self.csv.decode().splitlines())}

    @property
    def submits(self):
        return sum(not value["reused"] for value in self.xcoms("count_codons"))


def proven(done):
    assert done.state == "success", done.xcoms(
        next((t for t, s in done.states.items() if s == "failed"), ""), "failure"
    )
    assert set(done.states) == set(ORDER)
    assert json.loads((done.latest / flow.VIEWS).read_text())["missing"] == {}
    trace = (done.latest / flow.TRACE).read_text()
    assert [task for task in ORDER if task not in (flow.REPORT, flow.PUBLISH) and task not in trace] == []
    return done
