"""What Airflow does when a task or a run fails, or a run is late: a sentence, how to retry, a notification."""

from __future__ import annotations

import importlib
import logging
import re
import shlex
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from opengenome import flow
from opengenome.errors import Again, OpenGenomeError, UsageError, printable
from opengenome.orchestration import settings

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier
    from airflow.sdk.definitions.deadline import DeadlineAlert

log = logging.getLogger(__name__)

Context = Mapping[str, Any]

_ENDED = ("success", "failed")
_NOTIFIER = "OPENGENOME_NOTIFIER"
_PROVIDER = re.compile(r"airflow\.providers\.(.+?)\.notifications\.")


def what_next(context: Context, error: OpenGenomeError) -> str:
    """What follows a task's error, a sentence: Airflow's next try, or how to retry the run."""
    task = context["ti"]
    if error.retryable and task.try_number <= task.max_tries:
        return f"Airflow tries this task again by itself: this was try {task.try_number} of {task.max_tries + 1}."
    return _how_to_retry(context["run_id"], error.again, task.task_id)


def reporter() -> Callable[[Context], None]:
    """The callback of a failed run. Raises UsageError for a notifier that cannot be used."""
    _notifier()
    return report_failure


def report_failure(context: Context) -> None:
    """Log why a run failed and how to retry it, and notify. Airflow calls it in the DAG processor."""
    failure, task = _failure(context), context.get("ti")
    place = f" at {task.task_id}" if task else ""
    why = failure.get("sentence") or f"{context.get('reason', 'unknown reason')}. The log of the task says more."
    sentence = f"The run {printable(context['run_id'])} failed{place}: {why}"
    _report(
        context, f"{sentence} {_how_to_retry(context['run_id'], failure.get('again'), task.task_id if task else '')}"
    )


def deadline() -> DeadlineAlert | None:
    """The alert for a run that has not ended in time; None unless the setting asks for it."""
    seconds = settings.load().deadline_seconds
    if seconds is None:
        return None
    from airflow.sdk.definitions.callback import SyncCallback
    from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(seconds=seconds),
        callback=SyncCallback(report_late),
    )


def report_late(context: Context) -> None:
    """Log that a run is late, and notify. Airflow calls it in a process of its executor.

    There it sees no XComs, and only connections of the environment.
    """
    run, seconds = context["dag_run"], settings.load().deadline_seconds or 0
    if run["state"] not in _ENDED:  # a deadline also passes after the run has failed
        sentence = f"The run {printable(run['dag_run_id'])} is late: after {seconds:,} s it is {run['state']}."
        _report(context, f"{sentence} It goes on; its page in Airflow shows how far it is.")


def _report(context: Context, message: str) -> None:
    """Log the message, and give it to the notifier, whose templates call it `message`."""
    log.error(message)
    notifier = _notifier()
    if notifier is None:
        return
    try:
        notifier({**context, "message": message})
    except Exception as error:  # the notifier's own: no network, no connection, a wrong template
        what = printable(" ".join(str(error).split())) or type(error).__name__
        log.error(f"{_NOTIFIER} could not notify: {what}")  # noqa: TRY400  (its trace is the notifier's matter)


def _failure(context: Context) -> dict[str, Any]:
    """The task's XCom `failure`; {} if it died without one, or if it cannot be read."""
    task = context.get("ti")
    if task is None:
        return {}
    try:
        found = task.xcom_pull(task_ids=task.task_id, key=flow.FAILURE, map_indexes=task.map_index)
    except Exception as error:  # without it, the failure is still to be reported
        log.info(f"The reason cannot be read: {error}")
        return {}
    return found if isinstance(found, dict) else {}


def _how_to_retry(run_id: str, again: str | None, failed: str) -> str:
    """failed: the task."""
    if again == Again.NO:
        return "A retry of this run would fail again."
    command = settings.load().retry_command.replace(settings.RUN, shlex.quote(run_id))
    begin = f"`{flow.RETRIED_FROM[failed]}`" if failed in flow.RETRIED_FROM else "the failed task"
    how = f"`{command}`" if command else f"clear {begin} and the tasks after it"
    return f"To retry the run: {how}."


def _notifier() -> BaseNotifier | None:
    """The notifier of the settings; None if there is none. Raises UsageError if it cannot be made."""
    current = settings.load()
    if not current.notifier:
        return None
    from airflow.sdk import BaseNotifier

    module, _, name = current.notifier.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        provider = _PROVIDER.match(current.notifier)
        package = f"apache-airflow-providers-{provider[1].replace('.', '-')}" if provider else "the package that has it"
        raise UsageError(
            f"{_NOTIFIER} is {current.notifier}, which cannot be imported: {error}", advice=f"Install {package}."
        ) from error
    if not (isinstance(found, type) and issubclass(found, BaseNotifier)):
        raise UsageError(f"{_NOTIFIER} is {current.notifier}, which is not an Airflow notifier")
    try:
        return found(**current.notifier_arguments)
    except TypeError as error:
        raise UsageError(f"{_NOTIFIER}_ARGUMENTS do not fit {found.__name__}: {error}") from error
