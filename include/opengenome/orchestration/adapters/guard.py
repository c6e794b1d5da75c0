"""What our errors become in Airflow."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from opengenome.errors import NothingToDo, OpenGenomeError, printable
from opengenome.io.memory import peak_memory, resident_memory

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

FAILURE = "failure"  # the XCom key of the sentence that says why a task failed


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Run a task; its errors leave one sentence in XCom `failure`, and bad input is not retried."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before = resident_memory()
        try:
            returned = function(*args, **kwargs)
        except NothingToDo as nothing:
            log.info(f"Skipped: {nothing}")  # Airflow's own line for it gives no reason in the plain log
            raise AirflowSkipException(str(nothing)) from nothing
        except Exception as error:
            say(get_current_context(), error)
            if isinstance(error, OpenGenomeError) and not error.retryable:
                raise AirflowFailException(str(error)) from error
            raise
        above = peak_memory() - before
        log.info(f"Memory: {above / 1e6:,.0f} MB above the {before / 1e6:,.0f} MB of the bare task")
        return returned

    return run


def say(context: Mapping[str, Any], error: BaseException) -> None:
    sentence = str(error) if isinstance(error, OpenGenomeError) else printable(f"{type(error).__name__}: {error}")
    context["ti"].xcom_push(key=FAILURE, value=sentence[:900])
