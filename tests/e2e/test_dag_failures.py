"""Runs of the DAG that fail, or lose a process: what is tried again, and what is said."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest

from opengenome.orchestration.telling import in_markdown
from tests.e2e.dag_runs import biopython, generate, proven, write

pytestmark = pytest.mark.e2e


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
    assert airflow.ask("noted", run_id=done.record["run_id"]) == in_markdown(failure["sentence"])
    assert done.record["events"] == []


def test_a_batch_size_of_zero_reaches_the_first_task_and_is_refused_with_its_bounds(run, inputs):
    done = run(inputs[3, "fasta"], batch_size=0)
    assert done.tries("discover") == [1]
    [failure] = done.xcoms("discover", "failure")
    assert failure["sentence"] == '"Batch size" is 0. It takes a whole number, 1 to 1,000,000,000 sequences.'
    assert (failure["kind"], failure["retryable"], failure["again"]) == ("UsageError", False, "no")


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
