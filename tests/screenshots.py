"""Renews the pictures in docs/images: the report from disk, and our pages in the real Airflow.

    python -m tests.screenshots GENBANK CDS HOME

GENBANK: a file with several organisms. CDS: a FASTA file of coding sequences. HOME: a folder for Airflow, store and
results; what was counted in it is not counted again. The pictures show the paths of the inputs. Needs Pillow, which the
locks do not hold: `uv pip install --target FOLDER pillow`, and FOLDER in PYTHONPATH. Look at each picture before you
commit it.
"""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from opengenome import flow
from opengenome.cli.embedded import Running, airflow
from opengenome.cli.environment import USER, Site
from opengenome.orchestration.settings import project_root
from tests.browsing import PATH, SIZES, visit

IMAGES = project_root() / "docs" / "images"
ORGANELLES, ECOLI, WHOLE = "organelles_by_organism", "ecoli", "organelles_whole"
SETTLES = 3_000  # milliseconds until a page has drawn everything


def keep(name: str, png: bytes) -> None:
    """Write it with a palette, which makes it a third as large."""
    palette = Image.open(io.BytesIO(png)).convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=0)
    palette.save(IMAGES / f"{name}.png", optimize=True)
    print(name, palette.size, (IMAGES / f"{name}.png").stat().st_size)


def report(browser: Browser, file: Path) -> None:
    """The codon table on a desktop, on a phone and in the dark, and the Nc plot."""
    for name, size, part, height in (
        ("desktop", "desktop", "#codons-title", 960),
        ("phone", "phone", "#codons-title", 1160),
        ("dark", "desktop", "#codons-title", 960),
        ("nc-plot", "desktop", "#figure-4-title", 750),
    ):
        with visit(browser, size, dark=name == "dark") as visited:
            tab = visited.page
            tab.set_viewport_size({"width": SIZES[size][0], "height": height})
            tab.goto(file.as_uri())
            for _ in range(2):  # a chart is drawn when it is seen, which moves the page
                tab.locator(part).evaluate("one => { one.scrollIntoView(); scrollBy(0, -16) }")
                tab.wait_for_timeout(SETTLES)
            keep(f"report-{name}", tab.screenshot())


def counted(running: Running, runs: dict[str, dict[str, Any]], results: Path) -> None:
    for run, parameters in runs.items():
        if not (results / run).exists():
            running.client.trigger(run, parameters)
    while {running.client.run_state(run) for run in runs} != {"success"}:
        running.alive()
        time.sleep(1)


def ours(tab: Page, running: Running) -> None:
    """Our pages inside Airflow."""
    tab.goto(running.instance.url + flow.run_page(ORGANELLES))
    tab.locator("input[name=username]").fill(USER)
    tab.locator("input[name=password]").fill(running.password)
    tab.locator("button[type=submit]").click()

    def settled(name: str, height: int = 900) -> None:
        tab.mouse.move(1270, 10)  # where nothing shows that the mouse is over it
        tab.set_viewport_size({"width": 1280, "height": max(height, 900)})
        tab.wait_for_timeout(SETTLES)
        keep(f"airflow-{name}", tab.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": height}))

    tab.locator("a[title=Report]").click()
    settled("report")
    tab.get_by_role("link", name="Codons").first.click()
    settled("runs", 460)
    pages = tab.frame_locator("iframe")
    for run in (ORGANELLES, ECOLI):
        pages.get_by_label(f"Compare {run}").check()
    pages.get_by_role("button", name="Compare two runs").click()
    settled("compare")
    tab.goto(running.instance.url + flow.batch_page(flow.DAG, ORGANELLES, 2))
    settled("batch", 950)


def main(genbank: Path, cds: Path, home: Path) -> None:
    root = project_root()
    for name in ("STORE", "RESULTS", "LANDING"):
        os.environ[f"OPENGENOME_{name}"] = str(home / name.lower())
    IMAGES.mkdir(exist_ok=True)
    runs = {
        ORGANELLES: {"source": str(genbank), "group_by": "organism", "batch_size": 200},
        ECOLI: {"source": str(cds), "genetic_code": 11},
        WHOLE: {"source": str(genbank), "mode": "sequences"},
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=["--no-sandbox"])
        site = Site(root, home / "airflow", root / "dags", root / "plugins")
        with airflow(site, "analyze", print) as running:
            counted(running, runs, home / "results")
            with visit(browser) as visited:
                ours(visited.page, running)
        report(browser, home / "results" / ORGANELLES / "report.html")
        browser.close()


if __name__ == "__main__":
    main(*(Path(each).absolute() for each in sys.argv[1:4]))
