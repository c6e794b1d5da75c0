"""The processes of one Spark submit, and the CPU seconds that each kind of them takes. Linux only."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import ClassVar, Self

from benchmarks.tree import Sampler, below, command_of, processes
from opengenome.orchestration.submits import APPLICATION

_DAEMON_MODULE = "opengenome.spark.daemon"
LAUNCHER, JVM, DRIVER, DAEMON, WORKERS = KINDS = ("launcher JVM", "JVM", "driver", "daemon", "workers")
OTHER = "shells"


def kind_of(command: Sequence[str], parent: str) -> str:
    """One of KINDS, or OTHER. command: its words. parent: the kind of the process that forked it.

    The words of the others also stand in the command lines of the shells that start them, so the program decides.
    """
    program = PurePath(command[0]).name if command else ""
    if program == "java":
        if "org.apache.spark.launcher.Main" in command:  # whose arguments name SparkSubmit
            return LAUNCHER
        return JVM if "org.apache.spark.deploy.SparkSubmit" in command else OTHER
    if program.startswith("python"):
        what = next((word for word in command[1:] if not word.startswith("-")), "")
        if what == _DAEMON_MODULE:  # a worker is a fork of the daemon, with its command line
            return WORKERS if parent in (DAEMON, WORKERS) else DAEMON
        return DRIVER if PurePath(what).name == APPLICATION.name else OTHER
    return OTHER


@dataclass
class SubmitMeter(Sampler):
    """What one submit that `measure` runs uses between `with` and its end. Nothing else may run below this process.

    cpu: seconds by kind. Of each process its own, without its children's, as last seen: up to 0.01 s too little. A
    process that becomes another program, as a shell becomes Java, counts as either for as long as it is that.
    """

    interval: ClassVar[float] = 0.01
    cpu: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        self._others = processes().keys()  # they never become part of the submit, and are most of the machine
        self._last: dict[int, tuple[str, float]] = {}  # of each process: kind and CPU seconds
        return super().__enter__()

    def look(self) -> None:
        known = processes(self._others)
        for pid in below(os.getpid(), known):  # parents first
            process = known[pid]
            if process.parent == os.getpid():  # launch.py, which starts the submit
                continue
            before, spent = self._last.get(pid, (OTHER, 0.0))
            parent, _ = self._last.get(process.parent, (OTHER, 0.0))
            command = command_of(pid)
            kind = kind_of(command, parent) if command else before
            self.cpu[kind] += process.own - spent  # type: ignore[assignment]
            self._last[pid] = kind, process.own
