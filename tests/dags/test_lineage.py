"""Airflow's lineage collector is told what a batch and a run read and wrote, if anybody listens."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from airflow_process import environment

_PROBE = """
import json, logging
from airflow.sdk import lineage as airflow_lineage
from opengenome.orchestration.adapters import lineage

silent = airflow_lineage.get_hook_lineage_collector()
lineage.tell_run("no such run", "/results/r")  # nobody listens, so nothing is read

def told(paths):
    collector = airflow_lineage.HookLineageCollector()
    lineage.get_hook_lineage_collector = lambda: collector
    lines.clear()
    lineage._tell(iter(paths), "/results/r")
    collected = collector.collected_assets
    return [[one.asset.uri for one in some] for some in (collected.inputs, collected.outputs)] + lines

lines = []
handler = logging.Handler()
handler.emit = lambda record: lines.append(record.getMessage())
lineage.log.addHandler(handler)
lineage.log.setLevel("INFO")

print(json.dumps([
    type(silent).__name__,
    told(["/data/b.fa", "/data/a.fa", "/data/a.fa", "/data/c d#1.fa"]),
    told(f"/data/{n}.fa" for n in range(1050)),
]))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    home = tmp_path_factory.mktemp("lineage")
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], env=environment(home), cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_without_a_listener_nothing_is_read_for_it(told):
    assert told[0] == "NoOpCollector"


def test_files_are_told_by_name_each_once(told):
    assert told[1] == [["file:///data/b.fa", "file:///data/a.fa", "file:///data/c d%231.fa"], ["file:///results/r"]]


def test_of_many_files_fifty_are_named_and_the_log_says_how_many_are_left_out(told):
    inputs, _, line = told[2]
    assert inputs == [f"file:///data/{number}.fa" for number in range(50)]
    assert line == "Lineage: the first 50 of 1,050 input files are named, 1,000 are left out"
