"""Components of the embedded Airflow, each Airflow's own command in a process of its own.

    python -m opengenome.cli.component <parent pid> <airflow arguments>     becomes `airflow <arguments>`
    python -m opengenome.cli.component <parent pid> together <components>   forks several, tells their ids, and ends

To import Airflow takes seconds, and nearly all of it is the same for each component: the nursery, as the second form is
called, does it once (Linux; elsewhere it is not safe to fork after it). It ends as soon as it has forked, so that the
kernel hands its children to the command. They are then what they were without it: the command waits for them, and
nothing stands between.

Before any of that the kernel is told (Linux) that this process and everything it forks must not outlive their parents.
Airflow's executor forks workers, which fork task supervisors, which fork tasks; with only the first of them bound to
the command, `kill -9` would leave the rest running and writing.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import sys
import time
from collections.abc import Iterable, Mapping, Sequence

from setproctitle import setproctitle  # Airflow names its other processes with it

from opengenome.io.lifeline import die_with_parent

TOGETHER = "together"

# What at least two components import, and what opens no connection, starts no thread and leaves numpy alone. The
# routes are of the api-server and the dag-processor, Alembic is of each: it looks at the database's schema.
_OF_COMPONENTS = (
    "airflow.cli.commands.api_server_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.scheduler_command",
    "airflow.api_fastapi.execution_api.routes",
    "alembic.command",
)

# What most tasks import. The scheduler's executor forks its workers, and they the tasks, which then have it already: a
# quarter of a second of CPU less for each task.
_OF_TASKS = (
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "opengenome.orchestration.adapters.operators",
    "opengenome.io.verification",
    "pyarrow.compute",
    "pyarrow.parquet",
)


def main() -> None:
    """Become `airflow <arguments>`; where several are wanted, in a process for each."""
    parent, arguments = int(sys.argv[1]), sys.argv[2:]
    _bind(parent)
    # Loading Airflow makes millions of objects that stay: collecting at Python's usual pace costs a tenth of the start.
    gc.set_threshold(50_000, 50, 50)
    if arguments[0] == TOGETHER:
        arguments = _fork(parent, json.loads(arguments[1]))
    if sys.platform == "linux":
        os.register_at_fork(after_in_child=die_with_parent)
    if arguments[0] == "scheduler":
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy then starts no thread, which no fork would have
        _preload(_OF_TASKS)
    sys.argv = ["airflow", *arguments]
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


def _bind(parent: int) -> None:
    die_with_parent()
    if sys.platform == "linux" and os.getppid() != parent:  # it died before the kernel was told
        sys.exit("The command that started this component has gone")


def _preload(modules: Iterable[str]) -> None:
    with contextlib.suppress(ImportError):  # the components and the tasks tell of it, where people look
        for name in modules:
            importlib.import_module(name)


def _fork(parent: int, components: Mapping[str, Sequence[str]]) -> list[str]:
    """Fork a process for each component; returns only there, with its arguments.

    components: by the file of its log, its arguments. The ids of the processes go to standard output, in that order.
    """
    told = os.dup(1)
    os.dup2(2, 1)  # what an import prints is for a log
    _preload(_OF_COMPONENTS)
    gc.freeze()  # a collection would write to, and so copy, what the components share
    sys.stdout.flush()  # what waits there would be written by each child
    nursery, pids = os.getpid(), []
    for log, arguments in components.items():
        if pid := os.fork():
            pids.append(pid)
            continue
        os.close(told)
        _settle(log, f"airflow {' '.join(arguments)}")
        while os.getppid() == nursery:  # bound to it, this process would end with it
            time.sleep(0.001)
        _bind(parent)
        return list(arguments)
    os.write(told, json.dumps(pids).encode())
    os._exit(0)  # nothing is to be cleaned up here: it is all the children's now


def _settle(log: str, title: str) -> None:
    """Give this process a session, a log and a title of its own."""
    os.setsid()
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    setproctitle(title)


if __name__ == "__main__":
    main()
