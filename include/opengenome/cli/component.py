"""Start components of the embedded Airflow, each in a process of its own.

    python -m opengenome.cli.component <parent pid> <airflow arguments>     becomes `airflow <arguments>`
    python -m opengenome.cli.component <parent pid> together <components>   forks several, prints their ids, and ends

Importing Airflow takes seconds, and nearly all of it is the same for each component. The second form, the nursery,
imports it once and then forks the components (Linux only; elsewhere forking after the import is not safe). It ends at
once, so that the kernel makes the command the parent of the components, as if it had started them itself.

On Linux, the kernel ends this process and everything it forks when their parents end. Airflow's executor forks workers,
which fork task supervisors, which fork tasks. If only the first were bound to the command, `kill -9` would leave the
others running and writing.
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

# Modules that at least two components import and that open no connection, start no thread and do not import numpy. The
# api-server and the dag-processor use the routes; every component uses Alembic to check the database's schema.
_OF_COMPONENTS = (
    "airflow.cli.commands.api_server_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.scheduler_command",
    "airflow.api_fastapi.execution_api.routes",
    "alembic.command",
)

# What most tasks import. Tasks are forked from the scheduler's workers, so importing it in the scheduler saves each
# task a quarter of a second of CPU.
OF_TASKS = (
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "opengenome.orchestration.adapters.operators",
    "opengenome.io.verification",
    "pyarrow.compute",
    "pyarrow.parquet",
)


def main() -> None:
    """Become `airflow <arguments>`; for several components, in a process for each."""
    parent, arguments = int(sys.argv[1]), sys.argv[2:]
    _bind(parent)
    # Airflow creates millions of lasting objects: the usual garbage collection takes a tenth of the start.
    gc.set_threshold(50_000, 50, 50)
    if arguments[0] == TOGETHER:
        arguments = _fork(parent, json.loads(arguments[1]))
    if sys.platform == "linux":
        os.register_at_fork(after_in_child=die_with_parent)
    if arguments[0] == "scheduler":
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # so that numpy starts no thread, which forks would lack
        _preload(OF_TASKS)
    sys.argv = ["airflow", *arguments]
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


def _bind(parent: int) -> None:
    die_with_parent()
    if sys.platform == "linux" and os.getppid() != parent:  # the parent died before the call above
        sys.exit("The command that started this component has ended")


def _preload(modules: Iterable[str]) -> None:
    with contextlib.suppress(ImportError):  # the component or task reports it in its own log
        for name in modules:
            importlib.import_module(name)


def _fork(parent: int, components: Mapping[str, Sequence[str]]) -> list[str]:
    """Fork a process for each component; returns only in those processes, with the component's arguments.

    components: arguments by log file. The process ids are written to standard output, in that order.
    """
    answer = os.dup(1)
    os.dup2(2, 1)  # output of imports goes to the log
    _preload(_OF_COMPONENTS)
    gc.freeze()  # a garbage collection would write to shared memory, and so copy it
    sys.stdout.flush()  # each child would write what is still buffered
    nursery, pids = os.getpid(), []
    for log, arguments in components.items():
        if pid := os.fork():
            pids.append(pid)
            continue
        os.close(answer)
        _settle(log, f"airflow {' '.join(arguments)}")
        while os.getppid() == nursery:  # if bound to the nursery, this process would end with it
            time.sleep(0.001)
        _bind(parent)
        return list(arguments)
    os.write(answer, json.dumps(pids).encode())
    os._exit(0)  # without cleaning up: everything belongs to the children now


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
