"""When an Airflow that was just started can take a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from opengenome.cli.client import DAG, Client
from opengenome.errors import EngineError

_LIMIT = 180.0  # seconds; about 15 on two quiet cores


def wait_until_ready(client: Client, alive: Callable[[], None], started: float) -> None:
    """Return when scheduler and api-server work and the DAG's file was read after `started` (seconds since 1970).

    What an earlier start left in the database does not count: heartbeats and the DAG must be of this start. Raises
    EngineError when a component dies, when the file cannot be imported, and after three minutes.
    """
    while not _fresh(client.health(), started):
        _pause(alive, started, "its components do not report healthy")
    while True:
        parsed = client.parsed()
        if parsed and parsed.timestamp() >= started:
            return
        for error in client.import_errors():
            if _seconds(error["timestamp"]) >= started and error["filename"].endswith(f"{DAG}.py"):
                raise EngineError(f"Airflow cannot import {error['filename']}: {_last_line(error['stack_trace'])}")
        _pause(alive, started, f"it does not find the DAG {DAG}")


def _pause(alive: Callable[[], None], started: float, reason: str) -> None:
    alive()
    if time.time() - started > _LIMIT:
        raise EngineError(f"Airflow is not ready after {_LIMIT:.0f} s: {reason}")
    time.sleep(0.2)


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
