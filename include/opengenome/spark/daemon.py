"""The process that forks Spark's Python workers. It imports numpy and pyarrow before the first fork.

Spark starts it by name (`spark.python.daemon.module`). The imports take a quarter of a second, which each worker would
spend again.
"""

from __future__ import annotations

import gc
import os

import pyarrow.compute
import pyarrow.parquet  # noqa: F401  (for the workers)

from opengenome.core.kernels import load_kernels
from opengenome.io import parts  # noqa: F401  (for the workers)
from opengenome.io.lifeline import die_with_parent
from opengenome.spark.installed import prefer_installed_pyspark

prefer_installed_pyspark()
import pyspark.worker  # noqa: E402, F401  (for the workers)
from pyspark import daemon  # noqa: E402

if __name__ == "__main__":
    load_kernels()  # starts no threads: they would not survive a fork
    # If the daemon is killed, its workers die with it. Otherwise a worker that counts for minutes would notice only at
    # its next write to Spark. A daemon that loses Spark ends its workers itself.
    os.register_at_fork(after_in_child=die_with_parent)
    # A worker collects garbage after each task. Frozen objects are skipped, so their memory stays shared.
    gc.freeze()
    daemon.manager()
