"""The bar moves inside a batch too, by what Spark says it has counted."""

from __future__ import annotations

import io

from opengenome.cli.pace import Pace
from opengenome.cli.progress import Screen
from opengenome.cli.watch import Look, TaskState
from opengenome.errors import EngineError
from opengenome.flow import COUNT_CODONS

PLANNED = [{"bases": 10_000_000, "reason": "counted", "recount": False} for _ in range(2)]


def look(elapsed, *states):
    tasks = (
        TaskState(COUNT_CODONS, index, state, 1, 3, f"batch {index + 1}", "") for index, state in enumerate(states)
    )
    return Look("running", tuple(tasks), elapsed)


def test_a_running_batch_counts_as_far_as_it_is():
    pace = Pace.of(PLANNED)
    pace.see(look(0.0, "running", "waiting"))
    pace.see(look(4.0, "running", "waiting"), {0: 4_000_000})
    assert (pace.done, pace.rate, pace.left) == (4_000_000, 1_000_000, 16.0)
    pace.see(look(10.0, "success", "running"), {0: 4_000_000})
    assert (pace.done, pace.rate, pace.left) == (10_000_000, 1_000_000, 10.0)


def test_a_batch_that_starts_anew_takes_its_bases_back():
    pace = Pace.of(PLANNED)
    pace.see(look(0.0, "running", "waiting"))
    pace.see(look(4.0, "running", "waiting"), {0: 4_000_000})
    pace.see(look(5.0, "up_for_retry", "waiting"), {0: 4_000_000})
    assert (pace.done, pace.rate, pace.left) == (0, 0.0, None)


def test_only_running_batches_are_asked_for_and_silence_is_borne():
    asked = []

    def within(batch):
        asked.append(batch)
        raise EngineError("Airflow does not answer")

    screen = Screen(io.StringIO(), lambda: PLANNED, within)
    screen.show(look(1.0, "success", "running"))
    assert asked == [1]
