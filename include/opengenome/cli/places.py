"""The two places where a run can take place, for `analyze` and `retry`: the Airflow of this checkout, or the stack."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from opengenome import flow
from opengenome.cli.called import typed
from opengenome.cli.client import Client
from opengenome.cli.compose import LANDING, StackConfig, fetch_results, stack_config
from opengenome.cli.embedded import Running, airflow
from opengenome.cli.environment import Site
from opengenome.cli.inputs import absolute, line_of, seen_here
from opengenome.cli.stack import check_secrets
from opengenome.cli.watch import PATIENCE, TaskState
from opengenome.errors import EngineError, OpenGenomeError, UsageError, printable
from opengenome.io.store import run_slug
from opengenome.orchestration import settings
from opengenome.orchestration.runs import Run

_PARSING = 120.0  # seconds until a stack that has just come up has read the DAG


class Place(Protocol):
    """client: a login to its Airflow at `url`. option: for `retry`. patience: seconds that it may stay silent."""

    client: Client
    url: str
    option: str
    patience: float

    def alive(self) -> None:
        """Raises EngineError if its Airflow has died."""

    def source(self, path: str) -> str:
        """The line of a run's `source` for an input path or glob. Raises UsageError if the run cannot see it."""

    def log(self, run: str, task: TaskState) -> str:
        """The path or address of the log of a task's latest attempt."""

    def renew(self, run: str) -> None:
        """Mark a run as in use, so that `clean` keeps it."""

    def left(self, run: str) -> None:
        """Called if the command ends before the run does."""

    def results(self, run: str) -> Path:
        """A folder on this machine with the published files of a run."""


@contextlib.contextmanager
def place(name: str, purpose: str, log_line: Callable[[str], None]) -> Iterator[Place]:
    """The place that --on names: an Airflow `here`, started or shared, or the `stack`. Raises UsageError if down."""
    if name == "stack":
        with Stack.connect(log_line) as connected:
            yield connected
    else:
        site = Site.of_checkout()
        with airflow(site, purpose, log_line) as running:
            here = Here(running, site.home / "logs")
            if running.instance.owner.pid == os.getpid():
                # Before anything runs: the runs of killed commands fail now.
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
        return seen_here(path)

    def log(self, run: str, task: TaskState) -> str:
        """The file by Airflow's default template; the scheduler's log for a task that wrote none."""
        folder = self._logs / flow.run_logs(run) / f"task_id={task.task}"
        if task.index >= 0:
            folder /= f"map_index={task.index}"
        file = folder / f"attempt={task.attempt}.log"
        return str(file if file.exists() else self._logs / "components" / "scheduler.log")

    def renew(self, run: str) -> None:
        Run.of(run).touch()

    def left(self, run: str) -> None:
        """Record the run as failed, so that no later Airflow continues it."""
        with contextlib.suppress(OpenGenomeError):
            self.client.fail_run(run)
        print(f"The run {run} was given up; nothing was published", file=sys.stderr)

    def results(self, run: str) -> Path:
        return self._results / run_slug(run)

    def give_up_abandoned(self) -> None:
        """Fail the runs of killed commands, which would delay the run that starts now."""
        for run in self.client.unfinished_runs():
            if flow.of_command(run):
                self.client.fail_run(run)


class Stack:
    """The containers of `stack up`. Its runs continue when a command ends."""

    option = " --on stack"
    patience = 600.0  # a database or a server may restart meanwhile

    def __init__(self, root: Path, config: StackConfig, client: Client) -> None:
        self.client, self.url = client, config.url
        self._root, self._inputs = root, config.inputs

    @classmethod
    @contextlib.contextmanager
    def connect(cls, log_line: Callable[[str], None]) -> Iterator[Stack]:
        """The stack of this checkout, once it knows the DAG. Raises UsageError if it is not up."""
        root = settings.project_root()
        check_secrets(root / ".env")
        config = stack_config(root)
        with contextlib.closing(Client(config.url, config.password, config.user)) as client:
            if not client.health():
                raise UsageError(f"No stack answers at {config.url}", advice=f"Start it: {typed('stack up')}")
            deadline = time.monotonic() + _PARSING
            if not (known := client.parsed()):
                log_line("Waiting for the stack to read the DAG")
            while not (known or client.parsed()):
                if time.monotonic() > deadline:
                    raise EngineError(
                        "The stack does not know the DAG", advice=f"See `{typed('stack logs dag-processor')}`."
                    )
                time.sleep(1)
            yield cls(root, config, client)

    def alive(self) -> None:
        """Nothing to check: containers restart by themselves, and the command waits for `patience` seconds."""

    def source(self, path: str) -> str:
        found = absolute(path)
        if not found.is_relative_to(self._inputs):
            raise UsageError(
                f"{printable(path)} is not in {self._inputs}, the only input folder that the stack sees",
                advice=f"Put it there, or set OPENGENOME_INPUTS in .env to its folder and run `{typed('stack up')}`.",
            )
        return line_of(Path(LANDING, found.relative_to(self._inputs)), found)

    def log(self, run: str, task: TaskState) -> str:
        """The page of the task in the web interface."""
        return self.url + flow.task_page(run, task.task, task.index)

    def renew(self, run: str) -> None:
        """Nothing to do: its batches mark the run themselves."""

    def left(self, run: str) -> None:
        print(f"The run {run} continues: {self.url}{flow.run_page(run)}", file=sys.stderr)

    def results(self, run: str) -> Path:
        """The results, copied out of the stack's volume into data/stack/."""
        return fetch_results(self._root, run_slug(run))
