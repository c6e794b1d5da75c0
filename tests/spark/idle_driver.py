"""A driver that runs a job and then waits to be ended, so that tests can inspect its ports and files."""

from __future__ import annotations

import time

from pyspark import SparkConf, SparkContext

if __name__ == "__main__":
    context = SparkContext(conf=SparkConf())
    assert context.parallelize(range(4), 2).map(str).collect() == list("0123")
    print("ready", flush=True)
    time.sleep(600)
