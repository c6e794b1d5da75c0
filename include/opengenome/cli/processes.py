"""The processes of the embedded Airflow: start them, watch them, and stop them so that none is left.

Three safety nets, each for what the one before misses:
1. `stop` asks every component to end, in the order in which they depend on each other, then kills it.
2. Every process has MARK in its environment, so orphans are found whatever their parent is now, even those of an
   earlier command.
3. On Linux the kernel ends every process when its parent dies (`component.py`), so `kill -9` of the command ends the
   whole tree.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from opengenome.cli.component import TOGETHER
from opengenome.errors import printable

MARK = "OPENGENOME_EMBEDDED"  # its value is the AIRFLOW_HOME that a process works for
_PR_SET_CHILD_SUBREAPER = 36

# Seconds. A task that is asked to stop ends its Spark driver first, which took up to 5 s.
_GRACE = 10.0
# The api-server has no clients left by then. It would only spend seconds on freeing memory.
_API_GRACE = 1.0
_KILL_WAIT = 5.0
_LOG_BYTES = 5_000_000  # of a component's log; the earlier log may hold as much again


def adopt_orphans() -> None:
    """Linux: make this process the parent of orphaned descendants, so that it can wait for them. No-op elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def belonging(home: Path) -> list[psutil.Process]:
    """Every live process, except this one, that belongs to the Airflow in `home`."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # ended meanwhile, a zombie, or another user's
            if process.pid != os.getpid() and process.environ().get(MARK) == str(home):
                found.append(process)
    return found


class _Adopted:
    """A child that another process forked, with the methods of `subprocess.Popen` that we use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process = psutil.Process(pid)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative for a signal; 0 if `sweep` has waited for it before."""
        return self._process.wait(timeout) or 0

    def poll(self) -> int | None:
        """As `wait`, but None while it lives."""
        try:
            return self.wait(0)
        except psutil.TimeoutExpired:
            return None


class Components:
    """The children of one embedded Airflow. For the main thread only: children die with their thread."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._home = home
        # SPT_NOENV keeps setproctitle from overwriting the environment, and so the mark.
        self._environment = {**environment, MARK: str(home), "SPT_NOENV": "1"}
        self._children: dict[str, subprocess.Popen[bytes] | _Adopted] = {}
        self._hurry = False
        adopt_orphans()  # `start_together` makes orphans

    def start(self, name: str, *arguments: str) -> None:
        """Start `airflow <arguments>` in a session of its own; its output goes into a new log of that name."""
        with self._new_log(name) as log:
            self._children[name] = self._spawn(arguments, log, log)

    def start_together(self, components: Mapping[str, Sequence[str]]) -> None:
        """Start several components, arguments by name; on Linux one process forks them (`component.py`).

        If that process fails, the first component counts as ended unexpectedly; its log says why.
        """
        if sys.platform != "linux":
            for name, arguments in components.items():
                self.start(name, *arguments)
            return
        with contextlib.ExitStack() as stack:
            logs = [stack.enter_context(self._new_log(name)) for name in components]
            words = json.dumps(dict(zip((log.name for log in logs), components.values(), strict=True)))
            nursery = self._spawn([TOGETHER, words], subprocess.PIPE, logs[0])
        self._children[next(iter(components))] = nursery
        pids, _ = nursery.communicate()
        if nursery.returncode == 0:
            self._children |= dict(zip(components, map(_Adopted, json.loads(pids)), strict=True))

    def _spawn(self, arguments: Sequence[str], output: IO[bytes] | int, errors: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "opengenome.cli.component", str(os.getpid()), *arguments],
            cwd=self._home,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,  # so that Ctrl-C reaches only the command, which stops the components in order
        )

    def _new_log(self, name: str) -> IO[bytes]:
        log = self.log(name)
        if log.exists():
            log.replace(_earlier(log))
        return log.open("ab")  # appending, so that processes write at the end after `trim_logs` too

    def log(self, name: str) -> Path:
        """Where a component's output goes."""
        return self._home / "logs" / "components" / f"{name}.log"

    def trim_logs(self) -> None:
        """Move the contents of each log beyond _LOG_BYTES to its earlier log, replacing what that held.

        The processes keep writing to the same file. A line that is just being written may be lost.
        """
        for name in self._children:
            with contextlib.suppress(OSError):  # a full disk
                log = self.log(name)
                if log.stat().st_size > _LOG_BYTES:
                    shutil.copyfile(log, _earlier(log))
                    os.truncate(log, 0)

    def last_words(self, name: str) -> str:
        """The last line of a component's log."""
        try:
            lines = self.log(name).read_bytes()[-10_000:].decode(errors="replace").split("\n")
        except OSError:
            lines = []
        said = next((line.strip() for line in reversed(lines) if line.strip()), "its log is empty")
        return printable(said[:300]).rstrip(".")

    def wait(self, name: str) -> int:
        """Wait for a component to end; its exit code, negative for a signal."""
        return self._children.pop(name).wait()

    def dead(self) -> str | None:
        """The name of a component that has ended unexpectedly; None if all live."""
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def pids(self) -> list[int]:
        """Process ids of the components."""
        return [child.pid for child in self._children.values()]

    def stop(self) -> list[int]:
        """Stop all components and wait for their end; a second signal skips the wait. Returns the ids of survivors.

        The scheduler and its tasks stop first, while the api-server still takes the tasks' last reports. So an
        interrupted task is recorded as such and not found "running" at the next start.
        """
        with self._signals_hurry():
            tasks = self._descendants("scheduler")
            for process in (*tasks, *self._named("scheduler", "dag-processor")):
                with contextlib.suppress(psutil.Error):
                    process.terminate()
            self._wait(_GRACE, "scheduler", "dag-processor")
            for process in self._named("api-server"):
                with contextlib.suppress(psutil.Error):
                    process.terminate()
            self._wait(_API_GRACE, "api-server")
            left = sweep(self._home)
            for child in self._children.values():
                child.poll()  # so that Python does not warn about a child that was not waited for
            return left

    def _named(self, *names: str) -> list[psutil.Process]:
        found = []
        for name in names:
            child = self._children.get(name)
            if child is not None and child.poll() is None:
                with contextlib.suppress(psutil.Error):
                    found.append(psutil.Process(child.pid))
        return found

    def _descendants(self, name: str) -> list[psutil.Process]:
        # LocalExecutor's workers: a busy one passes the signal to its task, an idle one ignores it.
        found: list[psutil.Process] = []
        for process in self._named(name):
            with contextlib.suppress(psutil.Error):
                found.extend(process.children())
        return found

    def _wait(self, seconds: float, *names: str) -> None:
        deadline = time.monotonic() + seconds
        children = [self._children[name] for name in names if name in self._children]
        while not self._hurry and time.monotonic() < deadline and any(child.poll() is None for child in children):
            time.sleep(0.05)

    @contextlib.contextmanager
    def _signals_hurry(self) -> Iterator[None]:
        def hurry(_signal: int, _frame: object) -> None:
            self._hurry = True

        watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = [signal.signal(number, hurry) for number in watched]
        try:
            yield
        finally:
            for number, handler in zip(watched, before, strict=True):
                signal.signal(number, handler)


def _earlier(log: Path) -> Path:
    """The path of the earlier log."""
    return log.with_name(f"{log.name}.1")


def sweep(home: Path) -> list[int]:
    """Kill every process of the Airflow in `home`, and wait. Returns the ids of those that survived."""
    deadline = time.monotonic() + _KILL_WAIT
    while (found := belonging(home)) and time.monotonic() < deadline:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=1.0)  # also reaps those that this process adopted
    return [process.pid for process in found]
