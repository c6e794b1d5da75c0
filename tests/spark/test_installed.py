"""A process of a submit imports the installed pyspark, compiled once, if Spark brings the same version."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pyspark
import pytest

PROGRAM = """
import sys
from opengenome.spark.installed import prefer_installed_pyspark
prefer_installed_pyspark()
import pyspark, py4j
print(pyspark.__file__)
print([entry for entry in sys.path if entry.endswith((".zip", ".jar"))])
print([entry for entry in sys.path_importer_cache if entry.endswith(("pyspark.zip", "-src.zip", ".jar"))])
"""


def brought(folder, version):
    """The entries that Spark puts first on PYTHONPATH, with a pyspark of this version."""
    named = [folder / name for name in ("pyspark.zip", "py4j-0.1-src.zip", "spark-core_2.13-1.0.jar", "opengenome.zip")]
    for path in named:
        with zipfile.ZipFile(path, "w") as archive:
            if path.name == "pyspark.zip":
                archive.writestr("pyspark/__init__.py", "")
                archive.writestr("pyspark/version.py", version)
            elif path.name.startswith("py4j"):
                archive.writestr("py4j/__init__.py", "")
    return [*map(str, named)]


def imported(entries):
    path = os.pathsep.join([*entries, os.environ["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


VERSION = Path(pyspark.__file__).with_name("version.py").read_text()


def test_the_installed_pyspark_is_imported_if_spark_brings_the_same_version(tmp_path):
    *of_spark, package = brought(tmp_path, VERSION)
    assert imported([*of_spark, package]) == [pyspark.__file__, repr([package, *_standard_zip()]), "[]"]


def _standard_zip():
    """Python's own entry for a zipped library, which need not exist."""
    return [entry for entry in sys.path if Path(entry).name.startswith("python3") and entry.endswith(".zip")]


@pytest.mark.parametrize("version", [VERSION.replace("4.", "3."), ""])
def test_another_version_of_pyspark_that_spark_brings_stays_first(tmp_path, version):
    entries = brought(tmp_path, version)
    first, on_path, _ = imported(entries)
    assert first.startswith(entries[0])
    assert on_path == repr([*entries, *_standard_zip()])
