"""Where a run goes on, as far as `analyze` and `retry` have to know: the Airflow of this checkout, or the stack."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from opengenome import flow
from opengenome.cli.called import typed
from opengenome.cli.client import Client
from opengenome.cli.compose import LANDING, Told, fetch_results, told
from opengenome.cli.embedded import Running, airflow
from opengenome.cli.environment import Site
from opengenome.cli.inputs import absolute, line_of
from opengenome.cli.stack import check_secrets
from opengenome.cli.watch import PATIENCE, TaskState
from opengenome.errors import EngineError, OpenGenomeError, UsageError, printable
from opengenome.io.store import run_slug
from opengenome.orchestration import settings
from opengenome.orchestration.runs import Run

_PARSING = 120.0  # seconds until a stack that has just come up has read the DAG


class Place(Protocol):
    """client: a login to its Airflow at `url`. option: what `retry` has to be told. patience: seconds of silence."""

    client: Client
    url: str
    option: str
    patience: float

    def alive(self) -> None:
        """Raises EngineError when its Airflow has died."""

    def source(self, path: str) -> str:
        """The line of a run's `source` for an input, a path or a glob. Raises UsageError where it cannot be seen."""

    def log(self, run: str, task: TaskState) -> str:
        """Where a person finds the log of a task's latest attempt."""

    def renew(self, run: str) -> None:
        """A run is about to be used again: `clean` has to leave it alone."""

    def left(self, run: str) -> None:
        """The command ends before the run does."""

    def results(self, run: str) -> Path:
        """A folder of this machine with the published files of a run."""


def retry_command(run: str, option: str) -> str:
    """What has to be typed to try a run again, in any shell of this machine. option: of its place."""
    current = settings.load()
    chosen = {"OPENGENOME_STORE": current.store, "OPENGENOME_RESULTS": current.results}
    here = [f"{name}={shlex.quote(str(value))} " for name, value in chosen.items() if os.environ.get(name)]
    return f"{'' if option else ''.join(here)}{typed(f'retry {shlex.quote(run)}{option}')}"


@contextlib.contextmanager
def place(name: str, purpose: str, say: Callable[[str], None]) -> Iterator[Place]:
    """What --on names: `here`, an Airflow started or shared, or the `stack`. Raises UsageError where that is down."""
    if name == "stack":
        with Stack.connect(say) as connected:
            yield connected
    else:
        site = Site.of_checkout()
        with airflow(site, purpose, say) as running:
            here = Here(running, site.home / "logs")
            if running.instance.owner.pid == os.getpid():
                # Before anything runs: if the command of a run was killed, its tasks are failures from here on.
                here.give_up_abandoned()
            yield here


class Here:
    """The embedded Airflow of this checkout. logs: its folder of task logs."""

    option = ""
    patience = PATIENCE

    def __init__(self, running: Running, logs: Path) -> None:
        self.client, self.url, self.alive = running.client, running.instance.url, running.alive
        self._results, self._logs = Path(running.instance.results), logs

    def source(self, path: str) -> str:
        found = absolute(path)
        return line_of(found, found)

    def log(self, run: str, task: TaskState) -> str:
        """Airflow's default template for the file; the scheduler's own log for a task that never got to write one."""
        folder = self._logs / flow.run_logs(run) / f"task_id={task.task}"
        if task.index >= 0:
            folder /= f"map_index={task.index}"
        file = folder / f"attempt={task.attempt}.log"
        return str(file if file.exists() else self._logs / "components" / "scheduler.log")

    def renew(self, run: str) -> None:
        Run.of(run).touch()

    def left(self, run: str) -> None:
        """It is recorded as failed, so that no later Airflow takes it up."""
        with contextlib.suppress(OpenGenomeError):
            self.client.fail_run(run)
        print(f"The run {run} was given up; nothing was published", file=sys.stderr)

    def results(self, run: str) -> Path:
        return self._results / run_slug(run)

    def give_up_abandoned(self) -> None:
        """Runs of commands that were killed: nobody waits for them, and they would hold up the one that starts now."""
        for run in self.client.unfinished_runs():
            if flow.of_command(run):
                self.client.fail_run(run)


class Stack:
    """The containers of `stack up`. Its runs are everybody's: they go on when a command ends."""

    option = " --on stack"
    patience = 600.0  # a database or a server may be started again meanwhile

    def __init__(self, root: Path, told: Told, client: Client) -> None:
        self.client, self.url = client, told.url
        self._root, self._inputs = root, told.inputs

    @classmethod
    @contextlib.contextmanager
    def connect(cls, say: Callable[[str], None]) -> Iterator[Stack]:
        """The stack of this checkout, as soon as it knows the DAG. Raises UsageError where it is not up."""
        root = settings.project_root()
        check_secrets(root / ".env")
        found = told(root)
        with contextlib.closing(Client(found.url, found.password, found.user)) as client:
            if not client.health():
                raise UsageError(f"No stack answers at {found.url}", advice=f"Start it: {typed('stack up')}")
            deadline = time.monotonic() + _PARSING
            if not (known := client.parsed()):
                say("Waiting for the stack to read the DAG")
            while not (known or client.parsed()):
                if time.monotonic() > deadline:
                    raise EngineError(
                        "The stack does not know the DAG", advice=f"`{typed('stack logs dag-processor')}`"
                    )
                time.sleep(1)
            yield cls(root, found, client)

    def alive(self) -> None:
        """Its containers are started again by themselves; what stays silent is given up after `patience`."""

    def source(self, path: str) -> str:
        found = absolute(path)
        if not found.is_relative_to(self._inputs):
            raise UsageError(
                f"--input {printable(path)} is not in {self._inputs}, which is what the stack sees",
                advice=f"Put it there, or name its folder as OPENGENOME_INPUTS in .env and run `{typed('stack up')}`.",
            )
        return line_of(Path(LANDING, found.relative_to(self._inputs)), found)

    def log(self, run: str, task: TaskState) -> str:
        """The page of the task in the web interface."""
        return self.url + flow.task_page(run, task.task, task.index)

    def renew(self, run: str) -> None:
        """Its batches do so themselves."""

    def left(self, run: str) -> None:
        print(f"The run {run} goes on: {self.url}{flow.run_page(run)}", file=sys.stderr)

    def results(self, run: str) -> Path:
        """Copied out of the stack's volume into data/stack/, whole or not at all."""
        return fetch_results(self._root, run_slug(run))
