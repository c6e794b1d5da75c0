"""A failing task logs its reason first, keeps it as data, and is retried only if that can help."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from airflow_process import environment

from opengenome.errors import from_dict

RETRY = "To retry the run: clear the failed task and the tasks after it."

_PROBE = """
import json, logging, time, traceback, types
from opengenome.errors import *
from opengenome.orchestration import trace as kept
from opengenome.orchestration.adapters import guard

class Instance(dict):
    task_id, try_number, max_tries = "count_codons", 1, 2
    def xcom_push(self, key, value):
        self[key] = value

class Lines(logging.Handler):
    def emit(self, record):
        lines.append([record.levelname, record.getMessage()])

def disk():
    raise OSError(5, "Input/output error")

def wrong():
    try:
        disk()
    except OSError as error:
        raise InputError("It is FASTQ", file="a.fa", advice="Look.") from error

def of_a_submit():
    error = InputError("It changed", file="a.fa", batch=3)
    error.trace = "Traceback of the driver"
    raise error

def deep(levels, error):
    if not levels:
        raise error
    deep(levels - 1, error)

def fails(error):
    def fail():
        raise error
    return fail

guard.log.addHandler(Lines())
guard.log.setLevel(logging.INFO)
found = {}
for name, task in {
    "wrong": wrong, "of a submit": of_a_submit, "disk": disk,
    "died": fails(EngineError("Spark died")), "usage": fails(UsageError("No")),
    "bug": fails(UnicodeEncodeError("utf-8", "\\udce9", 0, 1, "surrogates not allowed")),
    "lines": fails(KeyError("a\\nb\\x1b")), "silent": fails(RuntimeError()), "long": fails(ValueError("x" * 5000)),
    "odd": fails(InputError("It is bad", file="caf\\udce9\\x1b.fa")),
    "deep": lambda: deep(20, InputError("Bad letter")), "deep bug": lambda: deep(20, ValueError("bug")),
}.items():
    instance, lines = Instance(), []
    guard.get_current_context = lambda: {"ti": instance, "run_id": "r"}
    try:
        guard.guarded(task)()
    except Exception as raised:
        trace = traceback.format_exception(raised)
        found[name] = {"raised": type(raised).__name__, "left": instance, "log": lines, "trace": "".join(trace)}

lines, times, back = [], [1000.0, 400.0], []
instance.task_id, instance.map_index = "plan", None
guard.time = types.SimpleNamespace(time=lambda: times.pop(0), monotonic=time.monotonic)
kept.write = lambda run, traced: back.extend([traced.started, traced.seconds])
guard.guarded(lambda: None)()
print(json.dumps({"stopped": found, "set back": back}))
"""


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guard")
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], env=environment(folder), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def stopped(probed):
    return probed["stopped"]


@pytest.mark.parametrize(
    ("name", "raised", "again", "sentence"),
    [
        ("wrong", "AirflowFailException", "mended", "It is FASTQ (file a.fa)."),
        ("died", "EngineError", "yes", "Spark died."),
        ("usage", "AirflowFailException", "no", "No."),
        ("bug", "AirflowFailException", "no", "Unexpected error, UnicodeEncodeError: 'utf-8' codec"),
        ("lines", "AirflowFailException", "no", "Unexpected error, KeyError: 'a\\nb\\x1b'."),
        ("disk", "OSError", "yes", "OSError: [Errno 5] Input/output error. The log of the task has its trace."),
        ("silent", "RuntimeError", "yes", "RuntimeError: no message. The log of the task has its trace."),
        ("odd", "AirflowFailException", "mended", r"It is bad (file caf\xe9\x1b.fa)."),
    ],
)
def test_the_reason_of_a_failure_is_a_sentence_and_says_whether_to_retry(stopped, name, raised, again, sentence):
    left = stopped[name]["left"]["failure"]
    assert (stopped[name]["raised"], left["again"]) == (raised, again)
    assert left["retryable"] == (raised != "AirflowFailException")  # the only thing that Airflow considers
    assert sentence in left["sentence"]
    assert all(value.isprintable() for value in left.values() if isinstance(value, str))
    assert str(from_dict(left)) == left["sentence"]


def test_the_log_of_a_failure_begins_with_its_sentence(stopped):
    for task in stopped.values():
        level, first = task["log"][0]
        assert level == "ERROR"
        assert " ".join(first.split("\n")).startswith(task["left"]["failure"]["sentence"])
        assert len(task["log"]) == 1 or task is stopped["of a submit"]
    assert stopped["wrong"]["log"][0][1] == f"It is FASTQ (file a.fa).\nLook.\n{RETRY}"
    assert stopped["usage"]["log"][0][1] == "No.\nA retry of this run would fail again."
    assert stopped["died"]["log"][0][1].endswith("Airflow tries this task again by itself: this was try 1 of 3.")
    assert stopped["of a submit"]["log"] == [
        ["ERROR", f"It changed (file a.fa, batch 3).\n{RETRY}"],
        ["INFO", "Traceback of the driver"],
    ]


def test_the_trace_holds_the_sentence_once_and_leads_to_where_it_was_raised(stopped):
    trace = stopped["wrong"]["trace"]
    assert trace.count("It is FASTQ (file a.fa). Look.") == 1
    assert trace.count("Traceback") == 2  # of the error, and of what caused it
    assert "in disk" in trace
    assert "in wrong" in trace.rpartition("Traceback")[2]
    assert stopped["usage"]["trace"].count("Traceback") == 1


def test_the_trace_below_the_sentence_is_short_unless_nobody_foresaw_the_error(stopped):
    """Airflow shows a log from its end, and a long trace would hide the sentence."""
    assert stopped["deep"]["trace"].count(" in deep") == 3
    assert "Previous line repeated 17 more times" in stopped["deep bug"]["trace"]


def test_the_xcom_of_a_failure_has_a_limited_size(stopped):
    left = stopped["long"]["left"]["failure"]
    assert max(len(value) for value in left.values() if isinstance(value, str)) == 900


def test_a_task_takes_no_negative_time_if_the_clock_is_set_back_meanwhile(probed):
    started, seconds = probed["set back"]
    assert started == 1000.0
    assert 0 <= seconds < 60
