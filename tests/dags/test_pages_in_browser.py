"""Our pages in a real browser, without Airflow's own around them: on a desk, on a phone, and in the dark."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Route
from test_plugin import make_run

from opengenome.io.store import run_slug
from tests.browsing import SIZES, chromium, inaccessible, visit
from tests.published import provenance, write_published

__all__ = ["chromium"]
pytestmark = pytest.mark.e2e

HOST = "airflow.test"
RUNS = "/opengenome/dags/codon_usage/runs"
LONG = "manual__2026-01-01T00:00:00.123456+00:00_" + "x" * 200
BATCH = "a run with a batch"
PAGES = (
    RUNS,
    f"{RUNS}/r1",
    f"{RUNS}/r1/table",
    f"{RUNS}/{quote(LONG)}/table",
    f"/opengenome/dags/codon_usage/compare?run=r1&run={quote(LONG)}",
    f"{RUNS}/{quote(BATCH)}/batches/0",
)


@pytest.fixture(scope="module", autouse=True)
def runs(airflow):
    write_published(airflow.home / "results" / "r1", 1, further=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "tests.published.provenance", lambda seed: provenance(seed) | {"run": LONG, "source": "/y" * 5000}
        )
        write_published(airflow.home / "results" / run_slug(LONG), 2)
    make_run(airflow.home, BATCH)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible_fits_and_asks_nobody_for_anything(
    chromium: Browser, get: Callable[[str], dict], size: str, dark: bool
) -> None:
    def answer(route: Route) -> None:
        asked = urlsplit(route.request.url)
        sent = get(f"{asked.path}?{asked.query}")
        headers = {
            name: text
            for name, text in sent["headers"].items()
            if not name.startswith("content-") or "security" in name
        }
        route.fulfill(status=sent["status"], headers=headers | {"content-type": "text/html"}, body=sent["text"])

    with visit(chromium, size, dark=dark) as visited:
        visited.page.route("**/*", answer)
        for path in PAGES:
            assert visited.page.goto(f"https://{HOST}{path}").ok
            assert inaccessible(visited.page) == [], path
            assert visited.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            for number in visited.page.locator("td.number").all()[-1:]:  # on a phone too, none is broken
                assert number.evaluate("one => getComputedStyle(one).whiteSpace") == "nowrap", path
    assert visited.complaints == []
    assert {urlsplit(address).netloc for address in visited.requested} == {HOST}
