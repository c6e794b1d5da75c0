"""Time and memory are those of the command and its descendants alone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks import breakdown, measuring, tree
from opengenome.errors import EngineError

ROOT = Path(__file__).parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="measured through /proc")


@linux
def test_a_command_is_measured_without_the_memory_of_this_process(tmp_path):
    held = bytearray(300 << 20)
    held[:: 1 << 12] = b"x" * len(held[:: 1 << 12])  # in memory, not only allocated
    usage = measuring.measure(["true"], tmp_path)
    assert usage.peak < 100 << 20 < len(held)


@linux
def test_the_cpu_of_grandchildren_counts(tmp_path):
    busy = "import os, time\nwhile time.process_time() < 0.3: pass"
    usage = measuring.measure(
        [sys.executable, "-c", f"import os\nif os.fork() == 0:\n exec({busy!r})\n os._exit(0)\nos.wait()"], tmp_path
    )
    assert usage.cpu >= 0.3


@linux
def test_the_cpu_of_processes_that_are_left_behind_counts(tmp_path):
    usage = measuring.measure(
        ["sh", "-c", f"{sys.executable} -c 'import time\nwhile time.process_time() < 0.3: pass' &"], tmp_path
    )
    assert usage.cpu >= 0.3
    assert usage.wall < 0.3


@linux
def test_a_command_that_fails_is_named_with_its_last_words(tmp_path):
    with pytest.raises(EngineError, match="sh ended with 3: no disk"):
        measuring.measure(["sh", "-c", "echo no disk >&2; exit 3"], tmp_path)


@linux
def test_the_cpu_of_a_child_that_nobody_waits_for_is_what_was_last_seen(tmp_path):
    busy = "while time.process_time() < 1.0: pass"
    heedless = f"""
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    {busy}
    os._exit(0)
try:
    os.wait()
except ChildProcessError:
    pass
"""
    with tree.TreeMeter() as meter:
        usage = measuring.measure([sys.executable, "-c", heedless], tmp_path)
    assert usage.cpu < 0.7
    assert 0.6 < meter.cpu[tree.WORKERS] <= 1.1


@linux
@pytest.mark.parametrize(
    "ends",
    ["os._exit(0)\nos.wait()\nprint(flush=True)", "print(flush=True)\n    time.sleep(60)"],
    ids=["ended", "lives"],
)
def test_a_child_counts_once_whether_it_ended_or_lives(ends):
    program = f"""
import os, signal, time
signal.signal(signal.SIGCHLD, signal.{"SIG_DFL" if "wait" in ends else "SIG_IGN"})
if os.fork() == 0:
    while time.process_time() < 0.4: pass
    {ends}
time.sleep(60)
"""
    with tree.TreeMeter() as meter:
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        process.stdout.readline()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert 0.35 < sum(meter.cpu.values()) < 0.6  # whole ticks of 0.01 s


@linux
def test_a_busy_process_computes_beside_and_counts_for_nothing():
    program = """
import time
import psutil
from benchmarks import measuring, tree
began = time.monotonic()
with measuring.busy_process() as other, tree.TreeMeter() as meter:
    while psutil.Process(other).cpu_times().user < 0.2:
        assert time.monotonic() - began < 60
        time.sleep(0.01)
    time.sleep(0.3)  # the meter looks at the tree at least once
    assert psutil.Process(other) in psutil.Process().children()
print(psutil.pid_exists(other), sum(meter.cpu.values()), meter.peak)
"""
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert told.stdout.split() == ["False", "0", "0"]


@linux
def test_a_busy_process_ends_with_whoever_started_it():
    program = """
import time
from benchmarks import measuring
with measuring.busy_process() as other:
    print(other, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        other = int(starter.stdout.readline())
        starter.kill()
    began = time.monotonic()
    with contextlib.suppress(psutil.NoSuchProcess):
        while psutil.Process(other).status() != psutil.STATUS_ZOMBIE:  # init may take its time to bury it
            assert time.monotonic() - began < 60
            time.sleep(0.01)


@linux
def test_a_process_and_all_below_it_are_measured_as_one_submit(tmp_path):
    # A program called java holds 40 MB, and so does its child. Half of the child's memory is not its own.
    (tmp_path / "java").symlink_to(sys.executable)
    holds = "import mmap, os, sys, time; private = bytearray(20 << 20); private[::4096] = b'x' * len(private[::4096])"
    shares = "shared = mmap.mmap(-1, 20 << 20); shared[::4096] = b'x' * len(shared[::4096])"
    forks = "os.fork(); private[::4096] = b'y' * len(private[::4096]); shared[::4096]; time.sleep(1)"
    with tree.TreeMeter() as meter:
        measuring.measure([tmp_path / "java", "-S", "-c", f"{holds}; {shares}; {forks}"], tmp_path)
    assert 60e6 < meter.peak_submit < 85e6
    assert meter.peak > meter.peak_submit + 20e6


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [([], 0), ([(0, 2), (1, 3)], 3), ([(5, 6), (0, 2)], 3), ([(0, 10), (2, 3)], 10), ([(0, 1), (1, 2)], 2)],
)
def test_time_that_spans_share_is_counted_once(spans, seconds):
    assert breakdown.covered(spans) == seconds
