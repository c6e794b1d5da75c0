"""A run on the cluster gives the bytes of the embedded run, counted on both workers with the code of the image."""

from __future__ import annotations

import re

import pytest
from samples import FILES

from opengenome import flow

pytestmark = pytest.mark.e2e


LOOPS = "find /opt/opengenome -name 'loops-*' -printf '%p %T@\\n' | sort"


def test_the_image_holds_the_compiled_loops_for_the_code_that_containers_see(stack):
    inside = (
        f"{LOOPS}; echo then; python -c 'from opengenome.core.kernels import load_kernels; load_kernels()'; {LOOPS}"
    )
    named = ["--name", f"{stack.project}-loops"]
    before, then, after = stack.compose(
        "run", "--rm", "--no-deps", "-T", *named, "dag-processor", "sh", "-c", inside
    ).partition("then\n")
    assert before.count("/opt/opengenome/loops/loops-") == 1
    assert then
    assert after == before


def test_a_run_on_the_cluster_gives_the_bytes_of_the_embedded_run(stack, timed):
    table, progress = stack.analyze("first", "--batch-size", 9000, "--recount")
    assert table == stack.reference
    run = re.search(r"^Run (\S+)$", progress, re.MULTILINE)[1]
    said = stack.logs(run)
    with stack.client() as client:
        answer, _ = client._insist("GET", flow.run_path(run), None)
    note = r"3 files · 9,000 sequences · [\d,]+ codons · 1 batch counted · proven"
    assert re.fullmatch(note, answer.json()["note"])
    assert "Spark-Submit cmd" in said  # nothing was reused
    assert "shared archive" not in said  # Java has nothing against its class archive


def test_executors_on_both_workers_read_and_write_and_the_driver_does_not(stack, timed):
    _, progress = stack.analyze("many", "--batch-size", 9000, "--recount", source=stack.landing / "many")
    said = stack.logs(re.search(r"^Run (\S+)$", progress, re.MULTILINE)[1])
    [hosts] = re.findall(r"Ranges by executor host: (.*)", said)
    counted = {host: int(ranges) for host, ranges in (pair.split() for pair in hosts.split(", "))}
    assert sum(counted.values()) == len(FILES)
    assert counted.keys() == {stack.run_in("spark-worker", "hostname", index=index).strip() for index in (1, 2)}
