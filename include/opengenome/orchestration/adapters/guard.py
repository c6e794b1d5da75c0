"""Turn our errors into Airflow's: logged, kept as XCom, and retried only if a retry can help."""

from __future__ import annotations

import functools
import logging
import platform
import time
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, AirflowTaskTimeout

from opengenome import flow
from opengenome.errors import Again, EngineError, NothingToDo, OpenGenomeError, printable
from opengenome.io.memory import peak_memory, resident_memory
from opengenome.orchestration.adapters.failing import what_next

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

_MOST = 900  # characters of each text of an error in its XCom
_FRAMES = 3  # of the trace of an error that a sentence explains
# Python's errors for mistakes in a program. A retry would raise them again.
_MISTAKES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, ImportError)


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Run a task. Its error is logged and kept as XCom `failure`; an error that would recur is not retried."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before, started, begun = resident_memory(), time.time(), time.monotonic()
        try:
            returned = function(*args, **kwargs)
        except NothingToDo as nothing:
            log.info(f"Skipped: {nothing}")  # Airflow's own line for it gives no reason in the plain log
            raise AirflowSkipException(str(nothing)) from nothing
        except AirflowTaskTimeout:  # Airflow then calls on_kill, which kills a batch's JVM and its children
            _record_failure(_overdue())
            raise
        except Exception as error:
            ours = error if isinstance(error, OpenGenomeError) else _unforeseen(error)
            _record_failure(ours)
            if ours.retryable:
                raise
            # Raised in place of the error, not on top of it, so that the log has one trace.
            cause = error.__cause__ if error.__suppress_context__ else error.__context__
            if ours is error:
                _shorten(error, cause)
            raise AirflowFailException(str(ours)).with_traceback(error.__traceback__) from cause
        above = peak_memory() - before
        log.info(f"Memory: {above / 1e6:,.0f} MB above the {before / 1e6:,.0f} MB of the bare task")
        _keep_trace(started, time.monotonic() - begun)
        return returned

    return run


def _keep_trace(started: float, seconds: float) -> None:
    """Keep when this task ran, for the report. started: seconds since 1970. seconds: by a clock that is never set."""
    from opengenome.orchestration import trace
    from opengenome.orchestration.runs import Run
    from opengenome.report.material import TaskTrace

    context = get_current_context()
    task = context["ti"]
    label = str(getattr(task, "rendered_map_index", None) or task.task_id)
    index = -1 if task.map_index is None else task.map_index
    traced = TaskTrace(task.task_id, index, label, started, seconds, task.try_number, peak_memory(), platform.node())
    trace.write(Run.of(str(context["run_id"])), traced)


def _record_failure(error: OpenGenomeError) -> None:
    """Log why the task failed and what to do, and keep it as XCom for the command and the web interface."""
    context = get_current_context()
    # Each on a line of its own: Airflow's page does not fold lines.
    log.error("\n".join([*error.sentences(), what_next(context, error)]))
    if error.trace:
        log.info(error.trace)
    fields = {"sentence": str(error), **error.as_dict()}
    short = {key: value[:_MOST] if isinstance(value, str) else value for key, value in fields.items()}
    context["ti"].xcom_push(key=flow.FAILURE, value=short)


def _shorten(*errors: BaseException | None) -> None:
    """Keep the last frames of each trace. Airflow shows a log from its end: the sentence above has to be in sight."""
    for error in filter(None, errors):
        frames = list(traceback.walk_tb(error.__traceback__))
        for _ in frames[_FRAMES:]:
            error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next


def _unforeseen(error: Exception) -> OpenGenomeError:
    """An error that is none of ours. It is retried, as in Airflow, unless it is a mistake in the program."""
    what = printable(" ".join(str(error).split())) or "no message"
    message = f"Unexpected error, {type(error).__name__}: {what}"
    advice = "The log of the task has its trace."
    if isinstance(error, _MISTAKES):
        return OpenGenomeError(message, advice=advice, again=Again.NO)
    return EngineError(message, advice=advice)


def _overdue() -> OpenGenomeError:
    """The error of a task that Airflow ends at its time-out."""
    limit = get_current_context()["task"].execution_timeout
    return EngineError(
        f"The task was ended at its time-out of {limit.total_seconds() if limit else 0:,.0f} s",
        advice="The end of its log shows how far it was. If it only needs longer, set OPENGENOME_TASK_SECONDS.",
    )
