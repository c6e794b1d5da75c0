"""How a Spark submit of ours is started: its options, its environment, and the class archive that makes it quick.

python -m opengenome.orchestration.submits    makes the class archive, where it is missing
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from opengenome import ENGINE_VERSION
from opengenome.errors import EngineError, OpenGenomeError
from opengenome.io.store import temporary_beside
from opengenome.orchestration import settings

APPLICATION = Path(__file__).resolve().parents[1] / "spark" / "count_batch.py"

# A driver that lives for seconds gains from neither the optimising compiler nor a concurrent collector.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss512k"


def spark_conf(class_archive: Path, package: Path | None = None) -> dict[str, str]:
    """Spark properties of every submit. The archive is used where it is there; Java ignores one that does not fit.

    package: the zip that executors get by --py-files. The daemon that forks Spark's Python workers is ours and starts
    before Spark tells Python of --py-files; so the environment does, by the name under which Spark puts the zip into
    the executor's working folder.
    """
    used = f' "-XX:SharedArchiveFile={class_archive}"' if class_archive.exists() else ""
    conf = _conf(_JAVA_OPTIONS + used)
    if package:
        conf["spark.executorEnv.PYTHONPATH"] = package.name
        conf["spark.executorEnv.NUMBA_CACHE_LOCATOR_CLASSES"] = "opengenome.core.numba_cache.PackageLocator"
    return conf


def _conf(java_options: str) -> dict[str, str]:
    return {
        "spark.ui.enabled": "false",
        "spark.authenticate": "true",
        "spark.log.level": "WARN",
        "spark.driver.extraJavaOptions": java_options,
        "spark.python.daemon.module": "opengenome.spark.daemon",
    }


def environment() -> dict[str, str]:
    """What a submit needs in its environment: our package, this Python, and the spark-submit installed with it."""
    found = importlib.util.find_spec("pyspark")  # not beside this Python where its environment extends another one
    spark = os.environ.get("SPARK_HOME") or str(Path(found.origin or "").parent if found else "")
    return {
        "SPARK_HOME": spark,  # Spark's scripts fail to find it past a space
        "PYTHONPATH": _prepended("PYTHONPATH", str(APPLICATION.parents[2])),
        "PATH": _prepended("PATH", os.pathsep.join([str(Path(sys.executable).parent), str(Path(spark, "bin"))])),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LAUNCHER_OPTS": _JAVA_OPTIONS,  # the small JVM that builds the command line of the large one
    }


def application_arguments(spec: Path | str, sha256: str, output: Path | str, attempt: str) -> list[str]:
    """What count_batch.py is called with. sha256: of the spec, from whoever wrote it."""
    return ["--spec", str(spec), "--sha256", sha256, "--output", str(output), "--attempt", attempt]


def _prepended(variable: str, folder: str) -> str:
    return os.pathsep.join(filter(None, (folder, os.environ.get(variable))))


def make_class_archive(archive: Path) -> None:
    """Count a tiny batch and keep the Java classes that took, parsed and verified, in a file (AppCDS, JEP 350).

    Takes about 20 s once; saves seconds of CPU in every submit. Raises EngineError where Spark cannot run.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        made = temporary_beside(archive)
        conf = _conf(f'{_JAVA_OPTIONS} "-XX:ArchiveClassesAtExit={made}"')
        options = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
        arguments = application_arguments(*_tiny_batch(folder), attempt="try1")
        command = ["spark-submit", "--master", "local[1]", "--driver-memory", "512m", *options, str(APPLICATION)]
        surroundings = os.environ | environment()
        done = subprocess.run(
            [*command, *arguments], env=surroundings, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode or not (folder / "batch" / "manifest.json").exists():
            lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            raise EngineError(f"Spark does not run here: {lines[-1] if lines else 'it said nothing'}")
        if made.exists():
            made.replace(archive)


def _tiny_batch(folder: Path) -> tuple[Path, str, Path]:
    """A batch with one sequence: its spec, the spec's SHA-256, where its output goes."""
    from opengenome.core.model import CountingParameters
    from opengenome.core.planning import Limits, plan_batches
    from opengenome.io import ingest, schemas, sources
    from opengenome.io.records import read_runs
    from opengenome.io.schemas import BatchSpec
    from opengenome.io.store import Store

    (folder / "tiny.fasta").write_text(">tiny\nACGTACGT\n")
    store, file = Store(folder / "store"), sources.fingerprint(folder / "tiny.fasta")
    manifest, _ = ingest.ingest((file,), store, print)
    runs = read_runs(manifest, store.ingest(manifest.key))
    (batch,) = plan_batches(runs, Limits(1, 1), CountingParameters(), ENGINE_VERSION)
    sha256 = schemas.write(folder / "spec.json", BatchSpec(batch, CountingParameters(), ENGINE_VERSION))
    return folder / "spec.json", sha256, folder / "batch"


if __name__ == "__main__":
    wanted = settings.load().class_archive
    try:
        if not wanted.exists():
            make_class_archive(wanted)
    except OpenGenomeError as error:
        sys.exit(f"error: {error}")
