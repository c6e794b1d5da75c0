"""A failed run says what to do next: it offers `retry` only where that can help."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from opengenome.cli import analyze
from opengenome.cli.inputs import STANDARD_INPUT
from opengenome.cli.watch import Look, TaskState
from opengenome.errors import (
    NEW_RUN,
    Again,
    ContractError,
    EngineError,
    InputError,
    LawError,
    OpenGenomeError,
    PlanError,
    StorageError,
    UsageError,
)

OFFER = "`./opengenome retry r --on stack` tries again."


class Client:
    """An Airflow whose failed tasks left these errors, by their map index; None: no error."""

    def __init__(self, *errors: OpenGenomeError | None) -> None:
        self.errors = errors

    def xcom_value(self, run: str, task: str, index: int, key: str) -> Any:
        error = self.errors[index]
        return error.as_dict() if error else None

    def log(self, *_: object) -> list[dict[str, str]]:
        return [{"level": "error", "event": "Killed"}]


def failed(index: int) -> TaskState:
    found = {"task_id": "ingest", "map_index": index, "state": "failed", "try_number": 1, "max_tries": 2}
    return TaskState.of({**found, "rendered_map_index": None, "end_date": f"2026-01-01T00:00:0{index}"})


def failed_with(monkeypatch: pytest.MonkeyPatch, *errors: OpenGenomeError | None) -> analyze.RunFailedError:
    tasks = tuple(map(failed, range(len(errors))))
    monkeypatch.setattr(analyze, "watch", lambda *_: Look("failed", tasks, 1.0))
    there: Any = SimpleNamespace(
        client=Client(*errors), alive=None, patience=1, option=" --on stack", log=lambda *_: "in logs/x", left=None
    )
    with pytest.raises(analyze.RunFailedError) as caught:
        analyze.follow(there, "r")
    return caught.value


@pytest.mark.parametrize(
    ("error", "offer"),
    [
        (EngineError("Spark died"), OFFER),
        (InputError("'*' is no letter", file="a.fa", line=2), f"After fixing that, {OFFER}"),
        (StorageError("the disk is full"), f"After fixing that, {OFFER}"),
        (LawError("The result does not prove"), OFFER),
        (UsageError("--batch-size is 0"), ""),
        (PlanError("more than 1,000 batches"), ""),
        (LawError("2 of 64 codons never occur", again=Again.NO), ""),
        (InputError("The file is gone", advice="Start a new run."), ""),
        (ContractError("plan.json is damaged", advice=NEW_RUN), ""),
    ],
)
def test_a_retry_is_offered_where_it_can_help(monkeypatch, error: OpenGenomeError, offer: str):
    said = str(failed_with(monkeypatch, error))
    assert f"failed: {error}" in said
    assert f" {offer} The log is in logs/x".replace("  ", " ") in said
    assert ("retry" in said) == bool(offer)


def test_the_sentence_says_each_thing_once_and_ends_with_the_log(monkeypatch):
    error = InputError("'*' is no letter", file="a.fa", line=2, batch=3, advice="Remove it.")
    assert str(failed_with(monkeypatch, error)) == (
        "ingest [1] failed: '*' is no letter (file a.fa, line 2, batch 3). Remove it. "
        f"After fixing that, {OFFER} The log is in logs/x."
    ).removesuffix(".")


def test_a_task_that_was_killed_may_pass(monkeypatch):
    assert OFFER in str(failed_with(monkeypatch, None))


@pytest.mark.parametrize(
    ("others", "offer"),
    [
        ([Again.YES], OFFER),
        ([Again.YES, Again.MENDED], f"After fixing that, {OFFER}"),
        ([Again.MENDED, Again.NO], None),
    ],
)
def test_the_failure_that_is_hardest_to_fix_decides(monkeypatch, others, offer):
    said = str(failed_with(monkeypatch, *(EngineError("Died", again=again) for again in (Again.YES, *others))))
    assert f"{len(others)} more of its tasks failed. {offer or 'The log'}" in said
    assert offer or "retry" not in said


def test_piped_data_is_removed_so_that_no_retry_is_offered(monkeypatch):
    error = failed_with(monkeypatch, EngineError("Died", again=Again.MENDED))
    error.without_retry()
    assert str(error).split(". ", 1)[1] == "The log is in logs/x"


def test_analyze_of_standard_input_offers_no_retry(monkeypatch, tmp_path):
    def failing(*_: object) -> None:
        raise failed_with(monkeypatch, EngineError("Died", again=Again.MENDED))

    there = SimpleNamespace(source=str, option="")
    monkeypatch.setattr(analyze, "check", lambda _: None)
    monkeypatch.setattr(analyze, "conf_of", lambda *_: {})
    monkeypatch.setattr(analyze, "with_standard_input", lambda *_: contextlib.nullcontext([]))
    monkeypatch.setattr(analyze, "place", lambda *_: contextlib.nullcontext(there))
    monkeypatch.setattr(analyze, "_run", failing)
    for given, offered in ((STANDARD_INPUT, False), ("a.fa", True)):
        with pytest.raises(analyze.RunFailedError) as caught:
            analyze.analyze(SimpleNamespace(source=[given], output=tmp_path, on="here", answer={}, overruled=[]), print)
        assert ("retry" in str(caught.value)) == offered
