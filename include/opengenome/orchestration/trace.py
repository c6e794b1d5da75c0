"""When each task of a run ran: a file for each in the run's folder, written as the task ends well."""

from __future__ import annotations

import logging
from dataclasses import asdict

from opengenome.errors import ContractError, StorageError
from opengenome.io import tables
from opengenome.orchestration.runs import Run
from opengenome.report.material import TaskTrace

log = logging.getLogger(__name__)


def write(run: Run, traced: TaskTrace) -> None:
    """Keep the trace of a task. A disk that refuses it does not fail the task: a report without it says so."""
    try:
        tables.write_document(run.trace / f"{traced.task}{traced.index}.json", asdict(traced))
    except StorageError as error:
        log.warning(f"When this task ran is not kept: {error}")


def read(run: Run) -> tuple[TaskTrace, ...]:
    """The traces of a run's tasks, by start. One that cannot be read is left out."""
    found = []
    for path in run.trace.glob("*.json"):
        try:
            found.append(TaskTrace(**tables.read_document(path)))
        except (ContractError, TypeError):
            continue
    return tuple(sorted(found, key=lambda traced: traced.started))
