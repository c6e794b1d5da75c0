"""A user at Airflow's own interface: a run from the form, its report, one failed batch cleared, two runs compared."""

from __future__ import annotations

import csv
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from opengenome import flow
from opengenome.cli.embedded import Running, airflow
from opengenome.cli.environment import USER, Site
from opengenome.orchestration.settings import POOL, project_root
from tests.browsing import Visit, chromium, visit

__all__ = ["chromium"]
pytestmark = pytest.mark.e2e
ENDS = 120.0  # seconds, on a busy machine
SECOND = "second"
Tasks = dict[tuple[str, int], tuple[str, int]]  # of each name and map index: the state and the number of tries
AGAIN = {("count_codons", 2), *((task, -1) for task in ("aggregate", "validate", "report", "publish"))}


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


@pytest.fixture(scope="module")
def visited(chromium: Browser) -> Iterator[Visit]:
    with visit(chromium) as visited:
        yield visited


@pytest.fixture(scope="module")
def tab(visited: Visit, running: Running) -> Page:
    """Logged in."""
    logs_in(visited.page, running)
    return visited.page


@pytest.fixture(scope="module")
def first(tab: Page, running: Running, folder: Path) -> str:
    """A run that was started from the form, in two batches."""
    fasta = folder / "two.fasta"
    fasta.write_text(records(2))
    starts(tab, "first", fasta)
    until(running, lambda: running.client.run_state("first") == "success")
    return "first"


@pytest.fixture(scope="module")
def cleared(tab: Page, running: Running, folder: Path, first: str) -> tuple[Tasks, Tasks]:
    """The tasks of a run whose last batch failed, and after that batch was cleared in the interface."""
    fails_in_its_last_batch(running, SECOND, folder / "other.fasta")
    before = tasks(running, SECOND)
    tab.goto(running.instance.url + flow.task_page(SECOND, "count_codons", 2))
    expect(tab.get_by_text("Failed").first).to_be_visible()
    tab.keyboard.press("Shift+C")
    tab.get_by_role("dialog").get_by_role("button", name=re.compile("Confirm|Clear")).last.click()
    until(running, lambda: running.client.run_state(SECOND) == "success")
    return before, tasks(running, SECOND)


def records(count: int) -> str:
    source = random.Random(4)  # noqa: S311  (test data)
    return "".join(f">s{number}\n{''.join(source.choices('ACGT', k=400_000))}\n" for number in range(count))


def until(running: Running, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + ENDS
    while not holds():
        running.alive()
        assert time.monotonic() < end
        time.sleep(0.3)


def tasks(running: Running, run: str) -> Tasks:
    found = running.client.task_instances(run)
    return {(t["task_id"], t["map_index"]): (t["state"], t["try_number"]) for t in found}


def slots(running: Running, count: int) -> None:
    """How many batches Airflow counts at one time."""
    body = {"name": POOL, "slots": count, "include_deferred": False}
    answer, _ = running.client._insist("PATCH", f"{flow.API}/pools/{POOL}", body)
    assert answer.is_success, answer.text


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
    """What a reader sees of each codon in the table, for the measure that is shown."""
    shown = report.locator(f"table.code .v.{column} data").filter(visible=True)
    expect(shown).to_have_count(64)
    seen = shown.evaluate_all("all => all.map((one) => [one.title, one.innerText])")
    return {str(title)[:3]: float(text.replace(",", "")) for title, text in seen}


def published(folder: Path, run: str, column: str) -> dict[str, float]:
    with (folder / "results" / run / "codon_usage.csv").open() as table:
        return {row["codon"]: float(row[column]) for row in csv.DictReader(table)}


def fails_in_its_last_batch(running: Running, run: str, fasta: Path) -> None:
    """A run whose input changes after the plan, and is whole again at the end."""
    whole = records(3).replace("ACG", "ATG")
    fasta.write_text(whole)
    slots(running, 0)
    running.client.trigger(run, {"source": str(fasta), "batch_size": 1})
    until(running, lambda: tasks(running, run).get(("plan", -1), ("", 0))[0] == "success")
    fasta.write_text(whole[:-3] + "NN\n")
    slots(running, 2)
    until(running, lambda: running.client.run_state(run) == "failed")
    fasta.write_text(whole)


def test_a_run_of_the_form_shows_its_published_table_in_the_tab_report(tab: Page, folder: Path, first: str) -> None:
    tab.locator("a[title=Report]").click()
    report = tab.frame_locator("iframe").frame_locator("iframe")
    report.get_by_role("link", name="Codon usage").click()  # the second click from the run to the table
    expect(report.locator("table.code data:visible").first).to_be_in_viewport()
    report.locator("#show-count").check()
    assert cells(report, "count") == published(folder, first, "count")
    report.locator("#show-rscu").check()
    assert cells(report, "rscu") == pytest.approx(published(folder, first, "rscu"), abs=0.0051)  # two decimals


def test_a_failed_batch_that_is_cleared_runs_again_alone(cleared: tuple[Tasks, Tasks]) -> None:
    before, after = cleared
    assert [before["count_codons", batch][0] for batch in range(3)] == ["success", "success", "failed"]
    assert {task for task, (_, number) in after.items() if number != before[task][1]} == AGAIN


def test_a_batch_links_to_its_page(tab: Page, running: Running, first: str) -> None:
    tab.goto(running.instance.url + flow.task_page(first, "count_codons", 1))
    tab.get_by_role("link", name="Details").click()
    tab.get_by_role("link", name="Batch output").click()
    expect(tab.get_by_role("heading", name="Batch 2 of 2")).to_be_visible()
    expect(tab.get_by_text(f"Run: {first}", exact=True)).to_be_visible()


def test_two_runs_of_the_navigation_s_list_are_compared(
    tab: Page, running: Running, folder: Path, first: str, cleared: tuple[Tasks, Tasks]
) -> None:
    tab.goto(running.instance.url + flow.run_page(first))
    tab.get_by_role("link", name="Codons").first.click()
    pages = tab.frame_locator("iframe")
    for run in (first, SECOND):
        pages.get_by_label(f"Compare {run}").check()
    pages.get_by_role("button", name="Compare two runs").click()
    expect(pages.get_by_role("heading", name="Two runs compared")).to_be_visible()
    shares = {}
    for letter, run in (("A", SECOND), ("B", first)):  # in the order of the list
        codons = sum(published(folder, run, "count").values())
        expect(pages.get_by_role("row", name=f"{letter} {run} {codons:,.0f}")).to_be_visible()
        shares[letter] = f"{published(folder, run, 'per_thousand')['ATG']:.3f}"
    expect(pages.get_by_role("row", name=f"ATG M {shares['A']} {shares['B']}")).to_be_visible()


def test_our_pages_ask_no_other_host_and_the_browser_complains_of_nothing(visited: Visit, running: Running) -> None:
    """Of all pages that the tests above have seen."""
    asked = {urlsplit(address).netloc for address in visited.requested if address.startswith("http")}
    assert asked == {urlsplit(running.instance.url).netloc}
    said = [words for words in visited.complaints if flow.PAGES + "/" in words]
    assert [words for words in said if not words.startswith("warning: An iframe")] == []  # Airflow's own attributes
