"""What stopped a task is one sentence for the command and the UI; what would fail again is not tried three times."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from airflow_process import environment

_PROBE = """
import json
from opengenome.errors import *
from opengenome.orchestration.adapters import guard

class Instance(dict):
    def xcom_push(self, key, value):
        self[key] = value

found = {}
for name, error in {
    "wrong": InputError("It is FASTQ", file="a.fa"), "died": EngineError("Spark died"), "usage": UsageError("No"),
    "bug": UnicodeEncodeError("utf-8", "\\udce9", 0, 1, "surrogates not allowed"), "lines": KeyError("a\\nb\\x1b"),
    "disk": OSError(5, "Input/output error"), "silent": RuntimeError(), "long": ValueError("x" * 5000),
}.items():
    instance = Instance()
    guard.get_current_context = lambda: {"ti": instance}
    def task():
        raise error
    try:
        guard.guarded(task)()
    except Exception as raised:
        found[name] = [type(raised).__name__, instance]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guard")
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], env=environment(folder), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("name", "raised", "again", "sentence"),
    [
        ("wrong", "AirflowFailException", "mended", "It is FASTQ (file a.fa)."),
        ("died", "EngineError", "yes", "Spark died."),
        ("usage", "AirflowFailException", "no", "No."),
        ("bug", "AirflowFailException", "no", "An error that was not foreseen, UnicodeEncodeError: 'utf-8' codec"),
        ("lines", "AirflowFailException", "no", "An error that was not foreseen, KeyError: 'a\\nb\\x1b'."),
        ("disk", "OSError", "yes", "OSError: [Errno 5] Input/output error. The log of the task has its trace."),
        ("silent", "RuntimeError", "yes", "RuntimeError: it says nothing more. The log of the task has its trace."),
    ],
)
def test_what_stopped_a_task_is_a_sentence_and_says_whether_to_retry(stopped, name, raised, again, sentence):
    kind, left = stopped[name]
    assert (kind, left["again"]) == (raised, again)
    assert sentence in left["failure"]
    assert left["failure"].isprintable()


def test_a_sentence_has_an_end(stopped):
    assert len(stopped["long"][1]["failure"]) <= 900
