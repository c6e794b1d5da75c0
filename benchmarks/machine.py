"""Describe the machine and the versions that are measured."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from opengenome import ENGINE_VERSION, __version__
from opengenome.orchestration import settings

_PACKAGES = ("apache-airflow", "pyspark", "pyarrow", "numpy", "numba", "isal", "biopython")
_VERSION_OF = {
    "java": ["java", "-version"],
    "cusp": ["cusp", "-version"],
    "seqkit": ["seqkit", "version"],
    "gzip": ["gzip", "--version"],
}


def describe() -> dict[str, Any]:
    """Machine, versions, date (UTC), and the load before the first measurement."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
        "class_archive": settings.load().class_archive.exists(),
        "versions": {
            "opengenome": __version__,
            "engine": ENGINE_VERSION,
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
            **{name: _first_line(command) for name, command in _VERSION_OF.items() if shutil.which(name)},
        },
    }


def sentence(machine: dict[str, Any]) -> str:
    """One line for the top of the table."""
    return (
        f"{machine['cores']} cores of {machine['cpu']}, {machine['memory'] / 1e9:.0f} GB, {machine['system']},"
        f" {machine['date']}, load before {machine['load_before']}"
    )


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return next(iter((done.stdout + done.stderr).splitlines()), "").strip()
