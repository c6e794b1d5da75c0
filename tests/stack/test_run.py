"""A run on the cluster: the bytes of the embedded run, counted by executors on both workers, compiled before."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.e2e


def events(stack, run):
    with stack.client() as client:
        tasks = [task for task in client.task_instances(run) if task["task_id"] == "count_codons"]
        return "\n".join(str(e.get("event")) for t in tasks for e in client.log(run, "count_codons", t["map_index"], 1))


def test_a_run_on_the_cluster_gives_the_bytes_of_the_embedded_run(stack, timed):
    compiled = stack.run_in("spark-worker", "find", "/opt/opengenome/numba", "-type", "f").split()
    table, told = stack.analyze("first", "--batch-size", 9000)
    assert table == stack.reference
    run = re.search(r"^Run (\S+)$", told, re.MULTILINE)[1]
    said = events(stack, run)
    hosts = re.findall(r"Ranges by executor host: (.*)", said)
    counted_by = {pair.rpartition(" ")[0] for line in hosts for pair in line.split(", ")}
    workers = {stack.run_in("spark-worker", "hostname", index=index).strip() for index in (1, 2)}
    assert counted_by == workers  # none of it in the scheduler, where drivers run
    assert "shared archive" not in said  # Java's class archive fits
    for index in (1, 2):  # nothing had to be compiled
        assert (
            stack.run_in("spark-worker", "find", "/opt/opengenome/numba", "-type", "f", index=index).split() == compiled
        )


def test_a_failed_run_names_the_batch_and_the_retry_mends_it(stack, timed):
    """An input that is away while Spark reads it."""
    (stack.landing / "b").mkdir()
    (stack.landing / "b" / "x.fasta").write_bytes((stack.landing / "sample.fasta").read_bytes())
    hidden = stack.root / "hidden.fasta"
    (stack.landing / "b" / "x.fasta").rename(hidden)
    try:
        done = stack.cli(
            "analyze",
            "codon",
            "--on",
            "stack",
            "--input",
            stack.landing / "b",
            "--output",
            stack.root / "out" / "b",
            check=False,
        )
        assert done.returncode == 1
        assert "discover failed: The directory holds no FASTA or Parquet file (file /data/landing/b)" in done.stderr
        run = re.search(r"`\./opengenome retry (\S+) --on stack`", done.stderr)[1]
        hidden.rename(stack.landing / "b" / "x.fasta")
        assert "Proven" in stack.cli("retry", run, "--on", "stack").stdout
    finally:
        (stack.landing / "b" / "x.fasta").unlink(missing_ok=True)
        (stack.landing / "b").rmdir()
