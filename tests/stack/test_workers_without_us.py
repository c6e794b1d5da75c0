"""Workers whose image lacks include/ count with the zip of `opengenome package`, which the submit sends them."""

from __future__ import annotations

import time

import httpx
import pytest
from containers import free_port

pytestmark = pytest.mark.e2e

# What another Spark cluster has: Python, PySpark and the libraries, but not our package.
BARE = """
FROM {image}
USER 0
RUN rm -rf /opt/opengenome/include /opt/opengenome/loops
USER 10001:0
"""

OVERRIDE = """
services:
  scheduler:
    environment:
      OPENGENOME_PACKAGE: /data/landing/opengenome.zip
  spark-worker:
    image: {image}
    volumes: !override
      - store:/data/store
      - ./data/landing:/data/landing:ro
"""


@pytest.fixture(scope="module")
def bare_workers(stack, docker):
    image, package = f"{stack.project}:bare", stack.landing / "opengenome.zip"
    stack.cli("package", "--output", package)
    (stack.root / "bare").mkdir()
    (stack.root / "bare" / "Dockerfile").write_text(BARE.format(image=stack.environment["OPENGENOME_IMAGE"]))
    docker("build", "--quiet", "--tag", image, str(stack.root / "bare"))
    (stack.root / "bare.yaml").write_text(OVERRIDE.format(image=image))
    changed = {
        "COMPOSE_FILE": "docker-compose.yaml:bare.yaml",
        "COMPOSE_PROFILES": "history",  # as the stack is started anew in any case
        "OPENGENOME_HISTORY_PORT": str(free_port()),
    }
    stack.environment |= changed
    stack.compose("up", "--detach", "--wait")
    yield  # the stack is left so: the tests of this file are the last
    for name in changed:
        del stack.environment[name]
    package.unlink()


def compiled(stack, index):
    """The compiled loops in a worker container: file and when it was written."""
    found = stack.run_in(
        "spark-worker", "find", "/opt/opengenome/run", "-name", "loops-*", "-printf", "%p %T@\\n", index=index
    )
    return {*found.splitlines()}


def test_workers_count_the_same_bytes_from_the_zip_and_compile_it_once(stack, bare_workers, timed):
    assert stack.run_in("spark-worker", "sh", "-c", "ls /opt/opengenome/include 2>&1 || true").endswith(
        "No such file or directory\n"
    )
    assert stack.analyze("bare-1", "--batch-size", stack.fresh_size())[0] == stack.reference
    first = {index: compiled(stack, index) for index in (1, 2)}
    assert first[1] or first[2]
    assert stack.analyze("bare-2", "--batch-size", stack.fresh_size())[0] == stack.reference
    for index, before in first.items():
        if before:
            assert compiled(stack, index) == before  # nothing was compiled again


def test_the_history_server_shows_what_spark_did_in_each_batch(stack, bare_workers, timed):
    stack.analyze("history", "--batch-size", stack.fresh_size())
    url = f"http://127.0.0.1:{stack.environment['OPENGENOME_HISTORY_PORT']}/api/v1/applications?status=completed"
    deadline, names = time.monotonic() + 60, set()  # it looks for new ones every 10 s
    while not names >= {"codon_usage batch 1", "codon_usage batch 2"}:
        assert time.monotonic() < deadline, names
        time.sleep(1)
        names = {one["name"] for one in httpx.get(url, trust_env=False, timeout=30).json()}
