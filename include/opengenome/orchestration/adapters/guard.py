"""What our errors become in Airflow."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, AirflowTaskTimeout

from opengenome import flow
from opengenome.errors import Again, EngineError, NothingToDo, OpenGenomeError, printable
from opengenome.io.memory import peak_memory, resident_memory

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

# What Python raises where a program is wrong: it would be raised again.
_MISTAKES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, ImportError)


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Run a task; its errors leave one sentence in XCom `failure`, and what would fail again is not retried."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before = resident_memory()
        try:
            returned = function(*args, **kwargs)
        except NothingToDo as nothing:
            log.info(f"Skipped: {nothing}")  # Airflow's own line for it gives no reason in the plain log
            raise AirflowSkipException(str(nothing)) from nothing
        except AirflowTaskTimeout:
            say_overdue(get_current_context())
            raise
        except Exception as error:
            sentence = say(get_current_context(), error)
            if isinstance(error, _MISTAKES) or (isinstance(error, OpenGenomeError) and not error.retryable):
                raise AirflowFailException(sentence) from error
            raise
        above = peak_memory() - before
        log.info(f"Memory: {above / 1e6:,.0f} MB above the {before / 1e6:,.0f} MB of the bare task")
        return returned

    return run


def say(context: Mapping[str, Any], error: Exception) -> str:
    """Leave why a task failed, in a sentence, for the command and the UI. Returns it."""
    if isinstance(error, OpenGenomeError):
        sentence, again = str(error), error.again
    else:
        what = printable(" ".join(str(error).split())) or "it says nothing more"
        sentence = f"An error that was not foreseen, {type(error).__name__}: {what}. The log of the task has its trace."
        again = Again.NO if isinstance(error, _MISTAKES) else Again.YES
    context["ti"].xcom_push(key=flow.FAILURE, value=sentence[:900])
    context["ti"].xcom_push(key=flow.AGAIN, value=str(again))
    return sentence


def say_overdue(context: Mapping[str, Any]) -> None:
    """Leave the sentence of a task that Airflow ends at its time-out; the exception for that is none of ours."""
    seconds = context["task"].execution_timeout.total_seconds()
    advice = "The end of its log shows where it stood. If it only needs longer, set OPENGENOME_TASK_SECONDS."
    say(
        context,
        EngineError(f"The task was not done after {seconds:,.0f} s, its time-out, and was ended", advice=advice),
    )
