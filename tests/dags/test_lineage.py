"""Airflow's lineage collector is told what a batch and a run read and wrote, if anybody listens."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from airflow_process import environment

_PROBE = """
import json
from airflow.sdk import lineage as airflow_lineage
from opengenome.orchestration.adapters import lineage

silent = airflow_lineage.get_hook_lineage_collector()
lineage.tell_run("no such run", "/results/r")  # nobody listens, so nothing is read

def told(paths):
    collector = airflow_lineage.HookLineageCollector()
    lineage.get_hook_lineage_collector = lambda: collector
    lineage._tell(iter(paths), "/results/r")
    collected = collector.collected_assets
    return [sorted(one.asset.uri for one in some) for some in (collected.inputs, collected.outputs)]

print(json.dumps([
    type(silent).__name__,
    told(["/data/b.fa", "/data/a.fa", "/data/a.fa", "/data/c d#1.fa"]),
    told(f"/data/{n % 2}/{n}.fa" for n in range(60)),
    told(f"/data/{n}/a.fa" for n in range(120)),
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
    assert told[1] == [["file:///data/a.fa", "file:///data/b.fa", "file:///data/c d%231.fa"], ["file:///results/r"]]


def test_of_very_many_files_the_folders_are_told(told):
    assert told[2][0] == ["file:///data/0", "file:///data/1"]
    assert len(told[3][0]) == 50
