"""`retry`: run the failed tasks of a run again, then watch and print it as `analyze` does."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from opengenome.cli import database
from opengenome.cli.analyze import follow, print_outcome
from opengenome.cli.called import retry_command, typed
from opengenome.cli.dag_runs import dag_runs
from opengenome.cli.environment import Site
from opengenome.cli.notes import recall
from opengenome.cli.output import copy_results, holds
from opengenome.cli.places import place
from opengenome.cli.watch import FINISHED, TaskState
from opengenome.errors import UsageError, printable
from opengenome.flow import COUNT_CODONS, DISCOVER, RETRIED_FROM, TASKS

Task = str | tuple[str, int]

_GOES_ON = ("queued", "running")


def retry(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """`opengenome retry RUN`. Raises the errors of `analyze`, and UsageError if nothing can be retried."""
    run = given.run
    check_known(Site.of_checkout(), run, given.on)
    output = recall(Site.of_checkout(), run)
    with place(given.on, "retry", log_line) as there:
        client = there.client
        state = client.run_state(run)  # first, because it fails for an unknown run
        tasks = tuple(map(TaskState.of, client.task_instances(run)))
        given.answer.update(run=run, retry=retry_command(run, there.option))
        # A run may have continued after its command was interrupted, and its output may still be missing.
        if not given.batch and not _left(tasks) and (state in _GOES_ON or (output and not holds(output, run))):
            log_line(f"Run {run}: no task has failed; watching it to its end")
        else:
            again = batches(run, tasks, given.batch) if given.batch else unsuccessful(run, tasks)
            there.renew(run)
            cleared = client.clear(run, again)
            log_line(f"Run {run}: {len(cleared)} of {len(tasks)} tasks run again")
        results = follow(there, run, tasks)
    if output:
        copy_results(results, output)
        log_line(f"{printable(str(output))}, the output that the run was started with, has its results now")
    print_outcome(given, results, output)


def check_known(site: Site, run: str, on: str) -> None:
    """Raise UsageError for a run that this checkout's Airflow cannot know, before that Airflow is started."""
    known = {one.run for one in dag_runs(site.home)}  # empty if the database is damaged
    nowhere = on == "here" and run not in known and (known or not (site.home / database.FILE).exists())
    if nowhere or not run.isprintable():
        raise UsageError(
            f"Airflow knows no run {run}",
            advice=f"`{typed('runs')}` lists the runs of this checkout. If `clean` has removed this one, start a new "
            "run: batches that are still in the store are reused.",
        )


def batches(run: str, tasks: Iterable[TaskState], numbers: Iterable[int]) -> list[Task]:
    """The mapped instances of batches by their numbers, which start at 1.

    Raises UsageError for a number that the run does not have, and for a batch that has not ended.
    """
    known = (task for task in tasks if task.task == COUNT_CODONS and task.index >= 0 and task.state != "removed")
    found = {task.index + 1: task for task in known}
    if not found:
        raise UsageError(f"The run {run} has no batches yet", advice="Omit --batch to retry all failed tasks.")
    for number in numbers:
        if number not in found:
            raise UsageError(f"The run {run} has no batch {number}: its batches are 1 to {len(found)}")
        if (state := found[number].state) not in FINISHED:
            raise UsageError(f"Batch {number} of the run {run} has not ended: it is {state}")
    return [(COUNT_CODONS, number - 1) for number in sorted(set(numbers))]


def unsuccessful(run: str, tasks: Iterable[TaskState]) -> list[Task]:
    """The tasks that failed, or were not run because others failed or the run was given up.

    Some tasks start again with an earlier one: `flow.RETRIED_FROM`. Raises UsageError if nothing failed.
    """
    left = _left(tasks)
    if not left:
        raise UsageError(f"Nothing failed in the run {run}", advice="To run one batch again, use --batch.")
    begins = {begin for task in left if (begin := RETRIED_FROM.get(task.task)) == DISCOVER or task.state == "failed"}
    for begin in TASKS:
        if begin in begins:
            return [begin]  # and the tasks after it
    return [task.task if task.index < 0 else (task.task, task.index) for task in left]


def _left(tasks: Iterable[TaskState]) -> list[TaskState]:
    return [task for task in tasks if task.state in ("failed", "upstream_failed", "skipped")]
