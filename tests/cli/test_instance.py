"""The owner of an Airflow is identified independently of clock changes."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime

import psutil
import pytest

from opengenome.cli import identity, readiness, service
from opengenome.cli.__main__ import DONE, USAGE, main
from opengenome.cli.embedded import UP, Instance
from opengenome.cli.identity import identity_of
from opengenome.errors import EngineError


def test_setting_the_clock_does_not_change_an_identity(monkeypatch):
    before = identity_of(os.getpid())
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: 12345.0)
    monkeypatch.setattr(psutil, "boot_time", lambda: 12345.0)
    assert before
    assert before.lives()
    assert identity_of(os.getpid()) == before


def test_the_same_pid_in_another_process_or_boot_is_another_identity():
    me = identity_of(os.getpid())
    assert me
    for other in (replace(me, started=me.started + 1), replace(me, boot="another")):
        assert not other.lives()


def test_processes_are_distinguished_by_their_start_times():
    me = identity_of(os.getpid())
    time.sleep(0.05)
    with subprocess.Popen(["sleep", "60"]) as process:
        later = identity_of(process.pid)
        process.kill()
    assert me
    assert later
    assert later.started > me.started


def test_a_program_name_may_hold_brackets_and_spaces(tmp_path):
    program = tmp_path / "a) Z 1 ("
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as process:
        found = identity_of(process.pid)
        assert found
        assert found.lives()
        process.kill()


def test_an_ended_process_that_was_not_waited_for_counts_as_ended():
    process = subprocess.Popen(["sleep", "60"])
    found = identity_of(process.pid)
    assert found
    process.kill()
    deadline = time.monotonic() + 5
    while found.lives() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not found.lives()
    process.wait()


def test_without_proc_the_start_time_is_psutils(monkeypatch):
    monkeypatch.setattr(identity.sys, "platform", "darwin")
    me = identity_of(os.getpid())
    assert me
    assert (me.boot, me.lives()) == ("", True)


def owned(pid: int) -> Instance:
    found = identity_of(pid)
    assert found
    return Instance(found, UP, "http://127.0.0.1:1", "results", ready=True)


def test_down_stops_the_owner_whatever_the_clock_shows(monkeypatch):
    process = subprocess.Popen(["sleep", "60"])
    said: list[str] = []
    monkeypatch.setattr(service, "read_instance", lambda _: owned(process.pid))
    monkeypatch.setattr(time, "time", lambda: 0.0)
    service.down(None, said.append)
    assert process.wait(5) < 0
    assert said == [
        f"Stopping the Airflow of process {process.pid}",
        f"Stopped the Airflow at http://127.0.0.1:1 (process {process.pid})",
    ]


@pytest.mark.parametrize(("port", "code"), [(None, DONE), (1, DONE), (2, USAGE)])
def test_an_airflow_that_is_up_keeps_its_port(monkeypatch, capsys, port, code):
    monkeypatch.setattr(service, "read_instance", lambda _: owned(os.getpid()))
    monkeypatch.setattr(service.environment, "load_secrets", lambda _: {"password": "p"})
    assert main(["up", *(["--port", str(port)] if port else [])]) == code
    said = capsys.readouterr()
    assert "http://127.0.0.1:1" in (said.err if code else said.out)


def test_down_reports_an_owner_that_does_not_end(monkeypatch):
    with subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 60 & wait; wait"]) as process:
        time.sleep(0.3)
        monkeypatch.setattr(service, "read_instance", lambda _: owned(process.pid))
        monkeypatch.setattr(service, "_STOPPING", 0.2)
        with pytest.raises(EngineError, match="is still stopping"):
            service.down(None, lambda _: None)
        for child in psutil.Process(process.pid).children():
            child.kill()
        process.kill()


class Airflow:
    """An Airflow that reports heartbeats and parsing at times of the wall clock."""

    def __init__(self, moment: float) -> None:
        self.moment = moment

    def prepare_for_tasks(self) -> None:
        pass

    def health(self) -> dict[str, dict[str, str]]:
        beat = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(self.moment))
        return {
            "metadatabase": {"status": "healthy"},
            "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": beat},
        }

    def parsed(self) -> datetime:
        return datetime.fromtimestamp(self.moment, UTC)


def test_an_airflow_is_ready_also_when_the_clock_was_set_back_while_it_started(monkeypatch):
    real = time.time
    started = time.monotonic() - 10
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    monkeypatch.setattr(readiness, "_LIMIT", 12.0)
    readiness.wait_until_ready(Airflow(time.time() - 5), lambda: None, started, lambda _: None)


def test_leftovers_of_an_earlier_start_do_not_count_as_ready_and_the_wait_is_reported(monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(readiness, "_SLOW", -1.0)
    monkeypatch.setattr(readiness, "_LIMIT", 0.3)
    monkeypatch.setattr(time, "time", lambda: 0.0)  # a stopped clock does not end the wait
    with pytest.raises(EngineError, match="not ready"):
        readiness.wait_until_ready(Airflow(-60), lambda: None, time.monotonic(), said.append)
    assert said == ["Still waiting for Airflow (0 s): its components do not report healthy"]
