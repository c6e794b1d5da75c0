"""The DAG from file to published table, with the real Spark: one submit for each batch, none for committed ones."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import CompoundLocation, SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord

from opengenome.core.alphabet import CODONS
from tests.e2e.dag_runs import biopython, proven, write

pytestmark = pytest.mark.e2e

OUTCOME = ["batch", "path", "sha256", "sequences", "codons", "reused", "seconds", "plan"]


def test_the_file_format_and_the_batch_size_do_not_change_one_byte(run, inputs):
    """A few combinations; tests/orchestration/test_identity.py has every format and size, without Spark."""
    for count, runs in (
        (3, [("fasta", 1), ("fasta", 7), ("fasta.gz", 500), ("parquet", 5000)]),
        (8, [("fasta", 7), ("fasta.gz", 5000)]),
    ):
        seen = set()
        for form, size in runs:
            done = proven(run(inputs[count, form], batch_size=size))
            assert len(done.xcoms("count_codons")) == -(-count // size)
            seen.add(done.csv)
        assert len(seen) == 1
        assert done.counts == biopython(inputs[count, "fasta"])


def annotated(path, count=20):
    """GenBank of two organisms with CDS on both strands, spliced, and one pseudogene. Returns the counts of the CDS."""
    source, counts = random.Random(count), Counter()  # noqa: S311  (test data)
    sense = [codon for codon in CODONS if codon not in ("TAA", "TAG", "TGA", "AGA", "AGG")]
    records = []
    for number, (organism, code) in enumerate((("Homo sapiens", 2), ("Escherichia coli", 11))):
        letters, features = "", []
        for gene in range(count):
            cds = "ATG" + "".join(source.choices(sense, k=30)) + "TAA"
            at, strand, pseudo = len(letters) + 7, source.choice((1, -1)), gene == 3
            piece = cds[:40] + "ggtaag" + cds[40:]
            letters += "n" * 7 + (piece if strand > 0 else str(Seq(piece).reverse_complement()))
            edges = [(0, 40), (46, len(piece))]
            if strand < 0:
                edges = [(len(piece) - end, len(piece) - begin) for begin, end in edges]
            parts = [SimpleLocation(at + begin, at + end, strand) for begin, end in edges]
            qualifiers = {"gene": [f"g{gene}"], "transl_table": [str(code)], **({"pseudo": [""]} if pseudo else {})}
            features.append(SeqFeature(CompoundLocation(parts), type="CDS", qualifiers=qualifiers))
            if not pseudo:
                counts.update(cds[k : k + 3] for k in range(0, len(cds), 3))
        whole = SeqFeature(SimpleLocation(0, len(letters)), type="source", qualifiers={"organism": [organism]})
        records.append(SeqRecord(Seq(letters), id=f"X{number}.1", name=f"X{number}", features=[whole, *features]))
        records[-1].annotations = {"molecule_type": "DNA", "organism": organism}
    SeqIO.write(records, path, "genbank")
    return {codon: counts[codon] for codon in CODONS}


def test_of_annotated_files_the_coding_sequences_are_counted_and_each_dropped_one_is_listed(run, tmp_path):
    expected = annotated(tmp_path / "genomes.gbk")
    done = proven(run(tmp_path / "genomes.gbk", batch_size=15, group_by="organism", require_all_codons="never"))
    assert done.counts == expected
    assert done.submits == 3
    summary = json.loads((done.latest / "summary.json").read_text())
    assert (summary["mode"], summary["cds"]["found"], summary["cds"]["dropped"]) == ("cds", 40, {"pseudo": 2})
    with (done.latest / "dropped.csv").open() as file:
        assert [row["gene"] for row in csv.DictReader(file)] == ["g3", "g3"]
    groups = pq.read_table(done.latest / "codon_usage_by_group.parquet").to_pylist()
    assert {(row["group"], row["genetic_code"]) for row in groups} == {("Homo sapiens", 2), ("Escherichia coli", 11)}
    dataset = pq.read_table(done.latest / "per_sequence")
    assert dataset.num_rows == 38
    assert {codon: sum(dataset[codon].to_pylist()) for codon in CODONS} == expected


def says_what_it_published(done, source):
    """The run emitted one event, of the asset of runs that were given a source."""
    [event] = done.record["events"]
    table = hashlib.sha256(done.csv).hexdigest()
    assert event["asset"] == "opengenome://codon_usage/latest-adhoc"
    assert {name: event["extra"][name] for name in ("run", "source", "results", "table", "reused", "counted")} == {
        "run": done.record["run_id"],
        "source": str(source),
        "results": str(done.latest),
        "table": table,
        "reused": 2,
        "counted": 0,
    }
    assert event["extra"]["codons"] == sum(done.counts.values())


def test_committed_batches_start_no_spark(run, inputs, airflow):
    first = proven(run(inputs[8, "fasta"], batch_size=7))
    again = proven(run(inputs[8, "fasta"], batch_size=7, genetic_code=11))
    says_what_it_published(again, inputs[8, "fasta"])
    codons = sum(again.counts.values())
    said = f"1 file · 8 sequences · {codons:,} codons · 2 batches reused, 0 counted · proven"
    notes = [airflow.ask("noted", run_id=again.record["run_id"], by_a_person=by) for by in ("", "", "mine", "")]
    assert notes == [said, said, "mine", "mine"]  # a person's note stays
    assert again.submits == 0
    [plan] = {value["plan"] for value in again.xcoms("count_codons")}  # the digest of that run's own plan
    expected = [{**value, "reused": True, "plan": plan} for value in first.xcoms("count_codons")]
    assert expected == again.xcoms("count_codons")
    assert again.counts == first.counts


def test_a_recount_starts_spark_and_keeps_the_committed_output(run, inputs):
    first = proven(run(inputs[8, "fasta"]))
    [batch] = first.xcoms("count_codons")
    folder = Path(batch["path"])
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = proven(run(inputs[8, "fasta"], recount=True))
    assert again.submits == 1
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert again.csv == first.csv
    assert not list(again.results.parents[1].glob("store/runs/*/recount/*"))


def test_the_xcom_of_a_batch_holds_its_place_totals_and_time_only(run, inputs, airflow):
    done = proven(run(inputs[8, "fasta"], batch_size=7))
    values = done.xcoms("count_codons")
    assert [(value["batch"], value["sequences"]) for value in values] == [(0, 7), (1, 1)]
    for value in values:
        assert sorted(value) == sorted(OUTCOME)
        manifest = json.loads(Path(value["path"], "manifest.json").read_text())
        assert value["codons"] == manifest["ledger"]["counted"]
        assert Path(value["path"]).is_relative_to(airflow.home / "store" / "batches")
    assert all(len(json.dumps(x["value"]).encode()) < 1024 for x in done.record["xcoms"] if x["task"] == "count_codons")
    assert all(len(json.dumps(planned).encode()) < 1024 for [*many] in done.xcoms("plan") for planned in many)
    labels = [task["label"] for task in done.record["tasks"] if task["task"] == "count_codons"]
    assert labels[0] == "batch 1/2 · 7 sequences · 3,213 nt"


def test_a_frame_is_counted_as_biopython_counts_it(run, inputs):
    done = proven(run(inputs[3, "fasta"], frame=2, require_all_codons="never", per_sequence=False))
    assert done.submits == 1
    assert done.counts == biopython(inputs[3, "fasta"], frame=2)


@pytest.mark.skipif("OPENGENOME_REAL_DATA" not in os.environ, reason="OPENGENOME_REAL_DATA names no real genomes")
def test_real_genomes_are_counted_as_biopython_counts_them(run):
    folder = Path(os.environ["OPENGENOME_REAL_DATA"]).resolve()
    done = proven(run(f"{folder}/*.fasta", genetic_code=11))
    expected = Counter()
    for path in folder.glob("*.fasta"):
        expected.update(biopython(path))
    assert done.counts == dict(expected)


def test_two_genes_end_proven_although_they_lack_most_codons(run, tmp_path):
    path = write(tmp_path / "two.fasta", [("a", "ATGGCCTAA"), ("b", "ATGAAATGA")])
    assert proven(run(path)).counts == biopython(path)
