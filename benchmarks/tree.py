"""CPU time and memory of all processes below this one, read from /proc. Linux only."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

_TICK, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
WORKERS = "Spark workers"
COMPONENTS = ("api-server", "dag-processor", "scheduler")
HELPERS: set[int] = set()  # ids of children that belong to the measuring; a TreeMeter leaves them out


@dataclass(frozen=True, slots=True)
class Process:
    """A line of /proc. own: CPU seconds. cpu: with those of the children it has waited for. rss: bytes."""

    parent: int
    name: str
    cpu: float
    rss: int
    own: float


def parse_stat(text: str) -> Process:
    """From the text of /proc/PID/stat (proc(5)); a name may hold spaces and brackets."""
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    own, waited = (sum(map(int, fields[begin : begin + 2])) / _TICK for begin in (11, 13))
    return Process(int(fields[1]), name, own + waited, int(fields[21]) * _PAGE, own)


def processes(skip: Container[int] = ()) -> dict[int, Process]:
    """Every process of the machine, by id. skip: ids that are not looked at."""
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal() and int(entry.name) not in skip:
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


def command_of(pid: int) -> list[str]:
    """The words of a process's command line; none once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


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
        self._unwaited: dict[int, float] = {}  # last seen CPU of processes whose parent will not wait for them
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        after = _cpu_by_component()
        self.cpu = {name: after[name] - self._before.get(name, 0.0) for name in after}
        alive = processes()
        self.cpu[WORKERS] = sum(cpu for pid, cpu in self._unwaited.items() if pid not in alive)

    def look(self) -> None:
        known = processes(HELPERS)
        tree = list(below(os.getpid(), known))
        self.peak = max(self.peak, sum(known[pid].rss for pid in tree))
        parents = {known[pid].parent for pid in tree if known[pid].name.startswith("python")}
        heedless = {pid for pid in parents if _ignores_children(pid)}
        for pid in tree:
            if known[pid].parent in heedless:
                self._unwaited[pid] = known[pid].cpu
            if known[pid].name == "java" and known[known[pid].parent].name != "java":
                taken = sum(_pss(member) for member in (pid, *below(pid, known)))
                self.peak_submit = max(self.peak_submit, taken)


def _cpu_by_component() -> Counter[str]:
    known = processes(HELPERS)
    found: Counter[str] = Counter()
    for pid, process in known.items():
        if process.parent == os.getpid():
            cpu = process.cpu + sum(known[child].cpu for child in below(pid, known))
            found[_component(pid)] += cpu  # type: ignore[assignment]
    return found


def _pss(pid: int) -> int:
    """Bytes of a process in memory, pages that it shares divided among those who share them; 0 once it has ended."""
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def _ignores_children(pid: int) -> bool:
    try:
        found = re.search(r"SigIgn:\s*([0-9a-f]+)", Path(f"/proc/{pid}/status").read_text(errors="replace"))
    except OSError:
        return False
    return bool(found and int(found[1], 16) >> (signal.SIGCHLD - 1) & 1)


def _component(pid: int) -> str:
    command = " ".join(command_of(pid)).replace("_", "-")
    return next((name for name in COMPONENTS if name in command), "other")
