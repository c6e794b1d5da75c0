"""The process that forks Spark's Python workers, made ready once before the first fork.

Spark starts it by name (`spark.python.daemon.module`). Importing numba and pyarrow and loading the compiled loops takes
more than a second of each worker otherwise, for batches that are counted in less.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

import numpy as np
import pyarrow.compute
import pyarrow.parquet  # noqa: F401  (for the workers)
from pyspark import daemon

from opengenome.core.counting import SequenceCounter
from opengenome.spark import ranges  # noqa: F401  (for the workers)

_PR_SET_PDEATHSIG = 1


def die_with_daemon() -> None:
    """In each worker, Linux: a daemon that is killed takes its workers with it, also one that counts for minutes.

    Without this a worker notices only when it writes to Spark next. A daemon that loses Spark ends its workers itself.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def make_ready() -> None:
    """Load the compiled loops by counting a codon each way. No threads are started: they would not survive a fork."""
    counter = SequenceCounter(0)
    list(counter.feed_fasta(np.frombuffer(b">a\nACG\n", dtype=np.uint8)))
    list(counter.finish())
    letters, offsets = np.frombuffer(b"ACG", dtype=np.uint8), np.array([0, 3], dtype=np.int64)
    list(counter.feed_strings(["a"], letters, offsets, np.zeros(1, dtype=np.uint8)))


if __name__ == "__main__":
    make_ready()
    if sys.platform == "linux":
        os.register_at_fork(after_in_child=die_with_daemon)
    daemon.manager()
