"""One component of the embedded Airflow: `python -m opengenome.cli.component <parent pid> <airflow arguments>`.

Runs Airflow's own command in this process, after telling the kernel (Linux) that this process and everything it forks
must not outlive their parents. Airflow's executor forks workers, which fork task supervisors, which fork tasks; with
only the first of them bound to the command, `kill -9` would leave the rest running and writing.
"""

from __future__ import annotations

import gc
import os
import runpy
import sys

from opengenome.io.lifeline import die_with_parent


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
    sys.argv = ["airflow", *arguments]
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
