"""`retry`: which tasks are cleared, what is refused, and when a run is only watched."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from opengenome.cli import analyze, database, notes, retry
from opengenome.cli.__main__ import DONE, USAGE, main
from opengenome.cli.client import Client
from opengenome.cli.environment import Site
from opengenome.cli.watch import Look, TaskState
from opengenome.errors import UsageError, printable
from opengenome.io.tables import PUBLISHED
from tests.published import write_published


def state(task: str, state: str | None, index: int = -1) -> TaskState:
    found = {"task_id": task, "map_index": index, "state": state, "try_number": 1, "max_tries": 2}
    return TaskState.of({**found, "rendered_map_index": None, "end_date": None})


def counted(*states: str | None) -> list[TaskState]:
    return [state("count_codons", one, index) for index, one in enumerate(states)]


AFTER_A_FAILED_BATCH = [state("plan", "success"), *counted("success", "failed", "success")]
AFTER_A_FAILED_BATCH += [state(task, "upstream_failed") for task in ("aggregate", "validate", "report", "publish")]


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: dict[str, Any]) -> tuple[Client, list[Any]]:
    """A client whose Airflow gives this answer, and the requests that it received."""
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


@pytest.mark.parametrize("failed", [("report", "publish"), ("publish",)])
def test_a_report_damaged_after_it_was_proven_is_aggregated_again(failed):
    tasks = [
        *counted("success"),
        *(state(task, "success") for task in ("aggregate", "validate", "report") if task not in failed),
        *(state(task, "failed" if task == failed[0] else "upstream_failed") for task in failed),
    ]
    assert retry.unsuccessful("r", tasks) == ["aggregate"]


def test_without_batch_numbers_only_failed_and_skipped_tasks_run_again():
    found = retry.unsuccessful("r", AFTER_A_FAILED_BATCH)
    assert found == [("count_codons", 1), "aggregate", "validate", "report", "publish"]


def test_batches_that_were_skipped_when_the_run_was_given_up_run_again_too():
    tasks = [state("plan", "success"), *counted("success", "failed", "skipped"), state("aggregate", "skipped")]
    assert retry.unsuccessful("r", tasks) == [("count_codons", 1), ("count_codons", 2), "aggregate"]


def test_a_run_that_failed_before_its_batches_starts_over_to_find_corrected_inputs():
    tasks = [state("discover", "success"), state("ingest", "failed", 0), state("plan", "upstream_failed")]
    assert retry.unsuccessful("r", tasks) == ["discover"]


def test_after_a_failed_validation_all_batches_are_verified_again():
    tasks = [*counted("success", "success"), state("validate", "failed"), state("publish", "upstream_failed")]
    assert retry.unsuccessful("r", tasks) == ["count_codons"]


def test_a_run_without_failures_is_not_retried():
    with pytest.raises(UsageError, match="Nothing failed in the run r"):
        retry.unsuccessful("r", [state("plan", "success"), *counted("success", "running", None)])


def test_exactly_these_map_indexes_and_the_tasks_after_them_are_cleared(monkeypatch):
    cleared = {"task_instances": [{"task_id": "count_codons", "map_index": 2}, {"task_id": "publish", "map_index": -1}]}
    client, sent = answering(monkeypatch, 200, cleared)
    assert client.clear("r", [("count_codons", 2)]) == [("count_codons", 2), ("publish", -1)]
    [(path, body)] = sent
    assert path == "/api/v2/dags/codon_usage/clearTaskInstances"
    wanted = {"dag_run_id": "r", "task_ids": [["count_codons", 2]], "include_downstream": True, "only_failed": False}
    assert wanted | {"dry_run": False} == {key: body[key] for key in [*wanted, "dry_run"]}
    assert not any(body.get(key) for key in ("include_upstream", "include_future", "include_past"))


@pytest.mark.parametrize(("status", "words"), [(404, "knows no run r"), (409, "is still running")])
def test_tasks_that_airflow_refuses_to_clear_are_a_usage_error(monkeypatch, status, words):
    client, _ = answering(monkeypatch, status, {"detail": "no"})
    with pytest.raises(UsageError, match=words):
        client.clear("r", ["publish"])


def test_a_run_id_cannot_lead_to_another_address(monkeypatch):
    client, sent = answering(monkeypatch, 404, {"detail": "no"})
    with pytest.raises(UsageError, match=r"knows no run a/\.\./b\?c"):
        client.run_state("a/../b?c")
    assert sent[0][0] == "/api/v2/dags/codon_usage/dagRuns/a%2F..%2Fb%3Fc"


def test_a_successful_run_with_skipped_tasks_has_no_result(monkeypatch):
    tasks = (*counted("success", "skipped"), state("publish", "skipped"))
    monkeypatch.setattr(analyze, "watch", lambda *_: Look("success", tasks, 1.0))
    there: Any = SimpleNamespace(client=None, alive=None, patience=1, option=" --on stack")
    with pytest.raises(analyze.RunFailedError, match=r"without a result.*retry r --on stack` tries again"):
        analyze.follow(there, "r")


@pytest.fixture
def watched(monkeypatch, tmp_path):
    """A place whose run has this state and no failed task; the tasks that were cleared."""
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
    """Like a run of the stack, which continues without its command."""
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
def test_an_unknown_run_is_refused_before_an_airflow_is_started(tmp_path, monkeypatch, capsys, known, run):
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
def test_a_run_of_any_name_can_be_retried(monkeypatch, run):
    client, _ = answering(monkeypatch, 404, {"detail": "no"})
    with pytest.raises(UsageError, match="Airflow knows no run"):
        client.run_state(run)
