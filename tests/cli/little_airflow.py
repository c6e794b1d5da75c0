"""A small `airflow` script that replaces the real one where only its processes matter."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from opengenome.cli.processes import belonging

# Forks a worker that forks a task, like Airflow's executor; "deaf" ignores signals to stop.
AIRFLOW = """
import os, signal, sys, time
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "fail" in sys.argv:
    sys.exit("cannot start")
print("this is", *sys.argv[1:], flush=True)
if "polite" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"ended at {time.monotonic()}"))
    time.sleep(60)
if os.fork() == 0:
    os.fork()
    if "deaf" not in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
time.sleep(60)
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells children of a dead parent on Linux only")


def make_home(folder: Path) -> Path:
    """A home that uses this `airflow`. Tests that use it must sweep it."""
    (folder / "lib" / "airflow").mkdir(parents=True)
    (folder / "lib" / "airflow" / "__init__.py").touch()
    (folder / "lib" / "airflow" / "__main__.py").write_text(AIRFLOW)
    home = folder / "a home"
    (home / "logs" / "components").mkdir(parents=True)
    return home


def environment(home: Path) -> dict[str, str]:
    include = Path(__file__).parents[2] / "include"
    return {**os.environ, "PYTHONPATH": f"{home.parent / 'lib'}{os.pathsep}{include}"}


def until(count: int, home: Path, seconds: float = 10.0) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    while len(found := belonging(home)) != count and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def command(home: Path, starting: str) -> subprocess.Popen[bytes]:
    code = f"""if True:
        import os, sys, time
        from pathlib import Path
        from opengenome.cli.processes import Components
        Components(Path(sys.argv[1]), dict(os.environ)).{starting}
        time.sleep(60)
    """
    return subprocess.Popen([sys.executable, "-c", code, str(home)], env=environment(home))
