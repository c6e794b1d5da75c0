"""One stack from empty volumes for all tests here, in a copy of the checkout and a compose project of its own.

Only with --stack, and where a docker engine answers. After the tests it is brought down, and nothing may be left.
"""

from __future__ import annotations

import subprocess
import time

import pytest
from containers import Containers, Report, without_docker
from samples import write_sample


def pytest_collection_modifyitems(config, items):
    why = "needs --stack: containers" if not config.getoption("--stack") else without_docker()
    if why:
        for item in items:
            if item.path.parent.name == "stack":
                item.add_marker(pytest.mark.skip(reason=why))


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--stack") and (why := without_docker()):
        terminalreporter.write_line(f"THE STACK WAS NOT TESTED: {why}", red=True, bold=True)


@pytest.fixture(scope="session")
def report(request):
    return Report(request.config)


@pytest.fixture(scope="session")
def stack(tmp_path_factory, report):
    containers = Containers(tmp_path_factory.mktemp("stack") / "checkout")
    write_sample(containers.landing)
    with report.timed("the embedded run, for its bytes"):
        containers.reference, _ = containers.analyze("reference", on="here")
    containers.cli("stack", "init")
    try:
        with report.timed("the image, built"):
            containers.compose("build", "--quiet")
        with report.timed("up from empty volumes, until all is well"):
            containers.cli("stack", "up")
        with containers.memory_watched():
            with report.timed("the first scheduled run"):
                assert containers.wait_for(containers.scheduled_run()) == "success"
            yield containers
        report.memory(containers)
        assert containers.oom_log.read_text() == "", "a container ran out of its memory"
    finally:
        with report.timed("down"):
            containers.cli("stack", "down", "--volumes")
            containers.remove_tags()
    assert containers.left_over() == []


@pytest.fixture
def timed(report, request):
    """Print how long each test took, at its end."""
    began = time.monotonic()
    yield
    report.tell(f"{request.node.name}: {time.monotonic() - began:.0f} s")


@pytest.fixture(scope="session")
def docker(stack):
    def docker(*arguments, check=True):
        return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=check)

    return docker
