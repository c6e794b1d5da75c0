"""A whole retry with the real Airflow and Spark: one failed batch runs again, alone."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
from pathlib import Path

import pytest

from opengenome.cli import analyze
from opengenome.cli.__main__ import DONE, FAILED, main
from opengenome.cli.environment import Site
from opengenome.cli.processes import belonging
from opengenome.core.alphabet import CODONS
from opengenome.core.counting import count_naive
from opengenome.orchestration.settings import project_root


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A checkout's Airflow with the real DAG, away from the checkout."""
    root = project_root()
    site = Site(root, tmp_path / "airflow", root / "dags", root / "plugins")
    monkeypatch.setattr(Site, "of_checkout", classmethod(lambda _: site))
    for name in ("STORE", "RESULTS", "LANDING"):
        monkeypatch.setenv(f"OPENGENOME_{name}", str(tmp_path / name.lower()))
    return site


def attempts(site: Site, run: str) -> dict[tuple[str, int], tuple[str, int]]:
    """State and attempt of every task instance, from Airflow's own database."""
    rows = sqlite3.connect(site.home / "airflow.db").execute(
        "select task_id, map_index, state, try_number from task_instance where run_id = ?", [run]
    )
    return {(task, index): (state, attempt) for task, index, state, attempt in rows}


def begins_with_its_sentence(log: Path, said: str) -> None:
    """A task's log shows its failure as the command does, a sentence on a line, and below it one trace."""
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    first, *rest = [entry for entry in entries if entry["level"] == "error"]
    [trace] = [one for entry in rest for one in entry["error_detail"]]
    sentence = trace["exc_value"]
    assert f"failed: {sentence}" in said
    assert " ".join(first["event"].splitlines()).startswith(f"{sentence} To retry the run: `")  # what to do now
    assert log.read_text().count(sentence) == 1
    assert "retryable" not in log.read_text()  # no raw data in a log for people


@pytest.mark.e2e
def test_a_failed_batch_is_retried_alone_after_the_command_has_ended(site, tmp_path, monkeypatch, capsys):
    source = random.Random(4)  # noqa: S311  (test data)
    sequences = ["".join(CODONS), "".join(source.choices("ACGT", k=1_200_000))]
    whole = "".join(f">s{number}\n{sequence}\n" for number, sequence in enumerate(sequences))
    fasta = tmp_path / "in.fasta"
    fasta.write_text(whole)
    watch = analyze.watch

    def damaging(client, run, alive, show, patience):
        """The second record changes as soon as it is planned, seconds before Spark is up."""

        def seen(look):
            if fasta.read_text() == whole and any(t.task == "plan" and t.state == "success" for t in look.tasks):
                with fasta.open("r+") as file:
                    file.seek(len(whole) - 3)
                    file.write("NN")
            show(look)

        return watch(client, run, alive, seen, patience)

    with monkeypatch.context() as patched:
        patched.setattr(analyze, "watch", damaging)
        line = ["analyze", "codon", "--input", str(fasta), "--output", str(tmp_path / "out"), "--batch-size", "1"]
        assert main(line) == FAILED
    said = capsys.readouterr().err
    [run] = [line.removeprefix("Run ") for line in said.splitlines() if line.startswith("Run analyze-")]
    assert "count_codons [batch 2/2 · 1 sequence · 1.2 Mnt] failed" in said
    assert f"(file {fasta}, batch 2)" in said  # the same batch number everywhere
    begins_with_its_sentence(Path(said.rpartition("The log is ")[2].strip()), said)
    assert f"`OPENGENOME_STORE={tmp_path / 'store'} " in said
    assert f" ./opengenome retry {run}` tries again" in said
    assert not (tmp_path / "out").exists()  # there are no results
    assert main(["runs", "--json"]) == DONE
    [listed] = json.loads(capsys.readouterr().out)["runs"]
    assert (listed["run"], listed["state"], listed["batches"], listed["counted"]) == (run, "failed", 2, 1)
    assert belonging(site.home) == []
    before = attempts(site, run)
    assert before["count_codons", 1] == ("failed", 1)
    assert before["publish", -1][0] == "upstream_failed"

    fasta.write_text(whole)
    assert main(["retry", run, "--batch", "2", "--json"]) == DONE
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    after = attempts(site, run)
    again = {("count_codons", 1): 2, ("aggregate", -1): 1, ("validate", -1): 1, ("report", -1): 1, ("publish", -1): 1}
    assert {task: attempt for task, (_, attempt) in after.items() if after[task] != before[task]} == again
    assert {state for state, _ in after.values()} == {"success"}
    assert (answer["run"], answer["proven"], answer["batches"], answer["sequences"]) == (run, True, 2, 2)
    results = tmp_path / "results" / run
    assert (answer["results"], answer["output"]) == (str(results), str(tmp_path / "out"))
    assert f"{tmp_path / 'out'}, the output that the run was started with, has its results now" in printed.err
    with (tmp_path / "out" / "codon_usage.csv").open() as table:
        found = {row["codon"]: int(row["count"]) for row in csv.DictReader(table)}
    naive = [count_naive(sequence)[0] for sequence in sequences]
    assert found == {codon: sum(counts[codon] for counts in naive) for codon in CODONS}
    assert belonging(site.home) == []
