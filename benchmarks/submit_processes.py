"""Measure the CPU seconds of one Spark submit by kind of process. Linux only."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import ClassVar, Self

import psutil

from benchmarks.tree import Sampler
from opengenome.orchestration.submits import APPLICATION

_DAEMON_MODULE = "opengenome.spark.daemon"
LAUNCHER, JVM, DRIVER, DAEMON, WORKERS = KINDS = ("launcher JVM", "JVM", "driver", "daemon", "workers")
OTHER = "shells"


def kind_of(command: Sequence[str], parent: str) -> str:
    """One of KINDS, or OTHER. command: its arguments. parent: the kind of the process that forked it.

    The program decides, because the shells that start a process have its arguments in their own command lines.
    """
    program = PurePath(command[0]).name if command else ""
    if program == "java":
        if "org.apache.spark.launcher.Main" in command:  # first, because its arguments also name SparkSubmit
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
    """Measures one submit that `measure` runs inside the `with` block. This process must have no other children.

    cpu: seconds by kind. Each process counts its own CPU time without its children's, as last seen: up to 0.01 s too
    little. A process that becomes another program, as a shell becomes Java, counts as each while it is that program.
    """

    interval: ClassVar[float] = 0.01
    cpu: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        self._others = frozenset(psutil.pids())  # most processes of the machine; never part of the submit
        self._members: dict[int, _Member] = {}
        return super().__enter__()

    def look(self) -> None:
        # `children()` would read every process of the machine, too slow for a hundred times a second.
        for process in psutil.process_iter():  # by id, so that parents come first
            if process.pid not in self._others:
                with contextlib.suppress(psutil.NoSuchProcess):
                    self._look_at(process)

    def _look_at(self, process: psutil.Process) -> None:
        member = self._members.get(process.pid) or _Member(process.ppid())
        starts = member.parent == os.getpid()  # launch.py, which starts the submit
        if starts or member.parent in self._members:
            self._members[process.pid] = member
        if starts or process.pid not in self._members:
            return
        times = process.cpu_times()
        cpu = times.user + times.system
        with contextlib.suppress(psutil.ZombieProcess):  # it has ended and lost its command line
            member.kind = kind_of(process.cmdline(), self._members[member.parent].kind)
        self.cpu[member.kind] += cpu - member.cpu
        member.cpu = cpu


@dataclass
class _Member:
    """A process of the submit as it was last seen. parent: the one that forked it. cpu: seconds, its own."""

    parent: int
    kind: str = OTHER
    cpu: float = 0.0
