"""Watch a run: poll the REST API, show its progress, and find the reason when a task fails."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, Self, cast

from opengenome.cli.client import Client
from opengenome.cli.facts import WARNING
from opengenome.core.model import Mode
from opengenome.errors import Again, EngineError, OpenGenomeError, from_dict, number_of, printable
from opengenome.flow import AGAIN, COUNT_CODONS, DISCOVER, DISCOVERED, FAILURE, PLAN, RETURNED
from opengenome.orchestration.telling import loaded

_SILENT = 5.0  # seconds after which a line says that Airflow does not answer
_INTERVAL, _SLOWEST = 1.0, 3.0  # seconds between two looks
PATIENCE = 60.0  # seconds that a busy api-server may stay silent while its processes live
FINISHED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task instance. index: its map index, -1 if it is not mapped. attempt: from 1, 0 before the first.

    state: Airflow's, "waiting" before it has one. label: of a mapped instance.
    """

    task: str
    index: int
    state: str
    attempt: int
    attempts: int
    label: str
    ended: str

    @property
    def name(self) -> str:
        """`count_codons [batch 3/7 · 5,000 sequences]`, or the task alone."""
        return self.task if self.index < 0 else f"{self.task} [{self.label}]"

    @classmethod
    def of(cls, found: dict[str, Any]) -> TaskState:
        """From the API's description."""
        index = int(found["map_index"])
        return cls(
            task=printable(found["task_id"]),
            index=index,
            state=found["state"] or "waiting",
            attempt=int(found["try_number"]),
            attempts=int(found["max_tries"]) + 1,
            label=_label(found["task_id"], index, found["rendered_map_index"]),
            ended=found["end_date"] or "",
        )


def _label(task: str, index: int, rendered: str | None) -> str:
    """The label of a mapped instance; until Airflow has rendered it, its number from 1, as in the label.

    Before that, Airflow's API returns the map index as the label.
    """
    if rendered and rendered != str(index):
        return printable(rendered)
    return f"batch {index + 1}" if task == COUNT_CODONS else str(index + 1)


@dataclass(frozen=True, slots=True)
class Look:
    """The state of a run. elapsed: seconds since the watching began."""

    state: str
    tasks: tuple[TaskState, ...]
    elapsed: float


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task failed."""

    task: TaskState
    error: OpenGenomeError


class Display(Protocol):
    """A context manager that shows a run."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, look: Look) -> None:
        """Show the state of a run."""

    def note(self, text: str) -> None:
        """Print a line that stays."""


class RunReporter:
    """Shows a run, and prints once what `discover` and `plan` found. seen: states that were already shown."""

    def __init__(self, client: Client, run: str, display: Display, seen: Iterable[TaskState] = ()) -> None:
        self._client, self._run, self._display = client, run, display
        self._told = _succeeded(seen)

    def show(self, look: Look) -> None:
        """Show the run, after what its tasks found. If Airflow does not answer, the next look asks again."""
        ended = _succeeded(look.tasks)
        self._told &= ended
        for task, (key, sentence) in _FOUND.items():
            if task in ended - self._told:
                with contextlib.suppress(EngineError):
                    text = sentence(self._client.xcom_value(self._run, task, -1, key))
                    self._told.add(task)
                    if text:
                        self._display.note(text)
        self._display.show(look)


def _succeeded(tasks: Iterable[TaskState]) -> set[str]:
    """Those of `_FOUND` that have."""
    return {task.task for task in tasks if task.task in _FOUND and task.state == "success"}


def discovery(found: object) -> str:
    """What `discover` found: the mode and why, files read and passed over, the first of the latter; its warnings below.

    found: its XCom, with mode and reason, the numbers read and passed_over, examples, each "path: why", and warnings.
    Anything else gives "".
    """
    try:
        read, passed = int(found["read"]), int(found["passed_over"])  # type: ignore[index]
        examples = [printable(str(example)) for example in found["examples"]]  # type: ignore[index]
        mode, reason = Mode(found["mode"]), found["reason"]  # type: ignore[index]
        warnings = [f"{WARNING}{printable(str(one))}" for one in found.get("warnings", ())]  # type: ignore[attr-defined]
    except (TypeError, KeyError, ValueError):
        return ""
    sentence = printable(f"{number_of(read, 'file is', 'files are')} read in {mode.called} ({reason})")
    if passed:
        parts = (one.rpartition(": ") for one in examples)
        named = ", ".join(f"{path} ({why})" if path else why for path, _, why in parts)
        more = ", …" if passed > len(examples) else ""
        sentence += f"; {number_of(passed, 'was', 'were')} passed over: {named}{more}"
    return "\n".join([sentence, *warnings])


def planned(found: object) -> str:
    """A sentence about what `plan` returned: how much was loaded, and in how many batches. Anything else gives ""."""
    batches = cast("list[dict[str, Any]]", found)
    try:
        sequences, bases = (sum(int(one[name]) for one in batches) for name in ("sequences", "bases"))
        committed = sum(not one["reason"] for one in batches)
        return loaded(sequences, bases, len(batches), committed) if batches else ""
    except (TypeError, KeyError, ValueError):
        return ""


# Of a task, the key of its XCom and what makes a sentence of the value.
_FOUND = {DISCOVER: (DISCOVERED, discovery), PLAN: (RETURNED, planned)}


def watch(
    client: Client, run: str, alive: Callable[[], None], show: Callable[[Look], None], patience: float = PATIENCE
) -> Look:
    """Poll a run until it ends and show every look; returns the last.

    Raises EngineError if Airflow dies, or lives but stays silent for longer than `patience` seconds.
    """
    began = heard = time.monotonic()
    announced = False
    while True:
        alive()
        asked = time.monotonic()
        try:
            state = client.run_state(run)  # before the tasks, so that they are complete when it is "success"
            tasks = tuple(map(TaskState.of, client.task_instances(run)))
        except EngineError:
            silent = time.monotonic() - heard
            if silent > patience:
                raise
            if silent > _SILENT and not announced:
                announced = True
                print(f"Airflow does not answer; waiting for {patience:.0f} s at most", file=sys.stderr, flush=True)
        else:
            heard, announced = time.monotonic(), False
            look = Look(state, tasks, heard - began)
            show(look)
            if state in ("success", "failed"):
                return look
        # A thousand batches are ten pages: polling must stay a small part of the api-server's work.
        time.sleep(min(_SLOWEST, max(_INTERVAL, 3 * (time.monotonic() - asked))))


def failures(client: Client, run: str, tasks: Iterable[TaskState]) -> list[Failure]:
    """The failed tasks, first failure first."""
    failed = sorted((task for task in tasks if task.state == "failed"), key=lambda task: task.ended)
    return [Failure(task, _error(client, run, task)) for task in failed]


def _error(client: Client, run: str, task: TaskState) -> OpenGenomeError:
    """The task's XCom `failure`, or else the last error of its log. A killed task has none, and may be retried."""
    left = client.xcom_value(run, task.task, task.index, FAILURE)
    if isinstance(left, dict):
        return from_dict(left)
    if left:  # by a run of version 0.1: a sentence, and another XCom that says whether a retry can help
        again = client.xcom_value(run, task.task, task.index, AGAIN)
        return OpenGenomeError(str(left).rstrip("."), again=Again(again) if again in list(Again) else None)
    entries = client.log(run, task.task, task.index, task.attempt)
    said = [_words(entry) for entry in entries if entry.get("level") in ("error", "critical")]
    return OpenGenomeError(said[-1].rstrip(".") if said else "The task gave no reason")


def _words(entry: dict[str, Any]) -> str:
    event = str(entry.get("event", ""))
    details = entry.get("error_detail")
    if isinstance(details, list) and details and isinstance(details[-1], dict):
        return str(details[-1].get("exc_value") or event)
    return event
