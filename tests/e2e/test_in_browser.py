"""A user at Airflow's own interface: a run from the form, and its report beside the published table."""

from __future__ import annotations

import csv
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from opengenome import flow
from opengenome.cli.embedded import Running, airflow
from opengenome.cli.environment import USER, Site
from opengenome.orchestration.settings import project_root
from tests.browsing import chromium, visit

__all__ = ["chromium"]
pytestmark = pytest.mark.e2e
ENDS = 120.0  # seconds, on a busy machine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seen").resolve()


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    """A checkout's Airflow with the real DAG, away from the checkout."""
    root = project_root()
    site = Site(root, folder / "airflow", root / "dags", root / "plugins")
    with pytest.MonkeyPatch.context() as patched:
        for name in ("STORE", "RESULTS", "LANDING"):
            patched.setenv(f"OPENGENOME_{name}", str(folder / name.lower()))
        with airflow(site, "analyze", print) as running:
            yield running


def until(running: Running, run: str, state: str) -> None:
    end = time.monotonic() + ENDS
    while running.client.run_state(run) != state:
        running.alive()
        assert time.monotonic() < end, [(t["task_id"], t["state"]) for t in running.client.task_instances(run)]
        time.sleep(0.3)


def logs_in(tab: Page, running: Running) -> None:
    tab.goto(f"{running.instance.url}/dags/{flow.DAG}")
    tab.locator("input[name=username]").fill(USER)
    tab.locator("input[name=password]").fill(running.password)
    tab.locator("button[type=submit]").click()
    tab.wait_for_url(f"**/dags/{flow.DAG}*")


def starts(tab: Page, run: str, source: Path) -> None:
    tab.get_by_role("button", name="Trigger").first.click()
    form = tab.get_by_role("dialog")
    form.locator("#element_source").fill(str(source))
    form.get_by_role("button", name="Batches").click()
    size = form.locator("input[name=element_batch_size]")
    size.fill("1")
    size.press("Tab")
    form.get_by_role("button", name="Advanced Options").click()
    form.locator("input[name=dagRunId]").fill(run)
    form.get_by_role("button", name="Trigger").click()
    tab.wait_for_url(f"**/runs/{run}*")


def cells(report: FrameLocator, column: str) -> dict[str, float]:
    """The value of each codon in the table, for the measure that is shown."""
    shown = report.locator(f"table.code .v.{column} data").filter(visible=True)
    expect(shown).to_have_count(64)
    return {
        str(one[0])[:3]: float(one[1]) for one in shown.evaluate_all("all => all.map((one) => [one.title, one.value])")
    }


def published(folder: Path, run: str, column: str) -> dict[str, float]:
    with (folder / "results" / run / "codon_usage.csv").open() as table:
        return {row["codon"]: float(row[column]) for row in csv.DictReader(table)}


def test_a_run_of_the_form_shows_its_published_table_in_the_tab_report(
    chromium, running: Running, folder: Path
) -> None:
    source = random.Random(4)  # noqa: S311  (test data)
    fasta = folder / "three.fasta"
    whole = "".join(f">s{number}\n{''.join(source.choices('ACGT', k=400_000))}\n" for number in range(3))
    fasta.write_text(whole)
    with visit(chromium) as visited:
        tab = visited.page
        logs_in(tab, running)
        starts(tab, "first", fasta)
        until(running, "first", "success")
        tab.locator("a[title=Report]").click()
        report = tab.frame_locator("iframe").frame_locator("iframe")
        assert cells(report, "count") == published(folder, "first", "count")
        report.locator("#show-rscu").check()
        assert cells(report, "rscu") == pytest.approx(published(folder, "first", "rscu"), abs=1e-6)
