"""The environment of our Spark submits: what they need, without the user's options for other programs.

A submit on this machine takes its Java, Spark and Python options from us alone; `JAVA_HOME` selects the Java. A submit
to a cluster keeps the variables of Java, Spark and Hadoop, because they say how to reach that cluster.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_JAVA = dict(word.split("=", 1) for word in shlex.split((_PACKAGE / "java.env").read_text(), comments=True))
JAVA_OPTIONS = _JAVA["java_options"]
MAKE_ARCHIVE, USE_ARCHIVE = _JAVA["java_makes_archive"], _JAVA["java_uses_archive"]
# A submit starts in its scratch folder. The path is relative, because Spark would split an absolute one at commas.
TEMPORARY = "-Djava.io.tmpdir=."

_HOST = "127.0.0.1"
_OF_PYTHON_AND_BASH = re.compile("PYTHON|BASH_ENV$|SHELLOPTS$|BASHOPTS$")
_OF_JAVA_AND_SPARK = re.compile(
    "(SPARK|PYSPARK|HADOOP|YARN|HIVE)_|(JAVA_TOOL|_JAVA|JDK_JAVA|IBM_JAVA|OPENJ9_JAVA)_OPTIONS$|CLASSPATH$"
)
_PLAIN_PATH = re.compile(r"[\w./+-]+")


def is_local(master: str) -> bool:
    """Whether a Spark master is this machine: `local`, `local[2]`, `local[*]`."""
    return master == "local" or master.startswith("local[")


def submit_environment(scratch: Path, class_archive: Path | None = None, *, local: bool) -> dict[str, str]:
    """The whole environment of a submit. scratch: its folder for temporary files and its working directory.

    class_archive: of Spark (submits.make_class_archive); that of the launcher lies beside it.
    """
    foreign = [_OF_PYTHON_AND_BASH, *([_OF_JAVA_AND_SPARK] if local else [])]
    kept = {name: value for name, value in os.environ.items() if not any(kind.match(name) for kind in foreign)}
    spark = kept.get("SPARK_HOME") or _installed()
    return {
        **kept,
        "SPARK_HOME": spark,  # Spark's scripts cannot find it in a path with a space
        "PYTHONPATH": _prepended("PYTHONPATH", str(_PACKAGE.parent)),
        "PATH": _prepended("PATH", str(Path(sys.executable).parent), str(Path(spark, "bin"))),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LAUNCHER_OPTS": _launcher_options(class_archive),
        "TMPDIR": str(scratch),
        **(_of_this_machine() if local else {}),
    }


def launcher_archive(class_archive: Path) -> Path:
    """The class archive of Spark's launcher, the small JVM that builds the command of the driver."""
    return class_archive.with_stem(f"{class_archive.stem}-launcher")


def _launcher_options(class_archive: Path | None) -> str:
    options = f"{JAVA_OPTIONS} {TEMPORARY}"
    if class_archive is None:
        return options
    archive = launcher_archive(class_archive)
    # Spark's script splits these options at spaces and ignores quotes.
    usable = archive.exists() and _PLAIN_PATH.fullmatch(str(archive))
    return f"{options} {USE_ARCHIVE}{archive}" if usable else options


def _of_this_machine() -> dict[str, str]:
    """No other machine has to reach this driver. Java decodes file names by the locale."""
    return {"SPARK_LOCAL_IP": _HOST, "LC_ALL": "C.UTF-8"}


def _installed() -> str:
    """The Spark of this Python's pyspark, which may lie in another environment that this one extends."""
    found = importlib.util.find_spec("pyspark")
    return str(Path(found.origin).parent) if found and found.origin else ""


def _prepended(variable: str, *folders: str) -> str:
    return os.pathsep.join(filter(None, (*folders, os.environ.get(variable))))
