"""Our Spark submits: their options, the reasons of their failures, and the class archive that makes them start fast.

python -m opengenome.orchestration.submits    makes the class archive if it is missing
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from opengenome import ENGINE_VERSION
from opengenome.core import atomic
from opengenome.errors import EngineError, OpenGenomeError, SetupError, from_line
from opengenome.io.last_words import last_words
from opengenome.io.paths import shown, text_of
from opengenome.io.store import temporary_folder
from opengenome.orchestration import settings
from opengenome.orchestration.settings import Settings
from opengenome.orchestration.submit_environment import (
    JAVA_OPTIONS,
    MAKE_ARCHIVE,
    TEMPORARY,
    USE_ARCHIVE,
    launcher_archive,
    submit_environment,
)

APPLICATION = Path(__file__).resolve().parents[1] / "spark" / "count_batch.py"
# As a URI: in a path, Spark would misread whatever follows a #.
APPLICATION_URI = APPLICATION.as_uri()

_SIGNALS = 128
_NO_MASTER = "All masters are unresponsive"
_MAY_PASS = re.compile(
    "insufficient memory|memory allocation|cannot allocate|native thread|temporarily unavailable", re.IGNORECASE
)
_FILES = 512
_ADVICE = {
    "native thread|temporarily unavailable": "Allow more processes: ulimit -u.",
    "heap|memory": "OPENGENOME_DRIVER_MEMORY sets the heap, which is 512m by default; `ulimit -v` may limit it.",
}


def spark_conf(class_archive: Path, package: Path | None = None, *, local: bool = False) -> dict[str, str]:
    """Spark properties of every submit. The archive is used if it exists; Java ignores one that does not fit.

    package: the zip that executors get by --py-files. Our daemon, which forks Spark's Python workers, starts before
    Spark adds --py-files to Python's path. So PYTHONPATH names the zip, as Spark calls it in the executor's working
    folder. local: the master is this machine.
    """
    used = [f"{USE_ARCHIVE}{class_archive}"] if class_archive.exists() else []
    conf = _conf(*used, local=local)
    if package:
        conf["spark.executorEnv.PYTHONPATH"] = package.name
    return conf


def _conf(*java_options: str, local: bool) -> dict[str, str]:
    conf = {
        "spark.ui.enabled": "false",
        "spark.log.level": "WARN",
        "spark.driver.extraJavaOptions": " ".join((JAVA_OPTIONS, TEMPORARY, *map(_quoted, java_options))),
        "spark.python.daemon.module": "opengenome.spark.daemon",
    }
    # A local driver also listens for executors. With authentication it answers only those with its secret, which it
    # makes itself and keeps in memory. On a cluster the administrator sets the secret.
    return conf | {"spark.authenticate": "true"} if local else conf


def _quoted(option: str) -> str:
    """Quote one Java option for Spark, so that spaces and quotes stay part of it."""
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def application_arguments(spec: Path | str, sha256: str, output: Path | str, attempt: str) -> list[str]:
    """The arguments of count_batch.py. sha256: of the spec, from the task that wrote it.

    Each path is one line of printable text (`paths.text_of`), because Spark's scripts drop carriage returns.
    """
    places = ["--spec", text_of(Path(spec)), "--output", text_of(Path(output))]
    return [*places, "--sha256", sha256, "--attempt", attempt]


def command(master: str, conf: Mapping[str, str], driver_memory: str, arguments: list[str]) -> list[str]:
    """The command of a submit without Airflow. Start it in its scratch folder, with `submit_environment`."""
    options = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
    return ["spark-submit", "--master", master, "--driver-memory", driver_memory, *options, APPLICATION_URI, *arguments]


def spark_properties(current: Settings) -> Path | None:
    """The user's file of Spark properties, if set. Raises SetupError if it cannot be read."""
    if current.spark_properties and not os.access(current.spark_properties, os.R_OK):
        raise SetupError(
            f"OPENGENOME_SPARK_PROPERTIES is {shown(current.spark_properties)}, which does not exist or cannot be read"
        )
    return current.spark_properties


def failure(said: Iterable[str], code: int | None, batch: int | None = None) -> OpenGenomeError:
    """Why a submit failed. said: its last lines. code: its exit code, below 0 or above 128 for a signal. batch: from 1.

    This is the error that count_batch.py reported, or else the last message of Spark, Java or the shell. A Java or
    Spark that cannot start is not retried, unless a shortage of memory or processes may have passed by then.
    """
    lines = list(said)
    given_up = next((at for at, line in enumerate(lines) if _NO_MASTER in line), None)
    if given_up is not None:  # later failures follow from this one
        cause = last_words(lines[:given_up]) or "it does not answer"
        kind = SetupError if "UnknownHostException" in cause else EngineError
        advice = "Check Airflow's connection spark_default, which names the master."
        return kind(f"Spark's master could not be reached for a minute: {cause}", batch=batch, advice=advice)
    for at, line in enumerate(lines):
        if error := from_line(line):
            if batch:
                error.where.setdefault("batch", batch)
            error.trace = "\n".join(lines[at + 1 :])
            return error
    if code is None or code < 0 or code > _SIGNALS:
        return EngineError(f"Spark was killed{_by(code)}", batch=batch)
    words = last_words(lines)
    if words is None:
        return EngineError(f"Spark ended with exit code {code} and gave no reason", batch=batch)
    kind = EngineError if _MAY_PASS.search(words) else SetupError
    return kind(f"Spark did not start: {words}", batch=batch, advice=_advice(words))


def _advice(words: str) -> str:
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < _FILES or "too many open files" in words.lower():  # Java does not always name the limit
        return f"A process may open {most} files here, and Spark alone opens 300: ulimit -n {2 * _FILES}."
    return next((advice for pattern, advice in _ADVICE.items() if re.search(pattern, words, re.IGNORECASE)), "")


def _by(code: int | None) -> str:
    """` by SIGNAL`. Python gives the signal of its own child as a negative number; a shell adds 128 to it."""
    number = 0 if code is None else -code if code < 0 else code - _SIGNALS
    return f" by {signal.Signals(number).name}" if number in set(signal.Signals) else ""


def make_class_archive(archive: Path) -> None:
    """Count a tiny batch and save the Java classes that it loads, parsed and verified, in a file (AppCDS, JEP 350).

    Takes about 20 s once and saves seconds of CPU in every submit. Raises the error of `failure` if Spark cannot run.
    """
    with temporary_folder(archive) as folder:
        made, of_launcher = folder / "classes.jsa", folder / "launcher.jsa"
        conf = _conf(f"{MAKE_ARCHIVE}{made}", local=True)
        environment = submit_environment(folder, local=True)
        # Java's log about the archive would end up in the command that the launcher prints.
        environment["SPARK_LAUNCHER_OPTS"] += f" {MAKE_ARCHIVE}{of_launcher.name} -Xlog:disable"
        done = subprocess.run(
            command("local[1]", conf, "512m", application_arguments(*_tiny_batch(folder), attempt="try1")),
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )
        if done.returncode or not (folder / "batch" / "manifest.json").exists():
            raise failure((done.stdout + done.stderr).splitlines(), done.returncode)
        for path, place in ((of_launcher, launcher_archive(archive)), (made, archive)):
            if path.exists():
                atomic.move(path, place)


def _tiny_batch(folder: Path) -> tuple[Path, str, Path]:
    """A batch with one sequence: its spec, the spec's SHA-256, where its output goes."""
    from opengenome.core.model import CountingParameters
    from opengenome.core.planning import Limits, plan_batches
    from opengenome.io import ingest, schemas, sources
    from opengenome.io.records import read_spans
    from opengenome.io.schemas import BatchSpec, Material
    from opengenome.io.store import Store

    (folder / "tiny.fasta").write_text(">tiny\nACGTACGT\n")
    store, file = Store(folder / "store"), sources.fingerprint(folder / "tiny.fasta")
    manifest, _ = ingest.ingest(Material((file,)), store, print)
    runs = read_spans(manifest, store.ingest(manifest.key))
    (batch,) = plan_batches(runs, Limits(1, 1), CountingParameters(), ENGINE_VERSION)
    sha256 = schemas.write(folder / "spec.json", BatchSpec(batch, CountingParameters(), ENGINE_VERSION))
    return folder / "spec.json", sha256, folder / "batch"


if __name__ == "__main__":
    wanted = settings.load().class_archive
    try:
        if not wanted.exists() and os.access(wanted.parent, os.W_OK):  # without one, submits are slower
            make_class_archive(wanted)
    except OpenGenomeError as error:
        sys.exit(f"error: {error}")
