"""The settings: folders, files and limits of the machine, read from the environment at run time."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opengenome.core.numerals import whole
from opengenome.errors import UsageError

POOL = "opengenome_spark"
CONNECTION = "spark_default"  # says where Spark runs
RUN = "RUN"  # stands for a run's id in `retry_command`


def project_root() -> Path:
    """The folder that holds dags/, plugins/ and include/; for an installed package, `opengenome` in Airflow's home.

    By default, data/ and results/ lie in it.
    """
    above = Path(__file__).resolve().parents[2]
    if above.name == "include":
        return above.parent
    return _path("AIRFLOW_HOME", os.environ.get("AIRFLOW_HOME") or "~/airflow") / "opengenome"


def _path(variable: str, text: str | Path) -> Path:
    """An absolute path. Raises UsageError that names the variable."""
    try:
        path = Path(text).expanduser().resolve()
        # Since Python 3.13, `resolve` accepts a loop of links.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            path.lstat()
    except (RuntimeError, OSError) as error:  # no such user, a loop of links, a name that is too long
        raise UsageError(f"{variable} is {text}, which is not a valid path: {error}") from error
    return path


@dataclass(frozen=True, slots=True)
class Settings:
    """store: shards, batch outputs, plans. results: published runs. landing: the input folder of scheduled runs.

    source_roots: folders that inputs must lie in, after resolving links. spark_slots: submits at one time, all runs
    together. task_seconds: time-out of a task. driver_memory: heap of a Spark driver, in Spark's notation.
    class_archive: of submits.make_class_archive. spark_properties: a file of Spark properties for every submit,
    instead of spark-defaults.conf. package: the zip of `opengenome package`, for executors that lack this package.
    deadline_seconds: after which a run that has not ended is late. notifier, notifier_arguments: the class of an
    Airflow notifier, and its keyword arguments. retry_command: of this Airflow, with `RUN` for a run's id. None, "":
    not used.
    """

    store: Path
    results: Path
    landing: Path
    source_roots: tuple[Path, ...]
    spark_slots: int
    task_seconds: int
    driver_memory: str
    class_archive: Path
    spark_properties: Path | None
    package: Path | None
    deadline_seconds: int | None
    notifier: str
    notifier_arguments: dict[str, Any]
    retry_command: str


def load() -> Settings:
    """The current settings. Raises UsageError for an invalid value."""
    root = project_root()

    def folder(name: str, default: Path) -> Path:
        return _path(f"OPENGENOME_{name}", os.environ.get(f"OPENGENOME_{name}") or default)

    def file(name: str) -> Path | None:
        given = os.environ.get(f"OPENGENOME_{name}")
        return _path(f"OPENGENOME_{name}", given) if given else None

    landing = folder("LANDING", root / "data" / "landing")
    roots = os.environ.get("OPENGENOME_SOURCE_ROOTS") or str(root / "data")
    return Settings(
        store=folder("STORE", root / "data" / "store"),
        results=folder("RESULTS", root / "results"),
        landing=landing,
        source_roots=(landing, *(_path("OPENGENOME_SOURCE_ROOTS", part) for part in roots.split(os.pathsep) if part)),
        # Two: while one submit starts its JVM, the other counts. More would only use more memory.
        spark_slots=_positive("SPARK_SLOTS", min(2, os.cpu_count() or 1)),
        # One day. A batch takes seconds, the largest gzip hours; a task that takes longer hangs.
        task_seconds=_positive("TASK_SECONDS", 86_400),
        driver_memory=os.environ.get("OPENGENOME_DRIVER_MEMORY") or "512m",
        class_archive=folder("CLASS_ARCHIVE", Path(sys.prefix) / "opengenome-spark.jsa"),
        spark_properties=file("SPARK_PROPERTIES"),
        package=file("PACKAGE"),
        deadline_seconds=_positive("DEADLINE_SECONDS") if os.environ.get("OPENGENOME_DEADLINE_SECONDS") else None,
        notifier=os.environ.get("OPENGENOME_NOTIFIER") or "",
        notifier_arguments=_arguments("NOTIFIER_ARGUMENTS"),
        retry_command=os.environ.get("OPENGENOME_RETRY_COMMAND") or "",
    )


def _positive(name: str, default: int = 0) -> int:
    text = os.environ.get(f"OPENGENOME_{name}") or str(default)
    number = whole(text)
    if not number:
        raise UsageError(f"OPENGENOME_{name} is {text!r}, which is not a whole number above 0")
    return number


def _arguments(name: str) -> dict[str, Any]:
    """A JSON object."""
    text = os.environ.get(f"OPENGENOME_{name}") or "{}"
    with contextlib.suppress(ValueError):
        if isinstance(found := json.loads(text), dict):
            return found
    # It may hold a password, so it is not repeated.
    raise UsageError(f"OPENGENOME_{name} is not a JSON object", advice='Write it like {"to": "ada@example.org"}.')
