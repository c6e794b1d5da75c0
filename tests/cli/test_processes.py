"""No process of the embedded Airflow outlives it. A small `airflow` script replaces the real one here."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from little_airflow import command, environment, linux, make_home, until

from opengenome.cli import processes
from opengenome.cli.processes import MARK, Components, belonging, sweep


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = make_home(tmp_path)
    yield home
    sweep(home)


def test_stop_ends_every_process_it_started(home):
    components = Components(home, environment(home))
    components.start("scheduler", "scheduler")
    components.start("api-server", "api-server")
    assert len(until(6, home)) == 6
    assert components.stop() == []
    assert belonging(home) == []


def test_stop_also_ends_processes_that_ignore_signals(home, monkeypatch):
    monkeypatch.setattr("opengenome.cli.processes._GRACE", 0.2)
    components = Components(home, environment(home))
    components.start("scheduler", "scheduler", "deaf")
    assert len(until(3, home)) == 3
    assert components.stop() == []
    assert belonging(home) == []


def test_a_second_signal_while_stopping_skips_the_wait(home, monkeypatch):
    monkeypatch.setattr("opengenome.cli.processes._GRACE", 30.0)
    components = Components(home, environment(home))
    components.start("scheduler", "scheduler", "deaf")
    until(3, home)
    before = signal.getsignal(signal.SIGALRM)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    started = time.monotonic()
    try:
        assert components.stop() == []
    finally:
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 10


def test_a_component_that_ends_unexpectedly_is_named_and_its_log_is_kept(home):
    components = Components(home, environment(home))
    components.start("scheduler", "scheduler", "fail")
    deadline = time.monotonic() + 10
    while components.dead() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert components.dead() == "scheduler"
    assert "cannot start" in components.log("scheduler").read_text()


@linux
def test_killing_the_command_takes_the_whole_tree_with_it(home):
    with command(home, 'start("scheduler", "scheduler", "deaf")') as started:
        assert len(until(3, home)) == 3
        started.kill()
    assert until(0, home) == []


def test_the_processes_of_another_airflow_are_left_alone(home, tmp_path):
    with subprocess.Popen(["sleep", "60"], env={**os.environ, MARK: str(tmp_path / "another")}) as other:
        sweep(home)
        assert other.poll() is None
        other.kill()


def test_a_log_is_kept_within_bounds_while_processes_write_to_it(home, monkeypatch):
    monkeypatch.setattr(processes, "_LOG_BYTES", 1000)
    writing = (
        "import os, time\nfor number in range(400):\n    print(number, 'x' * 20, flush=True)\n    time.sleep(0.002)\n"
    )
    (home.parent / "lib" / "airflow" / "__main__.py").write_text(writing)
    components = Components(home, environment(home))
    components.start("scheduler", "scheduler")
    log, sizes = components.log("scheduler"), []
    while components.dead() is None:
        components.trim_logs()
        sizes.extend(path.stat().st_size for path in log.parent.iterdir())
    assert 1000 < max(sizes) < 5000  # of some 9,000
    assert log.read_bytes().endswith(b"x\n")
    assert b"\0" not in log.read_bytes()


def test_the_log_of_the_previous_start_is_kept(home):
    for words in (
        "one",
        "three",
        "eleven",
    ):  # of different lengths: Python compares cached code by time in seconds and size
        (home.parent / "lib" / "airflow" / "__main__.py").write_text(f"print('{words}')")
        components = Components(home, environment(home))
        components.start("scheduler", "scheduler")
        components.wait("scheduler")
    assert components.log("scheduler").read_text() == "eleven\n"
    assert components.log("scheduler").with_name("scheduler.log.1").read_text() == "three\n"


def test_the_last_line_of_a_component_can_be_shown(home):
    components = Components(home, environment(home))
    components.start("scheduler", "scheduler", "fail")
    components.wait("scheduler")
    assert components.last_words("scheduler") == "cannot start"
    assert components.last_words("other") == "its log is empty"
