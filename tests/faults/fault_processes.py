"""The processes of a submit, from the system: which ones a fault can hit, and which ones are left over."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from opengenome.cli.processes import belonging

ROLES = ("worker", "daemon", "driver", "jvm", "runner", "supervisor", "scheduler")


@dataclass(frozen=True)
class Submit:
    """A Spark submit at one moment: its processes by role (several workers, one of each other), and its map index."""

    index: int
    members: dict[str, list[psutil.Process]]

    @property
    def below_task(self) -> list[psutil.Process]:
        """The processes that must not outlive the task: the JVM and its descendants."""
        return [process for role in ROLES[:4] for process in self.members[role]]


def submits(home: Path) -> list[Submit]:
    """The submits with a running JVM under the Airflow in `home`."""
    seen = {}
    for process in belonging(home):
        with contextlib.suppress(psutil.Error):
            seen[process.pid] = (process, process.ppid(), process.cmdline())
    return [_submit(seen, pid) for pid, (_, _, command) in seen.items() if _is_jvm(command)]


def _is_jvm(command: list[str]) -> bool:
    # Spark's launcher is excluded: a short-lived JVM whose command line names the same class.
    java = command[:1] != [] and command[0].endswith("java")
    return java and "org.apache.spark.deploy.SparkSubmit" in command and "org.apache.spark.launcher.Main" not in command


def _submit(seen: dict[int, tuple[psutil.Process, int, list[str]]], jvm: int) -> Submit:
    def children(parents: list[psutil.Process], word: str) -> list[psutil.Process]:
        pids = {parent.pid for parent in parents}
        return [p for p, parent, command in seen.values() if parent in pids and word in " ".join(command)]

    process, parent, command = seen[jvm]
    above = []
    for _ in ("runner", "supervisor", "scheduler"):
        found, grandparent, _ = seen.get(parent, (None, 0, []))
        above.append([found] if found else [])
        parent = grandparent
    daemon = children([process], "opengenome.spark.daemon")
    members = {"jvm": [process], "driver": children([process], "count_batch.py"), "daemon": daemon}
    members |= {"worker": children(daemon, "opengenome.spark.daemon")}
    members |= dict(zip(("runner", "supervisor", "scheduler"), above, strict=True))
    return Submit(int(Path(command[command.index("--spec") + 1]).stem), members)


def left_over(home: Path, store: Path, seconds: float) -> list[str]:
    """Command lines of submits and tasks that still run after `seconds`, found by our mark or the store's path."""
    deadline = time.monotonic() + seconds
    while (found := _busy(home, store)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def _busy(home: Path, store: Path) -> list[str]:
    words = ("org.apache.spark", "count_batch.py", "opengenome.spark.daemon")
    ours = {process.pid for process in belonging(home)}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = " ".join(process.cmdline())
            task = command.startswith("airflow worker -- ") and "LocalExecutor" not in command
            if str(store) in command or (process.pid in ours and (task or any(word in command for word in words))):
                found.append(f"{process.pid}: {command[-200:]}")
    return found


def gone(processes: list[psutil.Process], seconds: float) -> list[int]:
    """The process ids that are still alive after `seconds`. A zombie counts as ended."""
    deadline = time.monotonic() + seconds
    while (alive := [p.pid for p in processes if _lives(p)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return alive


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
