"""Count a range only if the executor has the same versions as the driver."""

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
    """The versions that driver and executors must share. code: package.digest. python: major and minor only."""

    engine: str
    code: str
    python: str
    pyspark: str

    @classmethod
    def here(cls) -> Versions:
        """The versions of this process."""
        python = ".".join(platform.python_version_tuple()[:2])
        return cls(ENGINE_VERSION, package.digest(), python, importlib.metadata.version("pyspark"))

    def __str__(self) -> str:
        return f"engine {self.engine} (code {self.code}), Python {self.python}, PySpark {self.pyspark}"


def count_if_same(driver: Versions, task: RangeTask) -> RangeResult | OpenGenomeError:
    """Count a range on an executor. Returns an EngineError if its versions differ from the driver's."""
    here = Versions.here()
    if here == driver:
        return count_range(task)
    return EngineError(
        f"The executor on {platform.node()} has {here}; the driver has {driver}",
        advice="Use the same image, or the same package, for both.",
    )
