"""Run a trivial Spark job and save the Java classes that it loads, parsed and verified (AppCDS, JEP 350), in argv[1].

The classes of Spark's launcher are saved beside it (`submit_environment.launcher_archive`).

For a checkout, `opengenome.orchestration.submits` makes this archive. This script for the image needs only Spark, so
that a change of our code does not rebuild the archive. The job runs on a local cluster with authentication, so that the
archive holds the classes of drivers and executors.
"""

import os
import secrets
import shlex
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
    archive = Path(sys.argv[1])
    of_launcher = archive.with_stem(f"{archive.stem}-launcher")
    # The Dockerfile puts it beside this file.
    java = shlex.split(Path(__file__).with_name("java.env").read_text(), comments=True)
    flags = dict(word.split("=", 1) for word in java)
    options, make = flags["java_options"], flags["java_makes_archive"]
    with tempfile.TemporaryDirectory() as scratch:
        job = Path(scratch, "job.py")
        job.write_text(JOB)
        properties = Path(scratch, "spark.conf")
        properties.write_text(
            "spark.ui.enabled false\nspark.authenticate true\nspark.network.crypto.enabled true\n"
            f"spark.network.crypto.authEngineVersion 2\nspark.authenticate.secret {secrets.token_urlsafe(32)}\n"
            f"spark.driver.extraJavaOptions {options} {make}{archive}\n"
        )
        subprocess.run(
            ["spark-submit", "--master", "local-cluster[1,1,512]", "--driver-memory", "512m",
             "--conf", "spark.executor.memory=512m", "--properties-file", properties, job],
            env=os.environ
            | {
                "SPARK_LOCAL_IP": "127.0.0.1",
                "SPARK_LAUNCHER_OPTS": f"{options} {make}{of_launcher}",
            },
            cwd=scratch,
            check=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
