"""Waiting for a busy database: a thread waits until it is free, the api-server's event loop only briefly."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from opengenome.cli import database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / database.FILE) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE t (x)")
    return tmp_path / database.FILE


@pytest.fixture
def busy(file: Path) -> Iterator[None]:
    """Keep the database locked for longer than an event loop waits."""
    writer = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(3 * database._BUSY_ON_LOOP, writer.rollback)
    timer.start()
    yield
    timer.join()
    writer.close()


def write(connection: sqlite3.Connection) -> float:
    """Seconds until the write succeeded or failed."""
    started = time.monotonic()
    try:
        connection.cursor().execute("INSERT INTO t VALUES (1)")
        connection.commit()
    finally:
        took = time.monotonic() - started
    return took


def connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, check_same_thread=False, **database.CONNECTION)


def test_a_thread_waits_until_the_database_is_free(file, busy):
    assert write(connect(file)) > database._BUSY_ON_LOOP


def test_an_event_loop_is_not_held_up_by_whoever_needs_it_to_go_on(file, busy):
    async def on_loop(connection: sqlite3.Connection) -> None:
        write(connection)

    connection = connect(file)
    started = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        asyncio.run(on_loop(connection))
    assert time.monotonic() - started < 2 * database._BUSY_ON_LOOP
    connection.rollback()
    assert write(connection) > 0.1  # the same connection, again in a thread: Airflow moves its sessions


def test_airflows_engine_takes_the_connection(file):
    from sqlalchemy import create_engine, text  # noqa: PLC0415

    engine = create_engine(f"sqlite:///{file}", connect_args=dict(database.CONNECTION))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO t VALUES (:x)"), [{"x": 1}, {"x": 2}])
        assert isinstance(connection.connection.dbapi_connection, database.Connection)
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 2
    engine.dispose()
