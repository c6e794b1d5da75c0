"""Measure CPU time and memory of all descendants of this process. Linux only."""

from __future__ import annotations

import contextlib
import re
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

import psutil

WORKERS = "Spark workers"
COMPONENTS = ("api-server", "dag-processor", "scheduler")
HELPERS: set[int] = set()  # ids of children that belong to the measurement; a TreeMeter ignores them


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of a process. cpu: seconds, including children that it has waited for. rss: bytes."""

    parent: int
    name: str
    cpu: float
    rss: int


class Sampler:
    """Calls `look` repeatedly in a thread while the `with` block runs."""

    interval: ClassVar[float] = 0.2  # seconds between two looks

    def look(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(self.interval):
            self.look()


@dataclass
class TreeMeter(Sampler):
    """Measures the descendants of this process while the `with` block runs.

    cpu: seconds by component. A parent that waits for a process inherits its CPU time, so nothing is missed between two
    looks. But PySpark's daemon ignores the end of its workers (SIGCHLD), so their CPU time, as WORKERS, is what was
    last seen: up to 0.2 s too little for each.
    peak: bytes, the highest sum of RSS (shared pages count for each process) at looks 0.2 s apart.
    peak_submit: the highest sum of PSS (a shared page counts once) of a `java` process and its descendants: a submit.
    """

    cpu: dict[str, float] = field(default_factory=dict)
    peak: int = 0
    peak_submit: int = 0

    def __enter__(self) -> Self:
        self._before = _cpu_by_component()
        # The last seen CPU time of processes whose parent does not wait for them.
        self._unwaited: dict[psutil.Process, float] = {}
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        after = _cpu_by_component()
        self.cpu = {name: after[name] - self._before.get(name, 0.0) for name in after}
        self.cpu[WORKERS] = sum(cpu for process, cpu in self._unwaited.items() if not process.is_running())

    def look(self) -> None:
        tree = {process: seen for process in below(psutil.Process()) if (seen := _seen(process))}
        self.peak = max(self.peak, sum(seen.rss for seen in tree.values()))
        heedless = set(filter(_ignores_children, {s.parent for s in tree.values() if s.name.startswith("python")}))
        java = {process.pid for process, seen in tree.items() if seen.name == "java"}
        for process, seen in tree.items():
            if seen.parent in heedless:
                self._unwaited[process] = seen.cpu
            if process.pid in java and seen.parent not in java:
                self.peak_submit = max(self.peak_submit, sum(map(_pss, (process, *below(process)))))


def below(process: psutil.Process) -> list[psutil.Process]:
    """The descendants of a process, without HELPERS; none if it has ended."""
    try:
        return [child for child in process.children(recursive=True) if child.pid not in HELPERS]
    except psutil.Error:
        return []


def _seen(process: psutil.Process) -> Seen | None:
    """The state of a process; None if it has ended."""
    try:
        with process.oneshot():
            times = process.cpu_times()
            cpu = times.user + times.system + times.children_user + times.children_system
            return Seen(process.ppid(), process.name(), cpu, process.memory_info().rss)
    except psutil.Error:
        return None


def _cpu_by_component() -> Counter[str]:
    found: Counter[str] = Counter()
    for component in psutil.Process().children():
        if component.pid not in HELPERS:
            tree = filter(None, map(_seen, (component, *below(component))))
            found[_component(component)] += sum(seen.cpu for seen in tree)  # type: ignore[assignment]
    return found


def _component(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        command = " ".join(process.cmdline()).replace("_", "-")
        return next((name for name in COMPONENTS if name in command), "other")
    return "other"


def _pss(process: psutil.Process) -> int:
    """The PSS of a process in bytes, in which shared pages are divided among their users; 0 if it has ended."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def _ignores_children(pid: int) -> bool:
    """Whether a process ignores SIGCHLD, which psutil cannot tell."""
    try:
        found = re.search(r"SigIgn:\s*([0-9a-f]+)", Path(f"/proc/{pid}/status").read_text(errors="replace"))
    except OSError:
        return False
    return bool(found and int(found[1], 16) >> (signal.SIGCHLD - 1) & 1)
