"""Spark's Python daemon, driven as Spark drives it: whichever process is killed, no worker stays."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import sys

import psutil
import pytest

from opengenome.orchestration import settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")


@pytest.fixture
def daemon():
    environment = os.environ | {"PYTHON_WORKER_FACTORY_SECRET": "secret", "SPARK_REUSE_WORKER": "1"}
    environment["PYTHONPATH"] = str(settings.project_root() / "include")
    command = [sys.executable, "-m", "opengenome.spark.daemon", "pyspark.worker"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def worker(daemon):
    """A worker that waits for Spark: its connection stays open."""
    (port,) = struct.unpack("!i", daemon.stdout.read(4))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        (pid,) = struct.unpack("!i", connection.recv(4))
        process = psutil.Process(pid)
        assert process.ppid() == daemon.pid
        # It answers once it runs Python code after the fork.
        connection.sendall(struct.pack("!i", 6) + b"secret")
        assert connection.recv(4) == struct.pack("!i", 2)
        yield process
        with contextlib.suppress(psutil.Error):
            process.kill()


def test_a_killed_daemon_takes_its_workers_with_it(daemon, worker):
    daemon.kill()
    worker.wait(5)


def test_a_daemon_that_loses_spark_ends_with_its_workers(daemon, worker):
    daemon.stdin.close()
    worker.wait(5)
    daemon.wait(5)
