"""Workers whose image lacks include/: they count from the zip of `opengenome package`, which the submit sends them."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

# What a Spark cluster of somebody else has: Python, PySpark and the libraries, and nothing of ours.
BARE = """
FROM {image}
USER 0
RUN rm -rf /opt/opengenome/include && rm -rf /opt/opengenome/numba && mkdir -m 0770 /opt/opengenome/numba \\
 && chown 10001:0 /opt/opengenome/numba
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


@pytest.fixture
def bare_workers(stack, docker):
    image, package = f"{stack.project}:bare", stack.landing / "opengenome.zip"
    stack.cli("package", "--output", package)
    (stack.root / "bare").mkdir()
    (stack.root / "bare" / "Dockerfile").write_text(BARE.format(image=stack.environment["OPENGENOME_IMAGE"]))
    docker("build", "--quiet", "--tag", image, str(stack.root / "bare"))
    (stack.root / "bare.yaml").write_text(OVERRIDE.format(image=image))
    stack.environment["COMPOSE_FILE"] = "docker-compose.yaml:bare.yaml"
    stack.compose("up", "--detach", "--wait")
    yield
    del stack.environment["COMPOSE_FILE"]
    package.unlink()
    stack.compose("up", "--detach", "--wait")


def compiled(stack, index):
    """What numba keeps in a worker container: file → when it was written."""
    found = stack.run_in(
        "spark-worker", "find", "/opt/opengenome/numba", "-name", "*.nb?", "-printf", "%p %T@\\n", index=index
    )
    return {*found.splitlines()}


def test_they_count_the_same_bytes_from_the_zip_and_compile_it_once(stack, bare_workers, timed):
    assert stack.run_in("spark-worker", "sh", "-c", "ls /opt/opengenome/include 2>&1 || true").endswith(
        "No such file or directory\n"
    )
    assert stack.analyze("bare-1", "--batch-size", 1801)[0] == stack.reference
    first = {index: compiled(stack, index) for index in (1, 2)}
    assert first[1] or first[2]
    assert stack.analyze("bare-2", "--batch-size", 1802)[0] == stack.reference
    for index, before in first.items():
        assert before <= compiled(stack, index)  # what was compiled is not compiled, and written, again
        if before:
            assert {line.split()[0] for line in compiled(stack, index)} == {line.split()[0] for line in before}
