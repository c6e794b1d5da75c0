"""CPU time and memory of all processes below this one. Linux only."""

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
HELPERS: set[int] = set()  # ids of children that belong to the measuring; a TreeMeter leaves them out


@dataclass(frozen=True, slots=True)
class Seen:
    """A process at one moment. cpu: seconds, with those of the children it has waited for. rss: bytes."""

    parent: int
    name: str
    cpu: float
    rss: int


class Sampler:
    """Looks at something again and again, in a thread, between `with` and its end."""

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
    """What the descendants of this process use between `with` and its end.
    cpu: seconds by component. A process that ends hands its CPU time to the parent that waits for it, so nothing is
    missed between two looks; but PySpark's daemon ignores the end of its workers (SIGCHLD), so theirs is what was last
    seen of it, as WORKERS, up to 0.2 s too little for each.
    peak: bytes, the highest sum of RSS (shared pages counted once for each process) at looks 0.2 s apart.
    peak_submit: the highest sum of PSS (a shared page counts once) over a `java` process and all below it: a submit.
    """

    cpu: dict[str, float] = field(default_factory=dict)
    peak: int = 0
    peak_submit: int = 0

    def __enter__(self) -> Self:
        self._before = _cpu_by_component()
        # Last seen CPU of processes whose parent will not wait for them.
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
    """The descendants of a process, without itself and HELPERS; none once it has ended."""
    try:
        return [child for child in process.children(recursive=True) if child.pid not in HELPERS]
    except psutil.Error:
        return []


def _seen(process: psutil.Process) -> Seen | None:
    """None once it has ended."""
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
    """Bytes of a process in memory, pages that it shares divided among those who share them; 0 once it has ended."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def _ignores_children(pid: int) -> bool:
    """Whether a process ignores SIGCHLD: psutil knows nothing of signals."""
    try:
        found = re.search(r"SigIgn:\s*([0-9a-f]+)", Path(f"/proc/{pid}/status").read_text(errors="replace"))
    except OSError:
        return False
    return bool(found and int(found[1], 16) >> (signal.SIGCHLD - 1) & 1)
