"""A range is counted only where the executor has what its driver has."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import dataclass

from opengenome import ENGINE_VERSION
from opengenome.errors import EngineError, OpenGenomeError
from opengenome.io import package
from opengenome.io.ranges import RangeResult, RangeTask, count_range


@dataclass(frozen=True, slots=True)
class Versions:
    """What driver and executors must have in common. code: package.digest. python: major and minor, as PySpark asks."""

    engine: str
    code: str
    python: str
    pyspark: str

    @classmethod
    def here(cls) -> Versions:
        """Of this process."""
        python = ".".join(platform.python_version_tuple()[:2])
        return cls(ENGINE_VERSION, package.digest(), python, importlib.metadata.version("pyspark"))

    def __str__(self) -> str:
        return f"engine {self.engine} (code {self.code}), Python {self.python}, PySpark {self.pyspark}"


def count_if_same(driver: Versions, task: RangeTask) -> RangeResult | OpenGenomeError:
    """What an executor does with a range."""
    here = Versions.here()
    if here == driver:
        return count_range(task)
    return EngineError(
        f"The executor on {platform.node()} has {here}; the driver has {driver}",
        advice="Give both the same image, or the same package.",
    )
