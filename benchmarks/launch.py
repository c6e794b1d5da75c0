"""Run one command from a small process and write what it used: `python -E -S launch.py REPORT COMMAND…`.

Linux counts the memory of the process that forks into the child's ru_maxrss. Started from here that is 10 MB.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(report: str, command: list[str]) -> int:
    """wall, cpu: seconds. peak: bytes, of the largest process below. Returns the command's exit code."""
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    with open(report, "w") as file:  # noqa: PTH123 - importing pathlib would add to the memory
        json.dump({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024}, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
