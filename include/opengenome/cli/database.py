"""The embedded Airflow's SQLite database: its busy time-outs, its integrity check, and its removal.

Airflow's settings import this module in each of its processes, so it imports nothing heavy.

Airflow 3.3 logs each change through its API with a write on the event loop of the api-server
(`api_fastapi/logging/decorators.py`). Another request that has written can commit only when that loop is free. Then
both wait for each other until the busy time-out ends with "database is locked". So a connection waits long in a thread,
where other work can go on, and briefly on an event loop. The command repeats requests that fail because of this.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

FILE = "airflow.db"
_BUSY = 60.0  # seconds; Python's default of 5 is too short for a scheduler and several runs on busy cores
_BUSY_ON_LOOP = 0.5  # seconds; the api-server serves nobody meanwhile


class Connection(sqlite3.Connection):
    """Chooses the busy time-out of each statement: short on an event loop, long in a thread."""

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


# Arguments of sqlite3.connect. Airflow adds to the first; the second is for aiosqlite, which has its own threads.
CONNECTION = {"timeout": _BUSY, "factory": Connection}
ASYNC_CONNECTION = {"timeout": _BUSY}


def remove(home: Path) -> None:
    """Remove the database below `home`, if any, and its journals, which SQLite would replay into a new one."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        (home / f"{FILE}{suffix}").unlink(missing_ok=True)


def damage(home: Path) -> str:
    """What is wrong with the database below `home`, in SQLite's words; "" if it is sound or missing.

    Raises sqlite3.Error if it cannot be checked.
    """
    if not (home / FILE).exists():
        return ""
    try:
        with contextlib.closing(opened(home)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found == "ok":
                connection.execute("SELECT version_num FROM alembic_version")  # every migration reads it first
                return ""
            return str(found).splitlines()[-1]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            return str(error)
        raise


def opened(home: Path) -> sqlite3.Connection:
    """A connection to the existing database below `home`."""
    return sqlite3.connect(f"{(home / FILE).absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY)
