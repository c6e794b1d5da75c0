"""A matrix of strange machines: each command works, or ends with one sentence with advice and no traceback.

Rows of the script `opengenome` are in test_bootstrap, those of streams that cannot be written in test_main, those of
damaged files in `.airflow` in test_repair. One small count with the real Airflow and Spark runs under all harmless
conditions at once.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from opengenome.cli import database
from opengenome.cli.environment import Site
from opengenome.cli.history import History
from opengenome.cli.processes import belonging, sweep
from opengenome.orchestration.settings import project_root

PROXIES = {
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "all_proxy": "socks5h://[::1]:9",
    "http_proxy": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "not a url",
    "NO_PROXY": "fd00::/8,[::1]",
    "no_proxy": "[::1]",
}
PYTHON = {"PYTHONWARNINGS": "error", "PYTHONSTARTUP": "/nowhere", "VIRTUAL_ENV": "/nowhere", "CONDA_PREFIX": "/nowhere"}
OTHER_AIRFLOW = {
    "AIRFLOW_HOME": "/nowhere",
    "AIRFLOW_CONFIG": "/nowhere/airflow.cfg",
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://nobody@127.0.0.1:9/x",
    "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
    "_AIRFLOW__AS_LIBRARY": "1",
}
TERMINAL = {"LC_ALL": "POSIX", "TERM": "dumb", "TZ": "Nowhere/Nothing"}
CERTIFICATES = {"SSL_CERT_FILE": "/nowhere", "SSLKEYLOGFILE": "/nowhere/keys"}
STRANGE = "o d %(x)s #1 'q' \"{{ 7*7 }}\" é"


@dataclass(frozen=True)
class Checkout:
    """A copy of a checkout, in a folder of any name."""

    root: Path

    @classmethod
    def copied(cls, root: Path) -> Checkout:
        for name in ("dags", "plugins", "include"):
            shutil.copytree(project_root() / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        return cls(root)

    @property
    def site(self) -> Site:
        return Site(self.root, self.root / ".airflow", self.root / "dags", self.root / "plugins")

    def run(self, row: Row) -> subprocess.CompletedProcess[str]:
        """The command under the row's conditions, in an environment that holds nothing else."""

        def limit() -> None:
            for kind, most in row.limits.items():
                resource.setrlimit(kind, most)
            os.umask(row.umask)

        return subprocess.run(
            [sys.executable, "-P", "-m", "opengenome.cli", *row.command],
            cwd=self.root,
            env={"PATH": os.environ["PATH"], **row.environment, "PYTHONPATH": str(self.root / "include")},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=row.seconds,
            preexec_fn=limit,
        )


@dataclass(frozen=True)
class Row:
    """One line of the matrix. said: what standard error has to say. limits: by the number of setrlimit(2),
    soft and hard."""

    command: tuple[str, ...]
    code: int
    said: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    limits: dict[int, tuple[int, int]] = field(default_factory=dict)
    umask: int = 0o022
    seconds: float = 60.0


DOWN = ("down",)
CLEAN = ("clean", "--dry-run")
MISSING = ("verify", "é")
ANALYZE = ("analyze", "codon", "--input", "a.fa", "--output", "out")

ROWS = {
    "no variable at all": Row(DOWN, 0, "Nothing is up"),
    "no variable at all, cleaning": Row(CLEAN, 0, "Keeping everything newer"),
    "a home that is not there": Row(CLEAN, 0, environment={"HOME": "/nowhere"}),
    "a C locale": Row(MISSING, 2, "There is no folder é", {"LC_ALL": "POSIX"}),
    "a C locale without UTF-8": Row(MISSING, 2, "no folder \\xc3\\xa9", {"LC_ALL": "C", "PYTHONUTF8": "0"}),
    "no such time zone": Row(CLEAN, 0, environment={"TZ": "Nowhere/Nothing"}),
    "a dumb terminal": Row(DOWN, 0, environment={"TERM": "dumb"}),
    "proxies": Row(CLEAN, 0, environment=PROXIES),
    "another Airflow": Row(CLEAN, 0, environment=OTHER_AIRFLOW),
    "warnings are errors": Row(CLEAN, 0, environment=PYTHON),
    "certificates that are not there": Row(DOWN, 0, environment=CERTIFICATES),
    "256 open files": Row(CLEAN, 0, limits={resource.RLIMIT_NOFILE: (256, 256)}),
    "little address space": Row(DOWN, 0, limits={resource.RLIMIT_AS: (500_000_000, 500_000_000)}),
    "a private umask": Row(DOWN, 0, umask=0o077),
    "no store there": Row(CLEAN, 0, environment={"OPENGENOME_STORE": "/nowhere/at all"}),
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout.copied(tmp_path_factory.mktemp("machine") / STRANGE)


@pytest.mark.parametrize("name", ROWS)
def test_a_strange_machine_works_or_gives_one_clear_error(checkout, name):
    row = ROWS[name]
    done = checkout.run(row)
    assert done.returncode == row.code, done.stderr
    assert row.said in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


IN_THE_WAY = {
    ".airflow is a file": lambda root: (root / ".airflow").write_text(""),
    "logs is a file": lambda root: ((root / ".airflow").mkdir(), (root / ".airflow" / "logs").write_text("")),
    ".airflow leads nowhere": lambda root: (root / ".airflow").symlink_to(root / "gone"),
    "the lock is a folder": lambda root: (root / ".airflow" / "instance.lock").mkdir(parents=True),
}


@pytest.mark.parametrize("case", IN_THE_WAY)
def test_a_file_in_the_way_of_airflows_folder_is_named(tmp_path, case):
    checkout = Checkout.copied(tmp_path / "checkout")
    (checkout.root / "a.fa").write_text(">a\nATG\n")
    IN_THE_WAY[case](checkout.root)
    done = checkout.run(Row(ANALYZE, 1))
    (said,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert said.startswith(f"error: Cannot write below {checkout.root}/.airflow: ")
    assert "Move it away" in said


def test_a_full_disk_under_airflows_folder_is_reported_before_anything_starts(small_disk, tmp_path):
    checkout = Checkout.copied(tmp_path / "checkout")
    (checkout.root / "a.fa").write_text(">a\nATG\n")
    (checkout.root / ".airflow").symlink_to(small_disk)
    done = checkout.run(Row(ANALYZE, 1))
    assert done.returncode == 1
    assert "MB are free for" in done.stderr.splitlines()[-1]
    assert not (checkout.root / "out").exists() or not any((checkout.root / "out").iterdir())


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Checkout, subprocess.CompletedProcess[str]]]:
    """Two genes, counted under all harmless conditions at once, in a checkout with every possible damage."""
    checkout = Checkout.copied(tmp_path_factory.mktemp("machine") / STRANGE)
    checkout.site.prepare()
    (checkout.root / "a.fa").write_text(">a\nATGGCCTAA\n>b\nATGAAATGA\n")
    (checkout.root / "random.py").write_text("raise SystemExit('this is no module of anybody')\n")
    for name in ("secrets.json", "instance.json", "database-version", database.FILE, "airflow.cfg"):
        (checkout.site.home / name).write_bytes(b"[\xff damaged")
    strange = {**PROXIES, **PYTHON, **OTHER_AIRFLOW, **TERMINAL, **CERTIFICATES, "HOME": "/nowhere"}
    command = (*ANALYZE, "--allow-missing-codons")
    few = {resource.RLIMIT_NOFILE: (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1])}  # Java takes what is hard
    yield checkout, checkout.run(Row(command, 0, "", strange, few, umask=0o077, seconds=600))
    sweep(checkout.site.home)


@pytest.mark.e2e
def test_a_count_under_all_of_it_at_once_is_exact(counted):
    checkout, done = counted
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    with (checkout.root / "out" / "codon_usage.csv").open(newline="") as file:
        found = {row["codon"]: int(row["count"]) for row in csv.DictReader(file) if row["count"] != "0"}
    assert found == {"ATG": 2, "GCC": 1, "TAA": 1, "AAA": 1, "TGA": 1}
    assert belonging(checkout.site.home) == []


@pytest.mark.e2e
def test_all_damaged_files_are_made_again_and_reported(counted):
    checkout, done = counted
    for name in ("secrets.json", "airflow.cfg", database.FILE):
        assert f"{checkout.site.home / name} cannot be used" in done.stderr
        assert (checkout.site.home / f"{name}.damaged").read_bytes() == b"[\xff damaged"
    assert json.loads(checkout.site.secrets.read_text())["password"]


@pytest.mark.e2e
def test_its_history_can_be_cleaned_by_the_rules_of_the_real_database(counted, tmp_path):
    shutil.copytree(counted[0].site.home, tmp_path / ".airflow")
    checkout = Checkout(tmp_path)
    (run,) = rows(checkout.site, "SELECT run_id FROM dag_run")
    assert rows(checkout.site, "SELECT count(*) FROM xcom") != [0]
    later = time.time() + 60  # when all of it is old
    assert [*History(checkout.site, later, dry=True).garbage()]
    assert rows(checkout.site, "SELECT run_id FROM dag_run") == [run]
    reasons = {garbage.path.name: garbage.why for garbage in History(checkout.site, later).garbage()}
    assert "runs: 1," in reasons[database.FILE]
    assert f"run_id={run}" in reasons
    for table in ("dag_run", "task_instance", "xcom", "rendered_task_instance_fields", "task_map", "log", "job"):
        assert rows(checkout.site, f"SELECT count(*) FROM {table}") == [0]  # noqa: S608
    assert rows(checkout.site, "SELECT count(*) FROM dag") == [1]
    assert database.damage(checkout.site.home) == ""


def rows(site: Site, query: str) -> list[object]:
    with closing(sqlite3.connect(site.home / database.FILE)) as connection:
        return [value for (value,) in connection.execute(query)]
