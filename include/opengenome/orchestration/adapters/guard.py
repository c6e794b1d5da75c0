"""What our errors become in Airflow."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, AirflowTaskTimeout

from opengenome.errors import EngineError, NothingToDo, OpenGenomeError, printable
from opengenome.io.memory import peak_memory, resident_memory

P = ParamSpec("P")
R = TypeVar("R")

FAILURE = "failure"  # the XCom key of the sentence that says why a task failed


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Run a task; its errors leave one sentence in XCom `failure`, and bad input is not retried."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before = resident_memory()
        try:
            returned = function(*args, **kwargs)
        except NothingToDo as nothing:
            raise AirflowSkipException(str(nothing)) from nothing
        except AirflowTaskTimeout:
            say_overdue(get_current_context())
            raise
        except Exception as error:
            say(get_current_context(), error)
            if isinstance(error, OpenGenomeError) and not error.retryable:
                raise AirflowFailException(str(error)) from error
            raise
        above = peak_memory() - before
        print(f"Memory: {above / 1e6:,.0f} MB above the {before / 1e6:,.0f} MB of the bare task")
        return returned

    return run


def say(context: Mapping[str, Any], error: BaseException) -> None:
    sentence = str(error) if isinstance(error, OpenGenomeError) else printable(f"{type(error).__name__}: {error}")
    context["ti"].xcom_push(key=FAILURE, value=sentence[:900])


def say_overdue(context: Mapping[str, Any]) -> None:
    """Leave the sentence of a task that Airflow ends at its time-out; the exception for that is none of ours."""
    seconds = context["task"].execution_timeout.total_seconds()
    advice = "The end of its log shows where it stood. If it only needs longer, set OPENGENOME_TASK_SECONDS."
    say(
        context,
        EngineError(f"The task was not done after {seconds:,.0f} s, its time-out, and was ended", advice=advice),
    )
