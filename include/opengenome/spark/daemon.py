"""The process that forks Spark's Python workers, with what they need imported once, before the first fork.

Spark starts it by name (`spark.python.daemon.module`); importing numba in each worker instead costs most of a second.
"""

from __future__ import annotations

from pyspark import daemon

from opengenome.core.counting import load_kernels
from opengenome.spark import ranges

if __name__ == "__main__":
    load_kernels()
    assert ranges  # imported for the workers  # noqa: S101
    daemon.manager()
