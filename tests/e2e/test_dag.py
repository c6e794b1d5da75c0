"""The DAG from file to published table, with the real Spark: one submit for each batch, none for committed ones."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import random
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import CompoundLocation, SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord

from opengenome.core.alphabet import CODONS
from opengenome.io.store import LATEST_ADHOC

pytestmark = pytest.mark.e2e

ORDER = ["discover", "ingest", "plan", "count_codons", "aggregate", "validate", "publish"]
OUTCOME = ["batch", "path", "sha256", "sequences", "codons", "reused", "plan"]


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


@pytest.fixture(scope="module")
def run(airflow):
    def run(source, trouble=None, timeout=None, **conf):
        conf = {"source": str(source)} | conf
        return Done(airflow.ask("run", conf=conf, trouble=trouble, timeout=timeout), airflow.home)

    return run


def proven(done):
    assert done.state == "success", done.xcoms(
        next((t for t, s in done.states.items() if s == "failed"), ""), "failure"
    )
    assert set(done.states) == set(ORDER)
    return done


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    return {
        (count, form): write(folder / f"{count}.{form}", generate(count))
        for count in (3, 8)
        for form in ("fasta", "fasta.gz", "parquet")
    }


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


def test_the_xcom_of_a_batch_holds_its_place_and_totals_only(run, inputs, airflow):
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


def test_protein_fails_ingest_at_once_with_its_place(run, tmp_path):
    (tmp_path / "p.fasta").write_text(">ok\nACGT\n>protein\nMKVLEEF\n")
    done = run(tmp_path / "p.fasta")
    assert done.state == "failed"
    assert done.states["ingest"] == "failed"
    assert done.tries("ingest") == [1]
    [failure] = done.xcoms("ingest", "failure")
    assert (Path(failure["file"]).name, failure["record"], failure["line"]) == ("p.fasta", "2 (protein)", 4)
    for place in ("p.fasta", "protein", "line 4"):
        assert place in failure["sentence"]


def test_a_truncated_gzip_fails_ingest_at_once_and_latest_stays(run, inputs, tmp_path):
    before = proven(run(inputs[8, "fasta"], batch_size=7))
    data = inputs[8, "fasta.gz"].read_bytes()
    (tmp_path / "cut.fasta.gz").write_bytes(data[: len(data) // 2])
    done = run(tmp_path / "cut.fasta.gz")
    assert done.state == "failed"
    [task] = [task for task, state in done.states.items() if state == "failed"]
    assert task in ("discover", "ingest")  # discover reads the first bytes of a file
    assert done.tries(task) == [1]
    [failure] = done.xcoms(task, "failure")
    assert Path(failure["file"]).name == "cut.fasta.gz"
    assert "truncated" in failure["message"]
    assert done.latest == before.latest


def test_a_wrong_parameter_fails_the_first_task_at_once(run, inputs, airflow):
    done = run(inputs[3, "fasta"], batchsize=7)
    assert done.state == "failed"
    assert done.tries("discover") == [1]
    [failure] = done.xcoms("discover", "failure")
    assert "'batchsize'" in failure["message"]
    assert airflow.ask("noted", run_id=done.record["run_id"]) == failure["sentence"]
    assert done.record["events"] == []


def test_a_batch_size_of_zero_reaches_the_first_task_and_is_refused_with_its_bounds(run, inputs):
    done = run(inputs[3, "fasta"], batch_size=0)
    assert done.tries("discover") == [1]
    [failure] = done.xcoms("discover", "failure")
    assert failure["sentence"] == '"Batch size" is 0. It takes a whole number, 1 to 1,000,000,000 sequences.'
    assert (failure["kind"], failure["retryable"], failure["again"]) == ("UsageError", False, "no")


def test_two_genes_end_proven_although_they_lack_most_codons(run, tmp_path):
    path = write(tmp_path / "two.fasta", [("a", "ATGGCCTAA"), ("b", "ATGAAATGA")])
    assert proven(run(path)).counts == biopython(path)


def test_a_batch_whose_spark_dies_is_tried_again_and_counted_once(run, tmp_path):
    path = write(tmp_path / "k.fasta", generate(4))
    done = proven(run(path, trouble={"kill": "org.apache.spark.deploy.SparkSubmit"}))
    assert done.tries("count_codons") == [2]
    assert done.tries("aggregate") == [1]
    assert done.counts == biopython(path)


def test_an_input_that_changes_after_the_plan_fails_its_batch_without_another_try(run, tmp_path):
    large = [("large", "ACGT" * 300_000)]  # read in place, not copied as small files are
    path = write(tmp_path / "c.fasta", [*generate(5), *large])
    done = run(path, trouble={"change": str(path)})
    assert done.state == "failed"
    assert done.states["count_codons"] == "failed"
    assert done.tries("count_codons") == [1]
    [failure] = done.xcoms("count_codons", "failure")
    assert (failure["kind"], failure["batch"], failure["again"]) == ("InputError", 1, "mended")
    assert "changed" in failure["message"]
    assert Path(failure["file"]) == path
    assert done.states["publish"] == "upstream_failed"


def processes_naming(folder):
    """The processes whose command line names a folder: those of the submits that write there."""
    commands = {process.pid: process.info["cmdline"] or () for process in psutil.process_iter(["cmdline"])}
    return [pid for pid, command in commands.items() if any(str(folder) in part for part in command)]


def test_a_batch_at_its_time_out_is_ended_with_all_its_processes_and_may_be_tried_again(run, airflow, tmp_path):
    path = write(tmp_path / "t.fasta", generate(6))  # letters of its own, so that no committed batch is reused
    store = airflow.home / "store"
    seen, over = set(), threading.Event()

    def look():
        while not over.wait(0.1):
            seen.update(processes_naming(store))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        hung = {"halt": "org.apache.spark.deploy.SparkSubmit"}
        done = run(path, batch_size=101, trouble=hung, timeout={"count_codons": 10.0})
    finally:
        over.set()
        looking.join()
    assert done.state == "failed"
    [sentence] = [failure["sentence"] for failure in done.xcoms("count_codons", "failure")]
    assert sentence.startswith("The task was ended at its time-out of 10 s. The end of its log")
    assert "OPENGENOME_TASK_SECONDS" in sentence
    assert seen  # there was a process to end
    deadline = time.monotonic() + 5
    while processes_naming(store) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_naming(store) == []
    assert proven(run(path, batch_size=101)).submits == 1  # it left nothing in the way


def test_any_other_task_at_its_time_out_leaves_the_same_sentence(run):
    done = run("/**/*.nothing has this name", timeout={"discover": 0.2})
    assert done.state == "failed"
    [sentence] = [failure["sentence"] for failure in done.xcoms("discover", "failure")]
    assert "The task was ended at its time-out of" in sentence
