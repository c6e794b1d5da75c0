"""Run a trivial Spark job and keep the Java classes that took, parsed and verified (AppCDS, JEP 350), in argv[1].

The image's own way to what `opengenome.orchestration.submits` makes for a checkout: it needs nothing but Spark, so that
a change of our code does not make the archive anew.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

JOB = """
from pyspark import SparkConf, SparkContext
context = SparkContext(conf=SparkConf())
assert context.parallelize(range(4), 2).map(str).collect() == list("0123")
context.stop()
"""


def main() -> None:
    archive = sys.argv[1]
    with tempfile.TemporaryDirectory() as scratch:
        job = Path(scratch, "job.py")
        job.write_text(JOB)
        options = f'-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss512k "-XX:ArchiveClassesAtExit={archive}"'
        conf = {"spark.ui.enabled": "false", "spark.driver.extraJavaOptions": options}
        arguments = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
        subprocess.run(
            ["spark-submit", "--master", "local[1]", "--driver-memory", "512m", *arguments, job],
            env=os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"},
            check=True,
        )


if __name__ == "__main__":
    main()
