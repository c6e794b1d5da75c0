"""The CPU time of one submit is reported by process; nothing is lost or counted twice."""

from __future__ import annotations

import sys

import pytest

from benchmarks import measuring, planned
from benchmarks.submit_processes import DAEMON, DRIVER, JVM, KINDS, LAUNCHER, OTHER, WORKERS, SubmitMeter, kind_of

SUBMIT = ["org.apache.spark.deploy.SparkSubmit", "--master", "local[*]", "--conf"]
SUBMIT += ["spark.python.daemon.module=opengenome.spark.daemon", "file:///a/opengenome/spark/count_batch.py", "--spec"]
PYTHON = "/a b/.venv/bin/python3.11"


@pytest.mark.parametrize(
    ("command", "parent", "kind"),
    [
        (["java", "-Xmx128m", "-cp", "/a/jars/*", "org.apache.spark.launcher.Main", *SUBMIT], OTHER, LAUNCHER),
        (["/usr/lib/jvm/17/bin/java", "-cp", "/a/jars/*", "-Xmx512m", *SUBMIT], OTHER, JVM),
        ([PYTHON, "/a/opengenome/spark/count_batch.py", "--spec", "spec.json"], JVM, DRIVER),
        ([PYTHON, "-m", "opengenome.spark.daemon", "pyspark.worker"], JVM, DAEMON),
        ([PYTHON, "-m", "opengenome.spark.daemon", "pyspark.worker"], DAEMON, WORKERS),
        # What starts them has their words in its own command line.
        (["bash", "/a/bin/spark-submit", *SUBMIT], OTHER, OTHER),
        (["bash", "/a/bin/spark-class", *SUBMIT], OTHER, OTHER),
        ([PYTHON, "-E", "-S", "/a/benchmarks/launch.py", "usage.json", "spark-submit", *SUBMIT], OTHER, OTHER),
        (["/usr/lib/jvm/17/lib/jspawnhelper", "17.0.15", "325:326:329"], JVM, OTHER),
        (["java", "-version"], OTHER, OTHER),
        ([], JVM, OTHER),
    ],
)
def test_a_process_is_classified_by_its_program_and_its_parent(command, parent, kind):
    assert kind_of(command, parent) == kind


@pytest.mark.skipif(sys.platform != "linux", reason="measured through /proc")
def test_a_process_counts_for_itself_alone_and_as_each_program_that_it_becomes(tmp_path):
    # A process that computes for 0.3 s, becomes the driver (its CPU time goes on from there), and computes until 0.8 s.
    (tmp_path / "count_batch.py").write_text("import time\nwhile time.process_time() < 0.8: pass")
    become = f"""
import os, time
while time.process_time() < 0.3: pass
os.execv({sys.executable!r}, ["python", "count_batch.py"])
"""
    waits = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {become!r}])"
    with SubmitMeter() as meter:
        usage = measuring.measure([sys.executable, "-c", waits], tmp_path)
    assert set(meter.cpu) == {DRIVER, OTHER}
    assert 0.35 < meter.cpu[DRIVER] < 0.6
    assert 0.7 < sum(meter.cpu.values()) < usage.cpu + 0.03  # whole ticks of 0.01 s


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="measured through /proc")
def test_a_real_submit_is_broken_down_by_process_with_nothing_missing(tmp_path):
    (tmp_path / "tiny.fasta").write_text(">tiny\nACGTACGT\n")
    spec = planned.spec_file(tmp_path / "tiny.fasta", tmp_path)
    with SubmitMeter() as meter:
        usage = measuring.submit(spec, tmp_path / "batch", "local[*]")
    assert {kind for kind in KINDS if meter.cpu[kind] > 0} == set(KINDS)
    assert sum(meter.cpu.values()) == pytest.approx(usage.cpu, rel=0.15)
