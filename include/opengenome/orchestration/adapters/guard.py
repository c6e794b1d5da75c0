"""What our errors become in Airflow."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, AirflowTaskTimeout

from opengenome import flow
from opengenome.errors import Again, EngineError, NothingToDo, OpenGenomeError, printable
from opengenome.io.memory import peak_memory, resident_memory

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

_MOST = 900  # characters of one text of an error that is left for the command and the web interface
# What Python raises where a program is wrong: it would be raised again.
_MISTAKES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, ImportError)


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Run a task. Its error is told in the log and left as XCom `failure`; what would fail again is not retried."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before = resident_memory()
        try:
            returned = function(*args, **kwargs)
        except NothingToDo as nothing:
            log.info(f"Skipped: {nothing}")  # Airflow's own line for it gives no reason in the plain log
            raise AirflowSkipException(str(nothing)) from nothing
        except AirflowTaskTimeout:  # Airflow then calls on_kill, which kills a batch's JVM and all that it started
            _tell(_overdue())
            raise
        except Exception as error:
            ours = error if isinstance(error, OpenGenomeError) else _unforeseen(error)
            _tell(ours)
            if ours.retryable:
                raise
            # In place of the error, and not on top of it: the log then has one trace.
            cause = error.__cause__ if error.__suppress_context__ else error.__context__
            raise AirflowFailException(str(ours)).with_traceback(error.__traceback__) from cause
        above = peak_memory() - before
        log.info(f"Memory: {above / 1e6:,.0f} MB above the {before / 1e6:,.0f} MB of the bare task")
        return returned

    return run


def _tell(error: OpenGenomeError) -> None:
    """Say why the task failed, first of all in its log, and leave that for the command and the web interface."""
    log.error(str(error))
    if error.trace:
        log.info(error.trace)
    told = {"sentence": str(error), **error.as_dict()}
    short = {key: value[:_MOST] if isinstance(value, str) else value for key, value in told.items()}
    get_current_context()["ti"].xcom_push(key=flow.FAILURE, value=short)


def _unforeseen(error: Exception) -> OpenGenomeError:
    """An error that is none of ours; whether it is tried again is as Airflow would have it, but for mistakes."""
    what = printable(" ".join(str(error).split())) or "it says nothing more"
    message = f"An error that was not foreseen, {type(error).__name__}: {what}"
    advice = "The log of the task has its trace."
    if isinstance(error, _MISTAKES):
        return OpenGenomeError(message, advice=advice, again=Again.NO)
    return EngineError(message, advice=advice)


def _overdue() -> OpenGenomeError:
    """Of a task that Airflow ends at its time-out; the exception for that is none of ours."""
    limit = get_current_context()["task"].execution_timeout
    return EngineError(
        f"The task was not done after {limit.total_seconds() if limit else 0:,.0f} s, its time-out, and was ended",
        advice="The end of its log shows where it stood. If it only needs longer, set OPENGENOME_TASK_SECONDS.",
    )
