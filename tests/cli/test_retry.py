"""Running again what failed: which tasks are cleared, what is refused, and the whole of it with the real Airflow."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from opengenome.cli import analyze, database, notes, retry
from opengenome.cli.__main__ import DONE, FAILED, USAGE, main
from opengenome.cli.client import Client
from opengenome.cli.environment import Site
from opengenome.cli.processes import belonging
from opengenome.cli.watch import Look, TaskState
from opengenome.core.alphabet import CODONS
from opengenome.core.counting import count_naive
from opengenome.errors import UsageError, printable
from opengenome.io.tables import PUBLISHED
from opengenome.orchestration.settings import project_root
from tests.published import write_published


def state(task: str, state: str | None, index: int = -1) -> TaskState:
    found = {"task_id": task, "map_index": index, "state": state, "try_number": 1, "max_tries": 2}
    return TaskState.of({**found, "rendered_map_index": None, "end_date": None})


def counted(*states: str | None) -> list[TaskState]:
    return [state("count_codons", one, index) for index, one in enumerate(states)]


AFTER_A_FAILED_BATCH = [state("plan", "success"), *counted("success", "failed", "success")]
AFTER_A_FAILED_BATCH += [state(task, "upstream_failed") for task in ("aggregate", "validate", "publish")]


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: dict[str, Any]) -> tuple[Client, list[Any]]:
    """A client whose Airflow answers so, and the bodies that it was sent."""
    sent: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        sent.append((request.url.raw_path.decode(), json.loads(request.content or "null")))
        return httpx.Response(status, json=body)

    client = Client("http://airflow", "password")
    monkeypatch.setattr(client, "_http", httpx.Client(base_url="http://airflow", transport=httpx.MockTransport(answer)))
    return client, sent


def test_a_batch_has_the_number_of_its_label():
    assert retry.batches("r", AFTER_A_FAILED_BATCH, [3, 2, 3]) == [("count_codons", 1), ("count_codons", 2)]


@pytest.mark.parametrize("number", [0, -1, 4])
def test_a_batch_that_the_run_does_not_have_is_refused(number):
    with pytest.raises(UsageError, match=f"has no batch {number}: its batches are 1 to 3"):
        retry.batches("r", AFTER_A_FAILED_BATCH, [number])


@pytest.mark.parametrize("word", ["running", "queued", "up_for_retry", None])
def test_a_batch_that_has_not_ended_is_refused(word):
    with pytest.raises(UsageError, match="Batch 2 of the run r has not ended"):
        retry.batches("r", counted("success", word), [2])


def test_a_run_that_failed_before_its_plan_has_no_batch_to_name():
    tasks = [state("plan", "failed"), state("count_codons", "upstream_failed")]
    with pytest.raises(UsageError, match="has no batches yet"):
        retry.batches("r", tasks, [1])


def test_a_report_that_was_damaged_after_it_was_proven_is_added_up_again():
    tasks = [
        *counted("success"),
        state("aggregate", "success"),
        state("validate", "success"),
        state("publish", "failed"),
    ]
    assert retry.unsuccessful("r", tasks) == ["aggregate"]


def test_without_a_number_only_what_failed_and_was_left_out_runs_again():
    found = retry.unsuccessful("r", AFTER_A_FAILED_BATCH)
    assert found == [("count_codons", 1), "aggregate", "validate", "publish"]


def test_batches_that_were_skipped_when_the_run_was_given_up_run_again_too():
    tasks = [state("plan", "success"), *counted("success", "failed", "skipped"), state("aggregate", "skipped")]
    assert retry.unsuccessful("r", tasks) == [("count_codons", 1), ("count_codons", 2), "aggregate"]


def test_a_failure_before_the_batches_starts_over_so_that_a_mended_input_is_found():
    tasks = [state("discover", "success"), state("ingest", "failed", 0), state("plan", "upstream_failed")]
    assert retry.unsuccessful("r", tasks) == ["discover"]


def test_all_batches_of_a_result_that_does_not_prove_are_looked_at_again():
    tasks = [*counted("success", "success"), state("validate", "failed"), state("publish", "upstream_failed")]
    assert retry.unsuccessful("r", tasks) == ["count_codons"]


def test_a_run_in_which_nothing_failed_is_left_alone():
    with pytest.raises(UsageError, match="Nothing failed in the run r"):
        retry.unsuccessful("r", [state("plan", "success"), *counted("success", "running", None)])


def test_exactly_these_map_indexes_are_cleared_and_what_follows(monkeypatch):
    told = {"task_instances": [{"task_id": "count_codons", "map_index": 2}, {"task_id": "publish", "map_index": -1}]}
    client, sent = answering(monkeypatch, 200, told)
    assert client.clear("r", [("count_codons", 2)]) == [("count_codons", 2), ("publish", -1)]
    [(path, body)] = sent
    assert path == "/api/v2/dags/codon_usage/clearTaskInstances"
    wanted = {"dag_run_id": "r", "task_ids": [["count_codons", 2]], "include_downstream": True, "only_failed": False}
    assert wanted | {"dry_run": False} == {key: body[key] for key in [*wanted, "dry_run"]}
    assert not any(body.get(key) for key in ("include_upstream", "include_future", "include_past"))


@pytest.mark.parametrize(("status", "words"), [(404, "knows no run r"), (409, "is running")])
def test_what_airflow_refuses_to_clear_is_usage(monkeypatch, status, words):
    client, _ = answering(monkeypatch, status, {"detail": "no"})
    with pytest.raises(UsageError, match=words):
        client.clear("r", ["publish"])


def test_a_run_id_cannot_lead_to_another_address(monkeypatch):
    client, sent = answering(monkeypatch, 404, {"detail": "no"})
    with pytest.raises(UsageError, match=r"knows no run a/\.\./b\?c"):
        client.run_state("a/../b?c")
    assert sent[0][0] == "/api/v2/dags/codon_usage/dagRuns/a%2F..%2Fb%3Fc"


def test_a_success_that_skipped_batches_is_no_result(monkeypatch):
    tasks = (*counted("success", "skipped"), state("publish", "skipped"))
    monkeypatch.setattr(analyze, "watch", lambda *_: Look("success", tasks, 1.0))
    there: Any = SimpleNamespace(client=None, alive=None, patience=1, option=" --on stack")
    with pytest.raises(analyze.RunFailedError, match=r"without a result.*retry r --on stack` tries again"):
        analyze.follow(there, "r")


@pytest.fixture
def watched(monkeypatch, tmp_path):
    """A place whose run, with nothing failed, is in the state that is asked for; and what was cleared of it."""
    site = Site(tmp_path, tmp_path / "airflow", tmp_path, tmp_path)
    monkeypatch.setattr(Site, "of_checkout", classmethod(lambda _: site))
    monkeypatch.setattr(retry, "dag_runs", lambda _: [SimpleNamespace(run="r1")])
    cleared: list[Any] = []
    results = write_published(tmp_path / "results" / "r1")
    notes.remember(site, "r1", tmp_path / "out")

    def place(state):
        client = SimpleNamespace(
            run_state=lambda _: state, task_instances=lambda _: [], clear=lambda *_: cleared.append(_) or []
        )
        there = SimpleNamespace(client=client, option="", alive=None, patience=1, results=lambda _: results)
        monkeypatch.setattr(retry, "place", lambda *_: contextlib.nullcontext(there))
        monkeypatch.setattr(analyze, "watch", lambda *_: Look("success", (), 1.0))
        return cleared

    return place


@pytest.mark.parametrize("state", ["running", "queued", "success"])
def test_a_run_whose_command_was_interrupted_is_watched_to_its_end_and_fills_the_output(watched, tmp_path, state):
    """As one of the stack is, which goes on without its command."""
    cleared = watched(state)
    assert main(["retry", "r1"]) == DONE
    assert cleared == []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(PUBLISHED)


def test_a_run_that_has_filled_its_output_is_left_alone(watched, tmp_path, capsys):
    watched("success")
    write_published(tmp_path / "out")
    assert main(["retry", "r1"]) == USAGE
    assert "Nothing failed in the run r1" in capsys.readouterr().err


@pytest.mark.parametrize("known", [[], ["r1"]])
@pytest.mark.parametrize("run", ["nowhere", "a\udcff"])
def test_a_run_that_nobody_knows_is_refused_before_an_airflow_is_started(tmp_path, monkeypatch, capsys, known, run):
    site = Site(tmp_path, tmp_path / "airflow", tmp_path, tmp_path)
    monkeypatch.setattr(Site, "of_checkout", classmethod(lambda _: site))
    monkeypatch.setattr(retry, "dag_runs", lambda _: [SimpleNamespace(run=one) for one in known])
    monkeypatch.setattr(retry, "place", lambda *_: pytest.fail("an Airflow was started"))
    assert main(["retry", run]) == USAGE
    assert f"Airflow knows no run {printable(run)}. `./opengenome runs` lists" in capsys.readouterr().err


def test_an_airflow_whose_history_cannot_be_read_is_asked_itself(tmp_path):
    site = Site(tmp_path, tmp_path, tmp_path, tmp_path)
    (tmp_path / database.FILE).write_text("damaged")
    retry.check_known(site, "r1", "here")
    retry.check_known(site, "r1", "stack")


@pytest.mark.parametrize("run", ["a\udcff", "a/\u2028b", ""])
def test_a_run_of_any_name_can_be_asked_for(monkeypatch, run):
    client, _ = answering(monkeypatch, 404, {"detail": "no"})
    with pytest.raises(UsageError, match="Airflow knows no run"):
        client.run_state(run)


def test_notes_say_where_the_output_of_a_run_goes_whatever_it_is_called(tmp_path):
    site = Site(tmp_path, tmp_path / "airflow", tmp_path, tmp_path)
    odd = tmp_path / os.fsdecode(b"o\xe9 ")
    notes.remember(site, "analyze-1", odd)
    assert notes.recall(site, "analyze-1") == odd
    (note,) = (site.home / "outputs").iterdir()
    assert note.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"run": "another", "output": "/x"}', '{"run": "r"}'])
def test_a_run_without_a_note_of_its_own_has_no_output(tmp_path, text):
    site = Site(tmp_path, tmp_path, tmp_path, tmp_path)
    (tmp_path / "outputs").mkdir()
    if text is not None:
        (tmp_path / "outputs" / "r.json").write_text(text)
    assert notes.recall(site, "r") is None
    assert notes.recall(site, "../r") is None


def test_notes_do_not_pile_up_and_the_newest_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(notes, "_KEPT", 5)
    site = Site(tmp_path, tmp_path, tmp_path, tmp_path)
    for number in range(9):
        notes.remember(site, f"r{number}", tmp_path)
        os.utime(tmp_path / "outputs" / f"r{number}.json", (number, number))
    assert sorted(path.stem for path in (tmp_path / "outputs").iterdir()) == ["r4", "r5", "r6", "r7", "r8"]


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
    """A task's log tells its failure as the command does: one line, and below it one trace."""
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    first, *rest = [entry for entry in entries if entry["level"] == "error"]
    assert f"failed: {first['event']}" in said
    [trace] = [one for entry in rest for one in entry["error_detail"]]
    assert trace["exc_value"] == first["event"]
    assert log.read_text().count(first["event"]) == 2
    assert "retryable" not in log.read_text()  # no data where people read


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
    assert f"(file {fasta}, batch 2)" in said  # one number for a batch, whoever speaks
    begins_with_its_sentence(Path(said.rpartition("The log is ")[2].strip()), said)
    assert f"`OPENGENOME_STORE={tmp_path / 'store'} " in said
    assert f" ./opengenome retry {run}` tries again" in said
    assert not (tmp_path / "out").exists()  # there is nothing to put in
    assert main(["runs", "--json"]) == DONE
    [listed] = json.loads(capsys.readouterr().out)["runs"]
    assert (listed["run"], listed["state"], listed["batches"], listed["counted"]) == (run, "failed", 2, 1)
    assert belonging(site.home) == []
    before = attempts(site, run)
    assert before["count_codons", 1] == ("failed", 1)
    assert before["publish", -1][0] == "upstream_failed"

    fasta.write_text(whole)
    assert main(["retry", run, "--batch", "2", "--json"]) == DONE
    told = capsys.readouterr()
    answer = json.loads(told.out)
    after = attempts(site, run)
    again = {("count_codons", 1): 2, ("aggregate", -1): 1, ("validate", -1): 1, ("publish", -1): 1}
    assert {task: attempt for task, (_, attempt) in after.items() if after[task] != before[task]} == again
    assert {state for state, _ in after.values()} == {"success"}
    assert (answer["run"], answer["proven"], answer["batches"], answer["sequences"]) == (run, True, 2, 2)
    results = tmp_path / "results" / run
    assert (answer["results"], answer["output"]) == (str(results), str(tmp_path / "out"))
    assert f"{tmp_path / 'out'} has the results of this run now" in told.err
    with (tmp_path / "out" / "codon_usage.csv").open() as table:
        found = {row["codon"]: int(row["count"]) for row in csv.DictReader(table)}
    naive = [count_naive(sequence)[0] for sequence in sequences]
    assert found == {codon: sum(counts[codon] for counts in naive) for codon in CODONS}
    assert belonging(site.home) == []
