"""Import the installed pyspark instead of the zip that Spark puts on PYTHONPATH.

Spark puts its own zips of pyspark and py4j, and a jar, first on PYTHONPATH (`PythonUtils.sparkPythonPath`). Python does
not cache compiled modules of a zip, so each process would compile pyspark again, which takes half a second of CPU.
"""

from __future__ import annotations

import re
import sys
import zipimport
from importlib.machinery import PathFinder
from pathlib import Path

_OF_SPARK = re.compile(r"pyspark\.zip|py4j-.*-src\.zip|spark-core_.*\.jar")
_VERSION = "version.py"


def prefer_installed_pyspark() -> None:
    """Remove Spark's entries from `sys.path` if the same version of pyspark is installed. Import pyspark afterwards.

    The zip of --py-files stays.
    """
    brought = [entry for entry in sys.path if _OF_SPARK.fullmatch(Path(entry).name)]
    others = [entry for entry in sys.path if entry not in brought]
    found = PathFinder.find_spec("pyspark", others)
    if not (found and found.origin and PathFinder.find_spec("py4j", others)):
        return
    installed = Path(found.origin).with_name(_VERSION).read_bytes()
    if all(_version(entry) == installed for entry in brought if Path(entry).name == "pyspark.zip"):
        sys.path[:] = others
        for entry in brought:  # else Spark's workers would read their contents again for each task
            sys.path_importer_cache.pop(entry, None)


def _version(package: str) -> bytes | None:
    """The version file of a zip of pyspark; None if it has none."""
    try:
        return zipimport.zipimporter(package).get_data(f"pyspark/{_VERSION}")
    except (OSError, zipimport.ZipImportError):
        return None
