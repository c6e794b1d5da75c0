"""The page in a real browser: its figures are drawn under its own policy, and its codon table needs no script."""

from __future__ import annotations

from pathlib import Path

import pytest

from opengenome.report.page import page, vega
from tests.orchestration.conftest import House
from tests.report import browser
from tests.report.seen import few_sequences, figure

pytestmark = pytest.mark.e2e
in_browser = pytest.mark.skipif(not browser.PATH, reason="needs Chromium")

QUOTED = 'x,y,name\n1,2,"a ""b"", c\n d"\n3,,e\n'
_DRAWN = "document.querySelectorAll('.chart.drawn > * > svg, .chart.drawn > svg').length"


def _page(house: House, folder: Path) -> Path:
    file = folder / "report.html"
    file.write_bytes(page(few_sequences(house), [figure("points", QUOTED), *map(figure, "abcde")]))
    return file


@in_browser
def test_figures_are_drawn_when_they_are_near_under_the_policy_of_the_page(house: House, tmp_path: Path) -> None:
    file = _page(house, tmp_path)
    with browser.tab(tmp_path / "profile") as tab:
        tab.call("Page.navigate", url=file.as_uri())
        tab.wait("document.readyState === 'complete' && !document.querySelector('.buttons').hidden")
        assert tab.value(_DRAWN) == 0
        tab.value("document.querySelector('figure').scrollIntoView()")
        tab.wait(f"{_DRAWN} > 0")
        # y of the other row is missing, and is not drawn as 0
        points = "[...document.querySelectorAll('figure:first-of-type [aria-roledescription=point]')]"
        assert tab.value(f"{points}.map((one) => one.ariaLabel)") == ["x: 1; y: 2"]
        tab.wait("document.querySelectorAll('figure[data-ready]').length === 6")
        tab.value("dispatchEvent(new Event('beforeprint'))")
        tab.wait(f"{_DRAWN} === 6")
        assert tab.complaints == []
        assert tab.requested == [file.as_uri(), "data:,"][: len(tab.requested)]


@in_browser
def test_without_javascript_the_switch_still_chooses_the_measure(house: House, tmp_path: Path) -> None:
    file = _page(house, tmp_path)
    with browser.tab(tmp_path / "profile") as tab:
        tab.call("Emulation.setScriptExecutionDisabled", value=True)
        tab.call("Page.navigate", url=file.as_uri())
        tab.wait("document.readyState === 'complete'")
        shown = "[...document.querySelectorAll('#codon-ATG .v')].filter((one) => one.checkVisibility())"
        named = f"{shown}.map((one) => one.classList[1])"
        assert tab.value(named) == ["count"]
        tab.value("document.getElementById('show-count').focus()")
        for kind in ("keyDown", "keyUp"):
            tab.call("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
        assert tab.value(named) == ["per_thousand"]
        assert tab.value("document.querySelector('.buttons').checkVisibility()") is False
        assert tab.value("document.body.innerText.includes('What points shows.')")


def test_the_script_of_the_figures_is_that_of_the_locked_versions() -> None:
    assert vega.script() == vega.bundled()
