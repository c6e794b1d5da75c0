"""One component of the embedded Airflow: `python -m opengenome.cli.component <parent pid> <airflow arguments>`.

Runs Airflow's own command in this process, after telling the kernel (Linux) that this process and everything it forks
must not outlive their parents. Airflow's executor forks workers, which fork task supervisors, which fork tasks; with
only the first of them bound to the command, `kill -9` would leave the rest running and writing.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import runpy
import sys

from opengenome.io.lifeline import die_with_parent

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
    """Become `airflow <arguments>`."""
    parent, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        die_with_parent()
        if os.getppid() != int(parent):  # it died before the kernel was told
            sys.exit("The command that started this component has gone")
        os.register_at_fork(after_in_child=die_with_parent)
    # Loading Airflow makes millions of objects that stay: collecting at Python's usual pace costs a tenth of the start.
    gc.set_threshold(50_000, 50, 50)
    if arguments[0] == "scheduler":
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy then starts no thread, which no fork would have
        with contextlib.suppress(ImportError):  # the tasks tell of it, where people look
            for name in _OF_TASKS:
                importlib.import_module(name)
    sys.argv = ["airflow", *arguments]
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
