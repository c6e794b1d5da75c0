"""Measure wall time, CPU time and memory of one command or one Spark submit."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.tree import HELPERS, WORKERS, TreeMeter
from opengenome.errors import EngineError
from opengenome.io.store import sha256_of, temporary_folder
from opengenome.orchestration import settings, submits
from opengenome.orchestration.submit_environment import is_local, submit_environment

_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Usage:
    """wall, cpu: seconds. peak: bytes. output: standard output."""

    wall: float
    cpu: float
    peak: int
    output: str = ""


def measure(command: Sequence[str | Path], folder: Path, surroundings: Mapping[str, str] | None = None) -> Usage:
    """Run a command in `folder`. cpu: of all its processes. peak: of the largest one.

    surroundings: added to the environment. Raises EngineError with the last line of a command that fails.
    """
    root = settings.project_root()
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'include'}", **(surroundings or {})}
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "usage.json")
        process = subprocess.Popen(
            [sys.executable, "-E", "-S", _LAUNCH, report, *command],
            cwd=folder, env=environment, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            output, errors = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        if process.returncode:
            said = [line for line in (output + errors).splitlines() if line.strip()] or ["no output"]
            raise EngineError(f"{Path(command[0]).name} ended with {process.returncode}: {said[-1].rstrip('.')}")
        return Usage(**json.loads(report.read_text()), output=output)


def submit(spec: Path, output: Path, master: str) -> Usage:
    """One real Spark submit of a planned batch, with the options and the environment of the DAG.

    cpu: with Spark's workers. peak: sampled, of the JVM and all its children.
    """
    current = settings.load()
    local = is_local(master)
    conf = submits.spark_conf(current.class_archive, local=local)
    arguments = submits.application_arguments(spec, sha256_of(spec), output, "bench")
    command = submits.command(master, conf, current.driver_memory, arguments)
    with temporary_folder(output) as scratch, TreeMeter() as meter:
        usage = measure(command, scratch, submit_environment(scratch, current.class_archive, local=local))
    return replace(usage, cpu=usage.cpu + meter.cpu[WORKERS], peak=meter.peak_submit)


_BUSY = """
import os, sys
from opengenome.io.lifeline import die_with_parent
die_with_parent()
while os.getppid() == int(sys.argv[1]):
    pass
"""


@contextlib.contextmanager
def busy_process() -> Iterator[int]:
    """A process that keeps one core busy; yields its id. It ends with the `with` block or with this process.

    A TreeMeter ignores it.
    """
    process = subprocess.Popen([sys.executable, "-c", _BUSY, str(os.getpid())], stdin=subprocess.DEVNULL)
    HELPERS.add(process.pid)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()
        HELPERS.remove(process.pid)


def warm(path: Path) -> None:
    """Read a file once, so that later readers find it in the page cache, as far as it fits."""
    with path.open("rb", buffering=0) as file:
        buffer = bytearray(1 << 24)
        while file.readinto(buffer):
            pass
