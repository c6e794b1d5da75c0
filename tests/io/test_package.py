"""The zip for executors is complete on its own, and is compiled once however often Spark unpacks it."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from opengenome import ENGINE_VERSION
from opengenome.io import package as packages
from opengenome.io.package import counting_digest, digest, write_package
from opengenome.io.package import sources as all_code
from opengenome.orchestration.submits import spark_conf

PIN = Path(__file__).with_name("counting_digest.txt")
RENEW = f"python -m opengenome.io.package > {PIN.relative_to(Path(__file__).parents[2])}"
COUNT = """
import opengenome
from opengenome.io import package
from opengenome.spark import daemon, versions
daemon.load_kernels()
print(package.counting_digest(), opengenome.__file__, versions.Versions.here().code)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "opengenome.zip"
    write_package(path)
    return path


def of_executors(package: Path | None) -> dict[str, str]:
    """The environment that Spark gives to executors."""
    conf, prefix = spark_conf(Path("/none"), package), "spark.executorEnv."
    return {name.removeprefix(prefix): value for name, value in conf.items() if name.startswith(prefix)}


def test_the_same_code_gives_the_same_zip(package, tmp_path):
    write_package(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == package.read_bytes()


def test_the_zip_holds_the_counting_code_and_nothing_of_airflow_or_secret(package):
    names = zipfile.ZipFile(package).namelist()
    folders = {Path(name).parts[1] for name in names if len(Path(name).parts) > 2}
    assert folders == {"annotation", "core", "io", "spark"}
    assert all(name.endswith(".py") for name in names)


def test_the_zip_holds_every_module_that_it_imports(package):
    archive = zipfile.ZipFile(package)
    known = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in archive.namelist()}
    for name in archive.namelist():
        for node in ast.walk(ast.parse(archive.read(name))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("opengenome."):
                assert node.module in known, name


# What readers of input use and what decides nothing of what they read.
_MESSAGES = {"errors", "io.diagnosis", "io.refusals", "io.kinds", "io.naming"}
_FILES = {"io.opening", "io.paths", "io.store", "core.atomic", "io.identity", "io.sources", "io.ahead"}
_KEYS = {"io.package", "io.entries", "io.clock", "core.model", "core.bundling"}
_LATER = {"core.coding"}  # proves what was read
_COSTS = {"io.memory"}  # of time


def test_a_change_to_a_reader_of_input_reads_its_input_again():
    sources = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): text for name, text in all_code()}
    waiting, used = ["io.ingest", *(name for name in sources if name.startswith("io.coding"))], set()
    while waiting:
        if (name := waiting.pop()) not in used and name in sources:
            used.add(name)
            for node in ast.walk(ast.parse(sources[name])):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("opengenome."):
                    module = node.module.removeprefix("opengenome.")
                    waiting += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    deciding = tuple(name.removesuffix(".py").replace("/", ".") for name in packages._DECIDING)
    plain = _MESSAGES | _FILES | _KEYS | _LATER | _COSTS | {"core", "io"}
    assert {name for name in used - plain if not f"{name}.".startswith(deciding)} == set()
    assert plain <= used, "a name that no reader uses"


def test_code_that_decides_a_batchs_output_does_not_change_without_a_new_engine_version():
    version, pinned = PIN.read_text().split()
    assert (ENGINE_VERSION, counting_digest()) == (version, pinned), (
        "The code that counts changed. Where the same input may now give another count, digest or file, raise"
        f" ENGINE_VERSION in include/opengenome/__init__.py: stores then count anew. In any case:"
        f" PYTHONPATH=include {RENEW}"
    )


def test_every_deciding_source_exists_and_changes_the_digest(monkeypatch):
    known = dict(packages.sources())
    names = [name for name in known if name.startswith(packages._DECIDING)]
    assert all(any(name.startswith(deciding) for name in names) for deciding in packages._DECIDING)
    found = set()
    for changed in names:
        altered = [(name, source + b"#" * (name == changed)) for name, source in known.items()]
        monkeypatch.setattr(packages, "sources", lambda altered=altered: iter(altered))
        found.add(counting_digest.__wrapped__())
    assert len(found | {counting_digest()}) == len(names) + 1


@pytest.mark.e2e
def test_executors_count_from_it_and_compile_once_for_all_folders_that_spark_makes(package, tmp_path):
    """As Spark does it: each batch unpacks the zip into a new working folder."""
    cache, compiled = tmp_path / "cache", []
    for batch in ("app-1", "app-2"):
        (tmp_path / batch).mkdir()
        shutil.copy(package, tmp_path / batch / package.name)
        environment = {"PATH": os.environ["PATH"], "OPENGENOME_LOOPS": str(cache), **of_executors(package)}
        done = subprocess.run(
            [sys.executable, "-c", COUNT],
            cwd=tmp_path / batch,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith(counting_digest())
        assert done.stdout.endswith(f"opengenome.zip/opengenome/__init__.py {digest()}\n")
        compiled.append({path: path.stat().st_mtime_ns for path in cache.rglob("loops-*")})
    assert compiled[0]
    assert compiled[0] == compiled[1]


def test_a_read_only_cache_is_no_obstacle(package, tmp_path):
    shutil.copy(package, tmp_path / package.name)
    (tmp_path / "file").touch()
    nowhere = {"OPENGENOME_LOOPS": str(tmp_path / "file" / "x"), "XDG_CACHE_HOME": str(tmp_path / "file")}
    environment = {"PATH": os.environ["PATH"], **of_executors(package), **nowhere}
    subprocess.run([sys.executable, "-c", COUNT], cwd=tmp_path, env=environment, check=True)
    assert not list(tmp_path.rglob("loops-*"))


def test_without_a_package_executors_get_no_settings():
    assert of_executors(None) == {}
