"""Wall time, CPU time and memory: of one command through wait4, of a tree of processes through /proc. Linux only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from opengenome.errors import EngineError
from opengenome.orchestration import settings, submits

_LAUNCH = Path(__file__).with_name("launch.py")
_INTERVAL = 0.2  # seconds between two looks at the tree
_TICK, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
COMPONENTS = ("api-server", "dag-processor", "scheduler")


@dataclass(frozen=True, slots=True)
class Usage:
    """wall, cpu: seconds. peak: bytes. output: what was written to standard output."""

    wall: float
    cpu: float
    peak: int
    output: str = ""


def measure(command: Sequence[str | Path], folder: Path, surroundings: Mapping[str, str] | None = None) -> Usage:
    """Run a command in `folder` to its end. CPU is that of all processes below it, peak that of the largest one.

    surroundings: added to the environment. Raises EngineError with the command's last words when it fails.
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
            said = [line for line in (output + errors).splitlines() if line.strip()] or ["it said nothing"]
            raise EngineError(f"{Path(command[0]).name} ended with {process.returncode}: {said[-1]}")
        return Usage(**json.loads(report.read_text()), output=output)


def submit(spec: Path, output: Path, master: str) -> Usage:
    """One real Spark submit of a planned batch, with the options and the environment that the DAG gives it.

    peak is that of the JVM, the largest process; what the batch took in all stands in its manifest.
    """
    current = settings.load()
    conf = submits.spark_conf(current.class_archive)
    options = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
    command = [
        str(Path(sys.executable).with_name("spark-submit")),
        *("--master", master, "--driver-memory", current.driver_memory, *options, str(submits.APPLICATION)),
        *("--spec", str(spec), "--output", str(output), "--attempt", "bench"),
    ]
    spark = {"SPARK_LOCAL_IP": "127.0.0.1", "NUMBA_CACHE_DIR": os.environ["NUMBA_CACHE_DIR"]}
    return measure(command, spec.parent, submits.environment() | spark)


@dataclass(frozen=True, slots=True)
class Process:
    """A line of /proc. cpu: seconds, its own and those of the children it has waited for. rss: bytes."""

    parent: int
    name: str
    cpu: float
    rss: int


def parse_stat(text: str) -> Process:
    """From the text of /proc/PID/stat (proc(5)); a name may hold spaces and brackets."""
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    return Process(int(fields[1]), name, sum(map(int, fields[11:15])) / _TICK, int(fields[21]) * _PAGE)


def processes() -> dict[int, Process]:
    """Every process of the machine, by id."""
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            try:
                found[int(entry.name)] = parse_stat(Path(entry.path, "stat").read_text(errors="replace"))
            except OSError:  # it ended meanwhile
                continue
    return found


def below(root: int, known: Mapping[int, Process]) -> Iterator[int]:
    """The descendants of a process, without itself."""
    children: dict[int, list[int]] = {}
    for pid, process in known.items():
        children.setdefault(process.parent, []).append(pid)
    waiting = list(children.get(root, ()))
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, ())


@dataclass
class TreeMeter:
    """What the descendants of this process use between `with` and its end.

    cpu: seconds by component. It is exact: a process that ends hands its CPU time to the parent that waits for it.
    peak: bytes, the highest sum of RSS (shared pages counted once for each process) at looks 0.2 s apart.
    peak_submit: the same over a `java` process and all below it, which is one Spark submit.
    """

    cpu: dict[str, float] = field(default_factory=dict)
    peak: int = 0
    peak_submit: int = 0

    def __enter__(self) -> Self:
        self._before = _cpu_by_component()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        after = _cpu_by_component()
        self.cpu = {name: after[name] - self._before.get(name, 0.0) for name in after}

    def _sample(self) -> None:
        while not self._stop.wait(_INTERVAL):
            known = processes()
            tree = list(below(os.getpid(), known))
            self.peak = max(self.peak, sum(known[pid].rss for pid in tree))
            for pid in tree:
                if known[pid].name == "java" and known[known[pid].parent].name != "java":
                    taken = known[pid].rss + sum(known[child].rss for child in below(pid, known))
                    self.peak_submit = max(self.peak_submit, taken)


def _cpu_by_component() -> Counter[str]:
    known = processes()
    found: Counter[str] = Counter()
    for pid, process in known.items():
        if process.parent == os.getpid():
            cpu = process.cpu + sum(known[child].cpu for child in below(pid, known))
            found[_component(pid)] += cpu  # type: ignore[assignment]
    return found


def _component(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        command = ""
    return next((name for name in COMPONENTS if name in command), "other")


def warm(path: Path) -> None:
    """Read a file once, so that everybody who reads it next finds it in memory, as far as it fits."""
    with path.open("rb", buffering=0) as file:
        buffer = bytearray(1 << 24)
        while file.readinto(buffer):
            pass
