"""The process that forks Spark's Python workers, made ready once before the first fork.

Spark starts it by name (`spark.python.daemon.module`). To import numpy and pyarrow takes a quarter of a
second, which each worker would spend anew.
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
    # Killed, the daemon takes its workers with it, also one that counts for minutes: it would notice only when it next
    # writes to Spark. A daemon that loses Spark ends its workers itself.
    os.register_at_fork(after_in_child=die_with_parent)
    # A worker collects garbage after each task. What was there before it, it then leaves alone, and shares.
    gc.freeze()
    daemon.manager()
