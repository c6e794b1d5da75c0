"""`retry`: tasks of a run that failed run again, the others keep what they did; watched and printed as by `analyze`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

from opengenome.cli.analyze import copy_results, follow, print_report, tell, view_of
from opengenome.cli.environment import Site
from opengenome.cli.notes import recall
from opengenome.cli.places import place
from opengenome.cli.printing import printable
from opengenome.cli.watch import FINISHED, TaskState
from opengenome.errors import UsageError

Task = str | tuple[str, int]

BATCHES = "count_codons"
_BEFORE_BATCHES = ("discover", "ingest", "plan")


def retry(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """`opengenome retry RUN`. Raises what `analyze` raises, and UsageError where there is nothing to be run again."""
    run = given.run
    with place(given.on, "retry", say) as there:
        client = there.client
        client.run_state(run)  # first, because it says that there is such a run
        tasks = tuple(map(TaskState.of, client.task_instances(run)))
        again = batches(run, tasks, given.batch) if given.batch else unsuccessful(run, tasks)
        there.renew(run)
        cleared = client.clear(run, again)
        print(f"Run {run}: {len(cleared)} of {len(tasks)} tasks run again", file=sys.stderr)
        results = follow(there, run, tasks)
    output = recall(Site.of_checkout(), run)
    if output is None:
        print_report(results, view_of(given))
        print(f"\nThe table, the proof and where they come from: {printable(str(results))}")
        return
    copy_results(results, output)
    say(f"{printable(str(output))} has the results of this run now, as it was started with")
    tell(output, results, view_of(given))


def batches(run: str, tasks: Iterable[TaskState], numbers: Iterable[int]) -> list[Task]:
    """The mapped instances of batches by their numbers, which count from 1.

    Raises UsageError for a number that is none of the run's, and for a batch that has not ended.
    """
    known = (task for task in tasks if task.task == BATCHES and task.index >= 0 and task.state != "removed")
    found = {task.index + 1: task for task in known}
    if not found:
        raise UsageError(f"The run {run} has no batches yet", advice="Without --batch all that failed runs again.")
    for number in numbers:
        if number not in found:
            raise UsageError(f"The run {run} has no batch {number}: its batches are 1 to {len(found)}")
        if (state := found[number].state) not in FINISHED:
            raise UsageError(f"Batch {number} of the run {run} has not ended: it is {state}")
    return [(BATCHES, number - 1) for number in sorted(set(numbers))]


def unsuccessful(run: str, tasks: Iterable[TaskState]) -> list[Task]:
    """The tasks that failed, or were left out because others failed or the run was given up.

    A run that did not get as far as its batches starts over: an input that was mended is another file, which only
    `discover` takes in. A result that does not prove is not mended by proving it again: all batches are looked at, and
    those that do not verify are counted anew. Raises UsageError where nothing failed.
    """
    left = [task for task in tasks if task.state in ("failed", "upstream_failed", "skipped")]
    if not left:
        raise UsageError(f"Nothing failed in the run {run}", advice="To run one batch again, name it with --batch.")
    if any(task.task in _BEFORE_BATCHES for task in left):
        return [_BEFORE_BATCHES[0]]
    if any(task.task == "validate" and task.state == "failed" for task in left):
        return [BATCHES]  # with what follows
    return [task.task if task.index < 0 else (task.task, task.index) for task in left]
