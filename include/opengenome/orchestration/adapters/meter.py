"""Show how far a batch is while Spark counts it: in its log, and in Airflow's state store for the command."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from opengenome import flow
from opengenome.orchestration.telling import progress

if TYPE_CHECKING:
    from airflow.sdk.execution_time.context import TaskStateStoreAccessor

log = logging.getLogger(__name__)

_LOGGED = 10.0  # seconds between two lines of the log


class BatchMeter:
    """The progress of one submit. planned: the bases of its batch."""

    def __init__(self, planned: int, store: TaskStateStoreAccessor, log_line: Callable[[str], None]) -> None:
        self._planned, self._store, self._log_line = planned, store, log_line
        self._began = self._logged = time.monotonic()
        self._seen = 0

    def see(self, bases: int) -> None:
        """bases: counted so far."""
        bases, now = min(bases, self._planned), time.monotonic()
        if bases > self._seen:
            self._seen = bases
            self._keep(bases)
        if bases and now - self._logged >= _LOGGED:
            self._logged = now
            self._log_line(progress(bases, self._planned, now - self._began))

    def start_again(self) -> None:
        """Forget what an earlier attempt had counted."""
        self._keep(0)

    def _keep(self, bases: int) -> None:
        try:
            self._store.set(flow.PROGRESS, bases)
        except Exception as error:  # a bar that stands still is no reason to stop a batch
            log.debug(f"The state store did not take the progress: {error}")
