"""Watching a run: what is shown, and the reason found for a failure."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from opengenome.cli import watch as watching
from opengenome.cli.progress import Lines
from opengenome.cli.watch import Look, TaskState, failures, watch
from opengenome.errors import Again, EngineError, InputError


def instance(task: str, state: str | None, index: int = -1, attempt: int = 1, **more: Any) -> dict[str, Any]:
    found = {"task_id": task, "map_index": index, "state": state, "try_number": attempt, "max_tries": 2}
    return {**found, "rendered_map_index": None, "end_date": None, **more}


def state(task: str, state: str | None, index: int = -1, attempt: int = 1, **more: Any) -> TaskState:
    return TaskState.of(instance(task, state, index, attempt, **more))


class FakeClient:
    def __init__(self, *looks: tuple[str, list[dict[str, Any]]], log: Any = (), **left: Any) -> None:
        self.looks, self.entries, self.left = list(looks), log, left

    def run_state(self, run: str) -> str:
        if not self.looks:
            raise EngineError("Airflow does not answer")
        return self.looks[0][0]

    def task_instances(self, run: str) -> Iterator[dict[str, Any]]:
        yield from self.looks.pop(0)[1]

    def xcom_value(self, run: str, task: str, map_index: int, key: str) -> Any:
        return self.left.get(key)

    def log(self, run: str, task: str, map_index: int, attempt: int) -> Any:
        assert (run, task, map_index, attempt) == ("r", "plan", -1, 1)
        return self.entries


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching.time, "sleep", lambda _: None)


def nothing() -> None:
    """Do nothing: every process lives."""


def test_the_last_look_holds_the_tasks_of_a_run_that_has_ended():
    client = FakeClient(("running", [instance("plan", None)]), ("success", [instance("plan", "success")]))
    last = watch(client, "r", nothing, lambda _: None)
    assert (last.state, last.tasks[0].state) == ("success", "success")


def test_a_dead_airflow_ends_the_watching():
    def dead() -> None:
        raise EngineError("Airflow's scheduler has ended unexpectedly")

    with pytest.raises(EngineError, match="scheduler"):
        watch(FakeClient(("running", [])), "r", dead, lambda _: None)


def test_an_api_server_that_stays_silent_is_given_up():
    with pytest.raises(EngineError, match="does not answer"):
        watch(FakeClient(), "r", nothing, lambda _: None, patience=-1)


def test_without_a_terminal_every_change_is_one_line():
    out = io.StringIO()
    lines = Lines(out)
    batch = {"rendered_map_index": "batch 3/7 · 5,000 sequences"}
    for seconds, one in enumerate(
        [("running", 1), ("running", 1), ("up_for_retry", 1), ("running", 2), ("success", 2)]
    ):
        lines.show(Look("running", (state("count_codons", one[0], 2, one[1], **batch),), float(seconds)))
    said = [line.split("s  ", 1)[1] for line in out.getvalue().splitlines()]
    assert said == [
        "count_codons [batch 3/7 · 5,000 sequences]: running",
        "count_codons [batch 3/7 · 5,000 sequences]: to be retried (attempt 1 of 3 failed)",
        "count_codons [batch 3/7 · 5,000 sequences]: running (attempt 2 of 3)",
        "count_codons [batch 3/7 · 5,000 sequences]: success (attempt 2 of 3)",
    ]


def test_after_a_failure_a_log_has_no_line_for_each_task_that_could_not_run():
    out = io.StringIO()
    Lines(out).show(Look("failed", (state("plan", "failed"), state("publish", "upstream_failed")), 1.0))
    assert out.getvalue() == "    1.0 s  plan: failed\n"


@pytest.mark.parametrize(
    ("task", "rendered", "name"),
    [
        ("count_codons", None, "count_codons [batch 3]"),
        ("count_codons", "2", "count_codons [batch 3]"),  # Airflow returns the map index until it has the label
        ("count_codons", "batch 3/7 · x", "count_codons [batch 3/7 · x]"),
        ("ingest", "2", "ingest [3]"),
    ],
)
def test_a_batch_has_the_number_of_its_label_before_that_is_there(task, rendered, name):
    assert state(task, "running", 2, rendered_map_index=rendered).name == name


def test_a_label_cannot_drive_the_terminal():
    assert "\x1b" not in state("ingest", "running", 0, rendered_map_index="\x1b[2J").name


def test_the_error_is_the_one_that_the_task_left():
    failed = [state("ingest", "failed", 1, end_date="2026-01-01T00:00:02"), state("plan", "upstream_failed")]
    error = InputError("It is a protein", file="a.fa", advice="Look.")
    [found] = failures(FakeClient(failure={"sentence": "not read", **error.as_dict()}), "r", failed)
    assert found.error.as_dict() == error.as_dict()


@pytest.mark.parametrize(("again", "understood"), [("mended", Again.MENDED), ("no", Again.NO), (None, Again.YES)])
def test_a_run_of_the_version_before_left_a_sentence_and_it_is_shown_as_it_is(again, understood):
    left = FakeClient(failure="It is a protein (file a\x1b.fa). Look.", again=again)
    [found] = failures(left, "r", [state("ingest", "failed", 1)])
    assert (str(found.error), found.error.again) == (r"It is a protein (file a\x1b.fa). Look.", understood)


def test_the_first_failure_comes_first():
    late, early = (state("count_codons", "failed", i, end_date=f"2026-01-01T00:00:0{9 - i}") for i in (1, 2))
    assert [one.task.index for one in failures(FakeClient(failure="x"), "r", [late, early])] == [2, 1]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"level": "error", "event": "Task failed", "error_detail": [{"exc_value": "disk is full"}]}, "disk is full"),
        ({"level": "error", "event": "Bad thing"}, "Bad thing"),
        ({"level": "info", "event": "fine"}, "The task gave no reason"),
    ],
)
def test_a_task_without_an_xcom_is_explained_by_its_log(entry, reason):
    log = [{"event": "::group::"}, entry, {"level": "info", "event": "end"}]
    assert failures(FakeClient(log=log), "r", [state("plan", "failed")])[0].error.message == reason


CDS = {"mode": "cds", "reason": "2 of 12 files are GenBank"}
FOUND = CDS | {"read": 12, "passed_over": 7, "examples": ["/in/notes.txt: no sequences", "/in/x\x1b[2J: a: b"]}


BATCH = {"sequences": 5_000, "bases": 20_000_000, "reason": "", "recount": False}


class Finding(FakeClient):
    """A client with the XCom of discover; the first `failing` requests fail."""

    def __init__(self, found: Any, failing: int = 0) -> None:
        super().__init__()
        self.found, self.failing, self.asked = found, failing, 0

    def xcom_value(self, run: str, task: str, map_index: int, key: str) -> Any:
        assert (run, task, map_index, key) == ("r", "discover", -1, "discovered")
        self.asked += 1
        if self.asked <= self.failing:
            raise EngineError("no")
        return self.found


def notes(client: Finding, *states: str | None, seen: Any = ()) -> list[str]:
    """The lines that are printed for these states of discover."""
    out = io.StringIO()
    reporter = watching.RunReporter(client, "r", Lines(out, seen), seen)
    for one in states:
        reporter.show(Look("running", (state("discover", one),), 0.0))
    return [line for line in out.getvalue().splitlines() if " s  " not in line]


def test_the_numbers_of_files_read_and_passed_over_are_printed_once_with_the_first_names():
    client = Finding(FOUND)
    sentence = (
        "12 files are read in mode cds (2 of 12 files are GenBank); "
        r"7 were passed over: /in/notes.txt (no sequences), /in/x\x1b[2J: a (b), …"
    )
    assert notes(client, None, "running", "success", "success") == [sentence]
    assert client.asked == 1


def test_the_discovery_is_printed_before_the_tasks_that_follow():
    out = io.StringIO()
    tasks = (state("discover", "success"), state("ingest", "success"))
    watching.RunReporter(Finding(FOUND), "r", Lines(out)).show(Look("running", tasks, 0.0))
    first, *others = out.getvalue().splitlines()
    assert first.startswith("12 files are read")
    assert [line.split()[2:] for line in others] == [["discover:", "success"], ["ingest:", "success"]]


def test_the_discovery_is_requested_again_if_airflow_did_not_answer():
    assert len(notes(Finding(FOUND, failing=2), "success", "success", "success", "success")) == 1


@pytest.mark.parametrize(
    "found",
    [
        None,
        "text",
        3,
        [],
        {},
        {"read": "x"},
        {"read": 1, "passed_over": 1, "examples": None},
        {"read": 1, "passed_over": 0, "examples": []},
    ],
)
def test_an_empty_discovery_does_no_harm(found):
    client = Finding(found)
    assert notes(client, "success", "success") == []
    assert client.asked == 1


def test_a_retry_prints_the_discovery_only_if_discover_ran_again():
    before = [state("discover", "success")]
    assert notes(Finding(FOUND), "success", seen=before) == []
    assert len(notes(Finding(FOUND), None, "success", seen=before)) == 1


def test_the_numbers_of_sequences_and_batches_are_printed_once_when_they_are_planned():
    out = io.StringIO()
    client = FakeClient(return_value=[BATCH | {"reason": "no earlier output"}, BATCH])
    reporter = watching.RunReporter(client, "r", Lines(out))
    for one in ("running", "success", "success"):
        reporter.show(Look("running", (state("plan", one),), 0.0))
    said = "Will process 2 batches of about 5,000 sequences; 1 already committed"
    assert out.getvalue().splitlines()[1:] == [
        f"Loaded 10,000 sequences, 40.0 Mnt. {said}", "    0.0 s  plan: success",
    ]  # fmt: skip


@pytest.mark.parametrize("found", [None, "text", 3, [], {}, [{}], [{"sequences": "x"}]])
def test_an_empty_plan_does_no_harm(found):
    assert watching.planned(found) == ""


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"read": 1, "passed_over": 0, "examples": []}, "1 file is read in mode cds (why)"),
        ({"read": 1234, "passed_over": 0, "examples": []}, "1,234 files are read in mode cds (why)"),
        (
            {"read": 2, "passed_over": 1, "examples": ["a: b"]},
            "2 files are read in mode cds (why); 1 was passed over: a (b)",
        ),
    ],
)
def test_the_sentence_counts_as_people_do(found, sentence):
    assert watching.discovery(found | {"mode": "cds", "reason": "why"}) == sentence


def test_what_whole_records_are_counted_of_and_each_warning_are_lines_of_the_discovery():
    found = {"read": 2, "passed_over": 0, "examples": [], "mode": "sequences", "reason": "why"}
    sentence = "2 files are read in mode sequences, which counts whole records (why)"
    assert watching.discovery(found) == sentence
    lines = notes(Finding(found | {"warnings": ["a and b\x1b.", "c."]}), "success")
    assert lines == [sentence, "Warning: a and b\\x1b.", "Warning: c."]


def test_a_queued_run_prints_one_line():
    out = io.StringIO()
    lines = Lines(out)
    for seconds in (0.0, 4.0, 5.0):
        lines.show(Look("queued", (), seconds))
    assert out.getvalue() == "    4.0 s  waiting for Airflow to start the run\n"


def test_a_silent_airflow_is_waited_for_with_one_line(monkeypatch, capsys):
    monkeypatch.setattr(watching, "_SILENT", -1.0)
    with pytest.raises(EngineError):
        watch(FakeClient(), "r", nothing, lambda _: None, patience=0.05)
    assert capsys.readouterr().err == "Airflow does not answer; waiting for 0 s at most\n"
