"""The command is measured in its own checkout, which leaves this one and its environment unchanged."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks import whole_command
from opengenome.errors import EngineError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark runs on Linux only")


@pytest.fixture
def checkout(tmp_path):
    whole_command.make_checkout(tmp_path / "a b")
    return tmp_path / "a b"


def python(checkout, program):
    environment = {**os.environ, "PYTHONPATH": str(checkout / "include")}
    command = [checkout / ".venv" / "bin" / "python", "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def test_its_airflow_store_and_packages_are_its_own_and_its_python_is_this_one(checkout):
    program = """
import sys
from opengenome.cli.environment import Site
from opengenome.orchestration import settings
print(Site.of_checkout().home, settings.load().store, sys.prefix, sep="\\n")
"""
    assert python(checkout, program).splitlines() == [
        str(checkout / ".airflow"), str(checkout / "data" / "store"), sys.prefix
    ]  # fmt: skip


def test_its_launcher_finds_everything_ready(checkout):
    done = subprocess.run(
        [checkout / "opengenome", "help"], env=os.environ | whole_command._NO_OTHER,
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.startswith("usage: opengenome")
    assert done.stderr == ""


def test_its_launcher_makes_no_environment_even_where_it_finds_none(checkout, tmp_path):
    (checkout / ".venv" / ".opengenome-synced").write_text("something else")
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    with pytest.raises(EngineError, match="is not a Python 3"):
        whole_command.analyze(checkout, tmp_path / "in.fasta")
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before


def test_places_that_this_process_uses_are_not_those_of_the_command(checkout, tmp_path, monkeypatch):
    for name in whole_command._PLACES:
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    (checkout / "opengenome").write_text("#!/bin/sh\nenv | grep ^OPENGENOME_\n")
    said = whole_command.analyze(checkout, tmp_path / "in.fasta").output
    assert str(tmp_path / "elsewhere") not in said
    assert "OPENGENOME_STORE=\n" in said
