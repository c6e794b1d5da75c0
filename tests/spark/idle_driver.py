"""A driver that has run a job, and then waits to be ended: what listens in a submit, and what lies around it."""

from __future__ import annotations

import time

from pyspark import SparkConf, SparkContext

if __name__ == "__main__":
    context = SparkContext(conf=SparkConf())
    assert context.parallelize(range(4), 2).map(str).collect() == list("0123")
    print("ready", flush=True)
    time.sleep(600)
