"""Airflow's history is removed by age: runs with their rows and logs, and events."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

import pytest

from opengenome.cli import database, history
from opengenome.cli.environment import Site
from opengenome.cli.history import History
from opengenome.errors import StorageError

DAY = 86_400.0
NOW = time.time()

TABLES = """
CREATE TABLE alembic_version (version_num TEXT);
CREATE TABLE dag_run
 (id INTEGER PRIMARY KEY, dag_id TEXT, run_id TEXT UNIQUE, run_type TEXT, state TEXT, end_date TEXT);
CREATE TABLE task_instance (run_id TEXT REFERENCES dag_run (run_id) ON DELETE CASCADE, note TEXT);
CREATE TABLE log (dttm TEXT);
CREATE TABLE asset_event (timestamp TEXT);
CREATE TABLE job (latest_heartbeat TEXT);
CREATE TABLE import_error (timestamp TEXT);
"""


def moment(days: float) -> str:
    """The time some days ago, in UTC, as Airflow writes it."""
    return time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime(NOW - days * DAY))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path, tmp_path / "a home", tmp_path / "dags", tmp_path / "plugins")
    site.prepare()
    connection = sqlite3.connect(site.home / database.FILE)
    connection.executescript(TABLES)
    runs = [
        ("old", "manual", "success", moment(9)),
        ("old-failed", "manual", "failed", moment(8)),
        ("older-scheduled", "scheduled", "success", moment(10)),
        ("last-scheduled", "scheduled", "success", moment(9)),
        ("young", "manual", "success", moment(6)),
        ("running", "manual", "running", None),
    ]
    for run, *rest in runs:
        connection.execute("INSERT INTO dag_run VALUES (NULL, 'codon_usage', ?, ?, ?, ?)", (run, *rest))
        connection.execute("INSERT INTO task_instance VALUES (?, ?)", (run, "x" * 5000))
        log = site.home / "logs" / "dag_id=codon_usage" / f"run_id={run}" / "task_id=plan" / "attempt=1.log"
        log.parent.mkdir(parents=True)
        log.write_text("words")
        aged(log, 1 if run == "young" else 9)
    for table, column in (
        ("log", "dttm"),
        ("asset_event", "timestamp"),
        ("job", "latest_heartbeat"),
        ("import_error", "timestamp"),
    ):
        connection.executemany(f"INSERT INTO {table} ({column}) VALUES (?)", [(moment(8),), (moment(1),)])  # noqa: S608
    connection.commit()
    connection.close()
    return site


def aged(path: Path, days: float) -> None:
    """Set the age in days of the file and of its parent folders below `logs`."""
    while path.name != "logs":
        os.utime(path, (NOW - days * DAY, NOW - days * DAY))
        path = path.parent


def cleaned(site: Site, *, dry: bool = False) -> dict[str, str]:
    return {found.path.name: found.why for found in History(site, NOW - 7 * DAY, dry).garbage()}


def rows(site: Site, query: str) -> list[str]:
    connection = sqlite3.connect(site.home / database.FILE)
    try:
        return [value for (value,) in connection.execute(query)]
    finally:
        connection.close()


def test_old_runs_are_removed_with_their_rows_and_logs_while_young_and_needed_ones_stay(site):
    gone = cleaned(site)
    kept = ["last-scheduled", "running", "young"]
    assert rows(site, "SELECT run_id FROM dag_run ORDER BY run_id") == kept
    assert rows(site, "SELECT run_id FROM task_instance ORDER BY run_id") == kept
    assert {path.name for path in (site.home / "logs" / "dag_id=codon_usage").iterdir()} == {
        "run_id=running",
        "run_id=young",
    }
    assert {why for name, why in gone.items() if name.startswith("run_id=")} == {"the log of an old run"}
    assert gone["airflow.db"] == (
        "old in Airflow's history (runs: 3, events: 1, asset events: 1, starts: 1, import errors: 1)"
    )
    for table in ("log", "asset_event", "job", "import_error"):
        assert rows(site, f"SELECT count(*) FROM {table}") == [1]  # noqa: S608
    assert cleaned(site) == {}


def test_a_dry_run_names_the_same_and_removes_nothing(site):
    before = (site.home / database.FILE).stat().st_size
    listed = cleaned(site, dry=True)
    assert len(rows(site, "SELECT run_id FROM dag_run")) == 6
    assert listed == cleaned(site)
    assert (site.home / database.FILE).stat().st_size < before


def test_beside_a_running_airflow_its_own_logs_stay(site, monkeypatch):
    for name in ("scheduler.log", "scheduler.log.1"):
        log = site.home / "logs" / "components" / name
        log.touch()
        aged(log, 9)
    monkeypatch.setattr(history, "in_use", lambda _: True)
    assert {"scheduler.log.1"} == {name for name in cleaned(site) if name.startswith("scheduler")}
    assert rows(site, "SELECT count(*) FROM dag_run") == [3]
    monkeypatch.setattr(history, "in_use", lambda _: False)
    assert set(cleaned(site)) == {"scheduler.log"}


def test_a_connection_that_reads_meanwhile_is_not_disturbed(site, monkeypatch):
    connection = sqlite3.connect(site.home / database.FILE)
    connection.execute("PRAGMA journal_mode = WAL")
    reading = connection.execute("SELECT run_id FROM dag_run")
    assert reading.fetchone()
    monkeypatch.setattr(history, "in_use", lambda _: True)
    cleaned(site)
    assert len(reading.fetchall()) == 5
    connection.close()


def test_where_there_is_no_airflow_there_is_nothing(tmp_path):
    assert cleaned(Site(tmp_path, tmp_path / "home", tmp_path, tmp_path)) == {}
    assert not (tmp_path / "home").exists()


def test_a_damaged_database_is_reported_in_one_sentence(site):
    (site.home / database.FILE).write_bytes(b"no database at all" * 99)
    with pytest.raises(StorageError, match=r"history cannot be cleaned: file is not a database.*the next start"):
        cleaned(site)


def test_files_set_aside_are_removed_by_age_too(site):
    for name, days in (("old.damaged", 9), ("young.damaged", 1)):
        (site.home / name).touch()
        os.utime(site.home / name, (NOW - days * DAY, NOW - days * DAY))
    assert "old.damaged" in cleaned(site)
    assert (site.home / "young.damaged").exists()
