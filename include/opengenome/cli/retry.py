"""`retry`: tasks of a run that failed run again, the others keep what they did; watched and printed as by `analyze`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from opengenome.cli import database
from opengenome.cli.analyze import follow, tell
from opengenome.cli.called import typed
from opengenome.cli.dag_runs import dag_runs
from opengenome.cli.environment import Site
from opengenome.cli.notes import recall
from opengenome.cli.output import copy_results, holds
from opengenome.cli.places import place, retry_command
from opengenome.cli.watch import FINISHED, TaskState
from opengenome.errors import UsageError, printable
from opengenome.flow import AGGREGATE, COUNT_CODONS, DISCOVER, INGEST, PLAN, PUBLISH, VALIDATE

Task = str | tuple[str, int]

_GOES_ON = ("queued", "running")
_BEFORE_BATCHES = (DISCOVER, INGEST, PLAN)


def retry(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """`opengenome retry RUN`. Raises what `analyze` raises, and UsageError where there is nothing to be run again."""
    run = given.run
    check_known(Site.of_checkout(), run, given.on)
    output = recall(Site.of_checkout(), run)
    with place(given.on, "retry", say) as there:
        client = there.client
        state = client.run_state(run)  # first, because it says that there is such a run
        tasks = tuple(map(TaskState.of, client.task_instances(run)))
        given.answer.update(run=run, retry=retry_command(run, there.option))
        # A command that was interrupted may have left a run that went on, or has ended since, and its output unfilled.
        if not given.batch and not _left(tasks) and (state in _GOES_ON or (output and not holds(output, run))):
            say(f"Run {run}: nothing of it has failed; it is watched to its end")
        else:
            again = batches(run, tasks, given.batch) if given.batch else unsuccessful(run, tasks)
            there.renew(run)
            cleared = client.clear(run, again)
            say(f"Run {run}: {len(cleared)} of {len(tasks)} tasks run again")
        results = follow(there, run, tasks)
    if output:
        copy_results(results, output)
        say(f"{printable(str(output))} has the results of this run now, as it was started with")
    tell(given, results, output)


def check_known(site: Site, run: str, on: str) -> None:
    """Raise UsageError for a run that no Airflow of this checkout can know, before one is started for it."""
    known = {one.run for one in dag_runs(site.home)}  # none as well where the database is damaged
    nowhere = on == "here" and run not in known and (known or not (site.home / database.FILE).exists())
    if nowhere or not run.isprintable():
        raise UsageError(
            f"Airflow knows no run {run}",
            advice=f"`{typed('runs')}` lists the runs of this checkout. Of one that `clean` has removed, start a new "
            "run: what it counted is reused as far as it is there.",
        )


def batches(run: str, tasks: Iterable[TaskState], numbers: Iterable[int]) -> list[Task]:
    """The mapped instances of batches by their numbers, which count from 1.

    Raises UsageError for a number that is none of the run's, and for a batch that has not ended.
    """
    known = (task for task in tasks if task.task == COUNT_CODONS and task.index >= 0 and task.state != "removed")
    found = {task.index + 1: task for task in known}
    if not found:
        raise UsageError(f"The run {run} has no batches yet", advice="Without --batch all that failed runs again.")
    for number in numbers:
        if number not in found:
            raise UsageError(f"The run {run} has no batch {number}: its batches are 1 to {len(found)}")
        if (state := found[number].state) not in FINISHED:
            raise UsageError(f"Batch {number} of the run {run} has not ended: it is {state}")
    return [(COUNT_CODONS, number - 1) for number in sorted(set(numbers))]


def unsuccessful(run: str, tasks: Iterable[TaskState]) -> list[Task]:
    """The tasks that failed, or were left out because others failed or the run was given up.

    A run that did not get as far as its batches starts over: an input that was mended is another file, which only
    `discover` takes in. A result that does not prove is not mended by proving it again: all batches are looked at, and
    those that do not verify are counted anew. What is not published because it is no longer what was proven is added up
    again. Raises UsageError where nothing failed.
    """
    left = _left(tasks)
    if not left:
        raise UsageError(f"Nothing failed in the run {run}", advice="To run one batch again, name it with --batch.")
    if any(task.task in _BEFORE_BATCHES for task in left):
        return [DISCOVER]
    if any(task.task == VALIDATE and task.state == "failed" for task in left):
        return [COUNT_CODONS]  # with what follows
    if any(task.task == PUBLISH and task.state == "failed" for task in left):
        return [AGGREGATE]  # with what follows
    return [task.task if task.index < 0 else (task.task, task.index) for task in left]


def _left(tasks: Iterable[TaskState]) -> list[TaskState]:
    return [task for task in tasks if task.state in ("failed", "upstream_failed", "skipped")]
