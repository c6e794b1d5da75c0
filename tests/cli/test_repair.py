"""Damaged files in `.airflow` do not stop a start, and what cannot be repaired is reported."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

from opengenome.cli import database, embedded, repair
from opengenome.cli.environment import Site, load_secrets
from opengenome.cli.processes import Components
from opengenome.cli.repair import mend
from opengenome.errors import ContractError, StorageError, UsageError


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path, tmp_path / "a home %(x)s #1 é", tmp_path / "dags", tmp_path / "plugins")
    site.prepare()
    load_secrets(site)
    with sqlite3.connect(site.home / database.FILE) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("CREATE TABLE dag_run (run_id TEXT)")
        connection.executemany("INSERT INTO dag_run VALUES (?)", [("x" * 500,)] * 100)
    connection.close()
    return site


def mended(site: Site) -> list[str]:
    said: list[str] = []
    mend(site, said.append)
    return said


def test_intact_files_are_kept_without_a_message(site):
    before = {path: path.read_bytes() for path in (site.secrets, site.home / database.FILE)}
    assert mended(site) == mended(site) == []
    assert {path: path.read_bytes() for path in before} == before


SECRETS = {
    "empty": b"",
    "cut": b'{"fernet": "',
    "no document": b"[]",
    "a key less": b'{"fernet": "a", "jwt": "b", "api": "c"}',
    "no key": json.dumps({"fernet": "no key", "jwt": "b", "api": "c", "password": "d"}).encode(),
    "binary": b"\xff\xfe\0",
}


@pytest.mark.parametrize("case", SECRETS)
def test_damaged_keys_are_refused_when_sharing_and_made_again_when_starting(site, case):
    site.secrets.write_bytes(SECRETS[case])
    with pytest.raises(ContractError, match=r"password of this checkout's Airflow are damaged .*`./opengenome down`"):
        load_secrets(site)
    (said,) = mended(site)
    assert said.endswith("was renamed to secrets.json.damaged. New keys and a new password are made")
    assert (site.home / "secrets.json.damaged").read_bytes() == SECRETS[case]
    assert len(load_secrets(site)["password"]) > 10


@pytest.mark.parametrize("text", [b"[core", b"parallelism = 3\n", b"[core]\na = 1\na = 2\n", b"\xff\xfe\0\0"])
def test_a_configuration_that_airflow_could_not_read_is_set_aside(site, text):
    site.configuration.write_bytes(text)
    (said,) = mended(site)
    assert "airflow.cfg.damaged" in said
    assert "Airflow starts without its options" in said
    assert mended(site) == []


def test_options_of_the_user_stay(site):
    site.configuration.write_text("[webserver]\ninstance_name = ours\n")
    assert mended(site) == []
    assert "ours" in site.configuration.read_text()


DATABASES = {
    "empty": lambda whole: b"",
    "garbage": lambda whole: b"no database at all " * 500,
    "cut": lambda whole: whole[: len(whole) // 2],
    "overwritten": lambda whole: whole[:8192] + b"\xa5" * 8192 + whole[16384:],
}


@pytest.mark.parametrize("case", DATABASES)
def test_a_damaged_database_is_set_aside_and_the_loss_is_reported(site, case):
    path = site.home / database.FILE
    damaged = DATABASES[case](path.read_bytes())
    path.write_bytes(damaged)
    (site.home / f"{database.FILE}-wal").touch()
    (said,) = mended(site)
    assert "airflow.db.damaged" in said
    assert "results and batches stay" in said
    assert (site.home / "airflow.db.damaged").read_bytes() == damaged
    assert sorted(file.name for file in site.home.glob("airflow.db*")) == ["airflow.db.damaged"]
    assert mended(site) == []


def test_folders_in_the_places_of_files_are_set_aside_too(site):
    for path in (site.secrets, site.configuration, site.home / "passwords.json", site.home / "instance.json"):
        path.unlink(missing_ok=True)
        path.mkdir()
    assert len(mended(site)) == 4
    assert mended(site) == []


def test_a_database_that_cannot_be_opened_does_not_count_as_damaged(site):
    (site.home / database.FILE).unlink()
    (site.home / database.FILE).mkdir()
    with pytest.raises(StorageError, match="cannot be opened: unable to open database file"):
        mend(site, print)


def test_a_full_disk_is_reported_before_airflow_starts(site, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(3_000_000))
    with pytest.raises(StorageError, match=r"Only 3 MB are free for .*, but Airflow needs 50 MB"):
        mend(site, print)


def test_a_disk_that_fills_while_airflow_runs_is_reported_as_the_reason(site, monkeypatch):
    usage = namedtuple("usage", "free")
    free = [1e9, 0]
    site.dags.mkdir()
    (site.dags / "codon_usage.py").touch()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free.pop(0)))
    monkeypatch.setattr(embedded, "_migrate", lambda *_: None)
    monkeypatch.setattr(Components, "start_together", lambda *_: None)
    monkeypatch.setattr(Components, "dead", lambda _: "scheduler")
    with pytest.raises(StorageError, match="Only 0 MB are free"), embedded.airflow(site, "analyze", lambda _: None):
        pass


def test_a_disk_that_is_full_to_the_last_byte_is_reported_in_one_sentence(small_disk):
    site = Site(small_disk, small_disk / "a", small_disk, small_disk)
    site.prepare()
    with (small_disk / "filler").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while file.write(b"x" * 4096):
            pass
    with pytest.raises(StorageError, match="no space is left on the disk"):
        load_secrets(site)
    with pytest.raises(StorageError, match="Only 0 MB are free"):
        mend(site, print)


def test_a_read_only_checkout_is_reported_in_one_sentence(tmp_path):
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root can mount a read-only folder")
    (tmp_path / "checkout").mkdir()
    checkout = tmp_path / "checkout"
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", checkout]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted")
    try:
        with pytest.raises(StorageError, match=r"the file system is read-only\. Copy the checkout"):
            Site(checkout, checkout / ".airflow", checkout, checkout).prepare()
    finally:
        subprocess.run(["umount", checkout], check=True)


def test_a_user_without_a_name_is_reported(site, monkeypatch):
    monkeypatch.setattr(repair.os, "getuid", lambda: 3_999_999)
    with pytest.raises(UsageError, match="The user 3999999 has no name on this machine"):
        mend(site, print)
