"""The embedded Airflow's SQLite: how long its processes wait for each other, and how a half-made one is removed.

Imported by Airflow's own settings, in each of its processes: nothing heavy here.
"""

from __future__ import annotations

from pathlib import Path

FILE = "airflow.db"
_BUSY = 60.0  # seconds; Python's default of 5 is too short for several triggers and a scheduler on two busy cores

# Airflow adds to the one of the synchronous engine, and aiosqlite would not know what it adds.
CONNECTION = {"timeout": _BUSY}
ASYNC_CONNECTION = {"timeout": _BUSY}


def remove(home: Path) -> None:
    """Remove the database below `home`, if there is one, with its journals: SQLite would replay them into a new one."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        (home / f"{FILE}{suffix}").unlink(missing_ok=True)
