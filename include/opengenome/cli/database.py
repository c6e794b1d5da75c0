"""The embedded Airflow's SQLite: how long a connection waits for another one's write, and how the file is removed.

Imported by Airflow's own settings, in each of its processes: nothing heavy here.

Airflow 3.3 notes each change that comes by its API with a write on the event loop of the api-server
(`api_fastapi/logging/decorators.py`). Another request that has written commits only when that loop lets it. While both
wait for each other nobody is served, until the busy time-out ends it with "database is locked". So a connection waits
long in a thread, where others can go on meanwhile, and shortly on an event loop; the command repeats what then failed.
"""

from __future__ import annotations

import asyncio
import contextlib
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


def damage(home: Path) -> str:
    """What is wrong with the database below `home`, in SQLite's words; "" where it is sound, or there is none.

    Raises sqlite3.Error where it cannot be looked at.
    """
    if not (home / FILE).exists():
        return ""
    try:
        with contextlib.closing(opened(home)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found == "ok":
                connection.execute("SELECT version_num FROM alembic_version")  # where every migration begins
                return ""
            return str(found).splitlines()[-1]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            return str(error)
        raise


def opened(home: Path) -> sqlite3.Connection:
    """A connection to the database below `home`, which is there."""
    return sqlite3.connect(f"{(home / FILE).absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY)
