"""The embedded Airflow's SQLite: how long a connection waits for another one's write, and how the file is removed.

Imported by Airflow's own settings, in each of its processes: nothing heavy here.

Airflow 3.3 notes each change that comes by its API with a write on the event loop of the api-server
(`api_fastapi/logging/decorators.py`). Another request that has written commits only when that loop lets it. While both
wait for each other nobody is served, until the busy time-out ends it with "database is locked". So a connection waits
long in a thread, where others can go on meanwhile, and shortly on an event loop; the command repeats what then failed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

FILE = "airflow.db"
_BUSY = 60.0  # seconds; Python's default of 5 is too short for a scheduler and several runs on busy cores
_BUSY_ON_LOOP = 0.5  # seconds for which the api-server may stand still


class Connection(sqlite3.Connection):
    """Chooses its busy time-out for each statement by where that runs."""

    _waits = _BUSY

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or _Cursor)

    def choose_wait(self) -> None:
        wait = _BUSY if asyncio._get_running_loop() is None else _BUSY_ON_LOOP
        if wait != self._waits:
            self._waits = wait
            sqlite3.Cursor(self).execute(f"PRAGMA busy_timeout = {wait * 1000:.0f}")


class _Cursor(sqlite3.Cursor):
    connection: Connection

    def execute(self, *arguments: Any) -> Any:
        self.connection.choose_wait()
        return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        self.connection.choose_wait()
        return super().executemany(*arguments)


# Arguments of sqlite3.connect. Airflow adds to the first; aiosqlite, of the second, works in threads of its own.
CONNECTION = {"timeout": _BUSY, "factory": Connection}
ASYNC_CONNECTION = {"timeout": _BUSY}


def remove(home: Path) -> None:
    """Remove the database below `home`, if there is one, with its journals: SQLite would replay them into a new one."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        (home / f"{FILE}{suffix}").unlink(missing_ok=True)
