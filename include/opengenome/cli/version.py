"""`--version`: the versions of this package, Airflow, Spark, Python and Java."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from opengenome import ENGINE_VERSION, __version__

_JAVA_SECONDS = 5.0  # usually 0.1


def lines() -> Iterator[str]:
    """Two lines for people, even if a program is missing."""
    yield f"opengenome {__version__} (counting engine {ENGINE_VERSION})"
    found = {
        "Airflow": _package("apache-airflow"),
        "Spark": _package("pyspark"),
        "Python": platform.python_version(),
        "Java": _java(),
    }
    yield " · ".join(f"{name} {number}" for name, number in found.items())


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _java() -> str:
    """The version of the Java that Spark would use."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else "java"
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=_JAVA_SECONDS)
    except OSError:
        return "not found"
    except subprocess.TimeoutExpired:
        return "does not answer"
    found = re.search(r'version "([^"]+)"', done.stderr + done.stdout)
    return found[1] if found and not done.returncode else "does not start"
