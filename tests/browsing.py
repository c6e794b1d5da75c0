"""A real browser for tests: Debian's Chromium, driven by Playwright. Without Chromium these tests are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
PATH = next(filter(None, map(shutil.which, _NAMES)), None)
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
_PATIENCE = 30_000.0  # milliseconds: the machine may be busy


@dataclass
class Visit:
    """A page of the browser. complaints: of its console, and uncaught exceptions. requested: addresses."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not PATH:
        pytest.skip("needs Chromium (Debian: `apt-get install chromium`)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, size: str = "desktop", *, dark: bool = False, scripts: bool = True) -> Iterator[Visit]:
    """A new page without the cookies of others. size: of SIZES."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
        is_mobile=size == "phone",
    )
    context.set_default_timeout(_PATIENCE)
    visited = Visit(context.new_page())
    context.on("console", lambda said: visited.complaints.append(f"{said.type}: {said.text} ({said.location})"))
    context.on("weberror", lambda error: visited.complaints.append(str(error.error.stack or error.error)))
    context.on("request", lambda request: visited.requested.append(request.url))
    try:
        yield visited
    finally:
        context.close()


def inaccessible(page: Page | Frame) -> list[str]:
    """What axe-core calls a violation, of any weight, with the first elements that show it."""
    found = Axe().run(page).response["violations"]
    return [f"{one['impact']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}" for one in found]
