"""The runs that the embedded Airflow knows, read from its database even while it is not running."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from opengenome import flow
from opengenome.cli.database import FILE
from opengenome.orchestration.past import DagRun


def dag_runs(home: Path) -> list[DagRun]:
    """Every run of our DAG; [] if the database below `home` is missing or cannot be read."""
    query = "select run_id, state, coalesce(start_date, run_after), conf from dag_run where dag_id = ?"
    try:
        with contextlib.closing(sqlite3.connect(f"{(home / FILE).as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute(query, (flow.DAG,)).fetchall()
        return [DagRun(run, state, _moment(started), _source(conf)) for run, state, started, conf in rows]
    except sqlite3.Error:
        return []


def _moment(text: str) -> str:
    """A time of the database as ISO 8601: SQLite holds UTC without a time zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat(timespec="seconds")
    except ValueError:
        return ""


def _source(conf: str | None) -> str:
    try:
        return str(json.loads(conf or "{}").get("source") or "")
    except (ValueError, AttributeError):
        return ""
