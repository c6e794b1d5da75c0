"""The embedded Airflow itself is started, shared and stopped without a trace. Real Airflow, a DAG of two tasks."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from opengenome.cli import analyze, database, embedded, environment
from opengenome.cli.__main__ import DONE, FAILED, main
from opengenome.cli.embedded import UP, Instance, airflow, read_instance
from opengenome.cli.environment import Site
from opengenome.cli.identity import Identity, identity_of
from opengenome.cli.places import Here
from opengenome.cli.processes import belonging, sweep
from opengenome.errors import EngineError
from opengenome.orchestration.settings import project_root

DAG = """
from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from opengenome.errors import InputError

@dag(dag_id="codon_usage")
def codon_usage():
    @task
    def discover():
        return ["a", "b"]

    @task(map_index_template="{{ label }}")
    def ingest(name):
        context = get_current_context()
        context["label"] = f"file {name}"
        if name == "b":
            error = InputError("It is a protein", file="b", record=1)
            context["ti"].xcom_push(key="failure", value=error.as_dict())
            raise AirflowFailException("no")

    ingest.expand(name=discover())

codon_usage()
"""

# Starts an Airflow, prints "ready", and waits.
HOLD = """
import sys, time
from pathlib import Path
from opengenome.cli import __main__, embedded
from opengenome.cli.environment import Site
from opengenome.cli.identity import Identity, identity_of
from opengenome.cli.places import Here
root, home, dags = map(Path, sys.argv[1:4])
with embedded.airflow(Site(root, home, dags, dags / "plugins"), sys.argv[4], __main__.log_line) as running:
    print("ready", flush=True)
    time.sleep(300)
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(project_root(), tmp_path / "a home", tmp_path / "dags", tmp_path / "plugins")
    site.dags.mkdir()
    (site.dags / "codon_usage.py").write_text(DAG)
    yield site
    sweep(site.home)


# Imports what the components share, and prints the side effects.
SHARE = """
import os, sys
from opengenome.cli.component import _OF_COMPONENTS, _preload
opened = set(os.listdir("/proc/self/fd"))
_preload(_OF_COMPONENTS)
from airflow.settings import engine
print([name for name in _OF_COMPONENTS if name not in sys.modules], "numpy" in sys.modules)
print(len(os.listdir("/proc/self/task")), len(set(os.listdir("/proc/self/fd")) - opened), engine.pool.checkedin())
"""


@contextlib.contextmanager
def hold(site: Site, purpose: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(site.root), str(site.home), str(site.dags), purpose],
        env={**os.environ, "PYTHONPATH": str(site.root / "include")},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def gone_within(seconds: float, site: Site) -> bool:
    deadline = time.monotonic() + seconds
    while (found := belonging(site.home)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not found


def me() -> Identity:
    found = identity_of(os.getpid())
    assert found
    return found


def silent(_: str) -> None:
    """Discard progress lines."""


@pytest.mark.e2e
def test_a_failed_run_is_explained_and_no_process_or_state_is_left(site):
    with airflow(site, "analyze", silent) as running, pytest.raises(analyze.RunFailedError) as failed:
        assert len(belonging(site.home)) >= 3
        analyze.execute(Here(running, site.home / "logs"), "analyze-1", {})
    assert str(failed.value).startswith("ingest [file b] failed: It is a protein (file b, record 1).")
    log = Path(str(failed.value).rpartition("The log is ")[2])
    assert "AirflowFailException" in log.read_text()
    assert belonging(site.home) == []
    assert read_instance(site) is None


@pytest.mark.e2e
def test_killing_the_command_leaves_no_process(site):
    with hold(site, "analyze") as holder:
        assert len(belonging(site.home)) >= 4
        holder.kill()
        holder.wait()
        assert gone_within(10, site)
    assert read_instance(site) is None


@pytest.mark.e2e
def test_a_running_up_is_shared_and_stopped_by_down(site):
    with hold(site, UP) as holder:
        with airflow(site, "analyze", silent) as running:
            assert running.instance.owner.pid == holder.pid
            assert running.client.parsed()
        running.alive()  # the command that shared it did not stop it
        holder.send_signal(signal.SIGINT)
        holder.wait(120)
        assert belonging(site.home) == []
        with pytest.raises(EngineError, match="has been stopped"):
            running.alive()


@pytest.mark.e2e
def test_a_dag_that_cannot_be_imported_is_reported_with_its_error(site):
    (site.dags / "codon_usage.py").write_text("from airflow.sdk import dag\nimport no_such_library\n")
    with pytest.raises(EngineError, match="No module named 'no_such_library'"), airflow(site, "analyze", silent):
        pass
    assert belonging(site.home) == []


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="components are forked from one process on Linux only")
def test_shared_modules_are_imported_without_a_thread_a_file_or_a_connection(site):
    site.prepare()
    shared = environment.build(site, 1, environment.load_secrets(site), schedule=False)
    done = subprocess.run([sys.executable, "-c", SHARE], env=shared, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["[] False", "1 0 0"]
    assert not (site.home / database.FILE).exists()


def test_a_missing_dag_is_reported_before_anything_starts(site):
    (site.dags / "codon_usage.py").unlink()
    with pytest.raises(EngineError, match="The DAG is missing"), airflow(site, "analyze", silent):
        pass


def test_a_second_analysis_waits_for_the_first_and_prints_a_line(site, monkeypatch):
    site.prepare()
    first = Instance(me(), "analyze", "http://127.0.0.1:1", "results", ready=True)
    (site.home / "instance.json").write_text(json.dumps(embedded.asdict(first)))
    with (site.home / "instance.lock").open("a") as held, (site.home / "instance.lock").open("a") as second:
        fcntl.flock(held, fcntl.LOCK_EX)
        monkeypatch.setattr(embedded.time, "sleep", lambda _: fcntl.flock(held, fcntl.LOCK_UN))
        said: list[str] = []
        assert embedded._lock_or_find(site, second, said.append) is None
    assert said == [f"Waiting for `analyze` (process {os.getpid()}), which uses this checkout's Airflow"]


def test_a_process_that_got_the_number_of_an_earlier_owner_is_not_taken_for_it(site):
    site.prepare()
    stale = Instance(replace(me(), started=me().started - 1), UP, "http://127.0.0.1:1", "results", ready=True)
    (site.home / "instance.json").write_text(json.dumps(embedded.asdict(stale)))
    assert read_instance(site) is None


def test_waiting_for_an_unnamed_owner_prints_a_line(site, monkeypatch):
    site.prepare()
    monkeypatch.setattr(embedded, "_NAMELESS", -1.0)
    for text in (None, "", '{"pid": 1, "created": 0.0}', '{"owner": {}}', "[]"):
        if text is not None:
            (site.home / "instance.json").write_text(text)
        said: list[str] = []
        with (site.home / "instance.lock").open("a") as held, (site.home / "instance.lock").open("a") as second:
            fcntl.flock(held, fcntl.LOCK_EX)
            with monkeypatch.context() as patched:
                patched.setattr(embedded.time, "sleep", lambda _, held=held: fcntl.flock(held, fcntl.LOCK_UN))
                assert embedded._lock_or_find(site, second, said.append) is None
        assert said == ["Waiting for another command, which uses this checkout's Airflow"]


def test_down_reports_an_unnamed_owner_of_the_airflow(site, monkeypatch, capsys):
    site.prepare()
    monkeypatch.setattr(Site, "of_checkout", classmethod(lambda _: site))
    (site.home / "instance.json").write_text("{")
    with (site.home / "instance.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert main(["down"]) == FAILED
        assert "does not say which" in capsys.readouterr().err
    assert main(["down"]) == DONE
    assert "Nothing is up" in capsys.readouterr().err


def test_a_half_made_database_is_removed_with_its_journals(site):
    site.prepare()
    names = ("airflow.db", "airflow.db-wal", "airflow.db-shm", "airflow.db-journal")
    for name in names:
        (site.home / name).touch()
    database.remove(site.home)
    assert not any((site.home / name).exists() for name in names)
