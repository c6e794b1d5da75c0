"""Wait until a newly started Airflow can run the DAG."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from opengenome import flow
from opengenome.cli.client import Client
from opengenome.errors import EngineError

_LIMIT = 180.0  # seconds; about 15 on two quiet cores
_SLOW = 30.0  # seconds after which a line says what is missing


def wait_until_ready(
    client: Client, alive: Callable[[], None], started: float, log_line: Callable[[str], None]
) -> None:
    """Return when scheduler and api-server work and the DAG was parsed after `started` (of time.monotonic).

    Heartbeats and the DAG of an earlier start do not count. Raises EngineError if a component dies, if the DAG file
    cannot be imported, and after three minutes.
    """
    announced: set[str] = set()

    def pause(reason: str) -> None:
        alive()
        waited = time.monotonic() - started
        if waited > _LIMIT:
            raise EngineError(f"Airflow is not ready after {_LIMIT:.0f} s: {reason}")
        if waited > _SLOW and reason not in announced:
            announced.add(reason)
            log_line(f"Still waiting for Airflow ({waited:.0f} s): {reason}")
        time.sleep(0.2)

    while not client.health():
        pause("its api-server does not answer")
    client.prepare_for_tasks()  # while the other components still start
    while not _fresh(client.health(), _by_the_clock(started)):
        pause("its components do not report healthy")
    while True:
        parsed = client.parsed()
        if parsed and parsed.timestamp() >= _by_the_clock(started):
            return
        for error in client.import_errors():
            recent = _seconds(error["timestamp"]) >= _by_the_clock(started)
            if recent and error["filename"].endswith(f"{flow.DAG}.py"):
                raise EngineError(f"Airflow cannot import {error['filename']}: {_last_line(error['stack_trace'])}")
        pause(f"it does not find the DAG {flow.DAG}")


def _by_the_clock(started: float) -> float:
    """A time of time.monotonic in seconds since 1970, by the current clock, which may have been set meanwhile."""
    return time.time() - (time.monotonic() - started)


def _fresh(health: dict[str, Any], started: float) -> bool:
    beat = health.get("scheduler", {}).get("latest_scheduler_heartbeat")
    return (
        health.get("metadatabase", {}).get("status") == "healthy"
        and health["scheduler"]["status"] == "healthy"
        and beat is not None
        and _seconds(beat) >= started
    )


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _last_line(trace: str) -> str:
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
