"""The page in a real browser, from disk: its figures are drawn under its own policy, its tables need no script."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from opengenome import flow
from opengenome.report.figures import figures
from opengenome.report.material import TaskTrace
from opengenome.report.page import page, vega
from opengenome.report.pipeline_info import pipeline_info
from tests.browsing import SIZES, Visit, chromium, inaccessible, visit
from tests.orchestration.annotated_runs import Row, some_cds
from tests.orchestration.conftest import House
from tests.report.seen import coding_run, few_sequences, figure

__all__ = ["chromium"]
pytestmark = pytest.mark.e2e

PRINTED = ("h1", "h2", "h3", "main p", "caption")  # the largest first
QUOTED = 'x,y,name\n1,2,"a ""b"", c\n d"\n3,,e\n'
_DRAWN = ".chart.drawn svg.marks"


@pytest.fixture
def file(house: House, tmp_path: Path) -> Path:
    file = tmp_path / "report.html"
    file.write_bytes(page(few_sequences(house), [figure("points", QUOTED), *map(figure, "abcde")]))
    return file


def opened(visited: Visit, file: Path) -> Page:
    visited.page.goto(file.as_uri())
    return visited.page


def asks_and_complains_of_nothing(visited: Visit, file: Path) -> None:
    assert visited.complaints == []
    assert {address for address in visited.requested if not address.startswith(("data:", "blob:"))} == {file.as_uri()}


def test_figures_are_drawn_when_they_are_near_under_the_policy_of_the_page(chromium, file: Path) -> None:
    with visit(chromium) as visited:
        tab = opened(visited, file)
        expect(tab.locator(".buttons").first).to_be_attached()
        assert tab.locator(_DRAWN).count() == 0
        tab.locator("figure").first.scroll_into_view_if_needed()
        expect(tab.locator(_DRAWN).first).to_be_visible()
        # y of the other row is missing, and is not drawn as 0
        points = tab.locator("figure").first.locator("[aria-roledescription=point]")
        assert [one.get_attribute("aria-label") for one in points.all()] == ["x: 1; y: 2"]
        expect(tab.locator("figure[data-ready]")).to_have_count(6)
        tab.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(tab.locator(_DRAWN)).to_have_count(6)
        asks_and_complains_of_nothing(visited, file)


def test_any_name_of_a_group_is_drawn_and_saved(chromium, house: House, tmp_path: Path) -> None:
    names = (
        "two\u2028lines",
        "\x1b[31m",
        "__proto__",
        "toString",
        "=1+1",
        "'q'",
        "datum.rscu'\\",
        "</text><script>alert(1)</script>",
    )
    rows = [row for k, name in enumerate(names) for row in some_cds(2, seed=k, organism=name)]
    material = coding_run(house, rows)
    (drawn,) = [one for one in figures(material) if one.name == "usage_by_group"]
    file = tmp_path / "report.html"
    file.write_bytes(page(material, [drawn]))
    with visit(chromium) as visited:
        tab = opened(visited, file)
        with tab.expect_download() as download:
            tab.get_by_role("button", name="as SVG").click()
        download.value.save_as(tmp_path / "saved.svg")
        asks_and_complains_of_nothing(visited, file)
    saved = ElementTree.parse(tmp_path / "saved.svg").getroot()  # noqa: S314  (our own)
    shown = {text for one in saved.iter() if (text := one.text)}
    assert {r"two\u2028lines", r"\x1b[31m", "__proto__", "toString", "=1+1", "'q'", "datum.rscu'\\"} <= shown
    assert not [one for one in saved.iter() if one.tag.endswith("script")]


def test_a_figure_that_cannot_be_drawn_says_so_and_gives_its_table(chromium, house: House, tmp_path: Path) -> None:
    broken = figure("broken")
    file = tmp_path / "report.html"
    file.write_bytes(page(few_sequences(house), [replace(broken, chart={**(broken.chart or {}), "mark": "nothing"})]))
    with visit(chromium) as visited:
        tab = opened(visited, file)
        tab.locator("figure").scroll_into_view_if_needed()
        expect(tab.get_by_text("The figure could not be drawn. Its table can be saved as CSV.")).to_be_visible()
        with tab.expect_download():
            tab.get_by_role("button", name="as CSV").click()


def test_the_table_of_a_figure_is_saved_as_it_was_given(chromium, file: Path, tmp_path: Path) -> None:
    with visit(chromium) as visited:
        tab = opened(visited, file)
        with tab.expect_download() as download:
            tab.get_by_role("button", name="Save points as CSV").click()
        assert download.value.suggested_filename == "points.csv"
        download.value.save_as(tmp_path / "points.csv")
        assert (tmp_path / "points.csv").read_text() == QUOTED
        asks_and_complains_of_nothing(visited, file)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_keyboard_chooses_the_measure_with_and_without_javascript(chromium, file: Path, scripts: bool) -> None:
    with visit(chromium, scripts=scripts) as visited:
        tab = opened(visited, file)
        shown = tab.locator("#codon-ATG .v").filter(visible=True)
        assert "count" in str(shown.get_attribute("class")).split()
        tab.locator("#show-count").focus()
        tab.keyboard.press("ArrowRight")
        assert "per_thousand" in str(shown.get_attribute("class")).split()
        expect(tab.locator("table.code td")).to_have_count(64)
        expect(tab.locator(".buttons").first).to_be_visible(visible=scripts)
        expect(tab.get_by_text("What points shows.")).to_be_visible()
        asks_and_complains_of_nothing(visited, file)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(chromium, file: Path, size: str, dark: bool) -> None:
    with visit(chromium, size, dark=dark) as visited:
        tab = opened(visited, file)
        tab.locator("figure").first.scroll_into_view_if_needed()
        expect(tab.locator(_DRAWN).first).to_be_visible()
        assert inaccessible(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")  # only wide tables scroll sideways
        asks_and_complains_of_nothing(visited, file)


@pytest.mark.parametrize("size", SIZES)
def test_no_text_of_a_table_leaves_its_cell_and_no_reason_is_broken(chromium, house: House, tmp_path, size) -> None:
    rows = [*some_cds(2, organism="A" * 150), Row("r_0", "ATGA", reason="internal_stop")]
    file = tmp_path / "report.html"
    file.write_bytes(page(coding_run(house, rows), []))
    with visit(chromium, size) as visited:
        tab = opened(visited, file)
        cells = tab.locator("th, td")
        assert [one for one in cells.all() if one.evaluate("cell => cell.scrollWidth > cell.clientWidth + 1")] == []
        reason = tab.get_by_text("internal_stop", exact=True)
        assert reason.evaluate("cell => getComputedStyle(cell).whiteSpace") == "nowrap"
        caption = tab.locator("table.side caption").bounding_box()
        assert caption and caption["width"] > 300
        tab.emulate_media(media="print")
        sizes = [
            tab.locator(one).first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") for one in PRINTED
        ]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_the_timeline_and_its_heads_stand_above_their_numbers(
    chromium, house: House, tmp_path: Path, dark: bool
) -> None:
    trace = tuple(TaskTrace("plan", -1, "plan", 100.0, 2.0 + k, 1, 90_000_000, "node") for k in range(2))
    file = tmp_path / "timeline.html"
    file.write_bytes(pipeline_info(replace(few_sequences(house), trace=trace))[flow.TIMELINE])
    with visit(chromium, dark=dark) as visited:
        tab = opened(visited, file)
        assert inaccessible(tab) == []
        ends = [
            tab.locator(f"{tag}.number").nth(1).evaluate("one => getComputedStyle(one).textAlign")
            for tag in ("th", "td")
        ]
        assert ends == ["right", "right"]
        asks_and_complains_of_nothing(visited, file)


def test_the_script_of_the_figures_is_that_of_the_locked_versions() -> None:
    assert vega.script() == vega.bundled()
