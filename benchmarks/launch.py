"""Run one command from a small process and write its usage: `python -E -S launch.py REPORT COMMAND…`.

Linux includes the memory of the forking process in the child's ru_maxrss. From this process that is only 10 MB.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36


def main(report: str, command: list[str]) -> int:
    """Write wall: seconds until the command ends; cpu: seconds of all its processes; peak: bytes of the largest one.

    Also waits for processes that the command leaves behind, to include their CPU time. Returns its exit code.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    while (ended := os.wait())[0] != pid:
        continue
    wall = time.perf_counter() - started
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(report, "w") as file:  # noqa: PTH123 - importing pathlib would add to the memory
        json.dump({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024}, file)
    return os.waitstatus_to_exitcode(ended[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
