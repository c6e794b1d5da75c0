"""The event of an asset says whether the table is another than that of the asset's last event."""

from __future__ import annotations

import json
import subprocess
import sys

from airflow_process import environment

_PROBE = """
import json, sys, types
from airflow.sdk.execution_time import context
from opengenome.orchestration.adapters import assets

events = {asset.name: [] for asset in (assets.LATEST, assets.ADHOC)}  # the oldest first

class Events(list):
    def ascending(self, up):
        return Events(self if up else self[::-1])
    def limit(self, most):
        return Events(self[:most])

class Accessors:
    def __init__(self, inlets):
        self.names = [asset.name for asset in inlets]
    def __getitem__(self, asset):
        assert asset.name in self.names
        return Events(events[asset.name])

context.InletEventsAccessors = Accessors
said = []
for run, source, table in json.loads(sys.argv[1]):
    task = types.SimpleNamespace(outlets=[assets.LATEST, assets.ADHOC])
    emitted = {asset: types.SimpleNamespace(extra={}) for asset in task.outlets}
    assets.get_current_context = lambda: {"task": task, "outlet_events": emitted}
    extra = assets.announce({"run": run, "source": source, "table": table})
    for asset in task.outlets:  # as Airflow does at the end of the task
        events[asset.name].append(types.SimpleNamespace(extra=emitted[asset].extra))
    said.append([extra["changed"], [asset.name for asset in task.outlets]])
print(json.dumps(said))
"""
LANDING, ADHOC, NONE = ["codon_usage"], ["codon_usage_adhoc"], []
STEPS = [  # run, source, table → changed, assets that have an event
    (("a", "", "1"), (True, LANDING)),
    (("b", "", "2"), (True, LANDING)),
    (("a", "", "1"), (True, NONE)),  # a has said this table, before b
    (("a", "", "2"), (False, LANDING)),  # a is cleared and finds what b found
    (("b", "", "2"), (False, NONE)),
    (("c", "", "1"), (True, LANDING)),  # the first table has returned
    (("a", "", "1"), (False, LANDING)),  # a said it once, but another one since
    (("d", "/in", "1"), (True, ADHOC)),  # the first of its asset
    (("a", "", "1"), (False, NONE)),
]


def test_an_event_compares_its_table_with_the_last_one_in_any_order_of_the_runs(tmp_path):
    asked = json.dumps([step for step, _ in STEPS])
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, asked],
        env=environment(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [(changed, assets) for changed, assets in json.loads(done.stdout.splitlines()[-1])] == [
        told for _, told in STEPS
    ]
