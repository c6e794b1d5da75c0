"""What the list of runs says of a run's input."""

from __future__ import annotations

import pytest

from opengenome.orchestration.pages import listing as module
from opengenome.orchestration.pages.listing import input_of, listing
from opengenome.orchestration.past import DagRun, PastRun
from opengenome.orchestration.runs import Run
from tests.published import write_published

LONG = "/data/" + "y" * 10_000 + ".fa"


@pytest.mark.parametrize(
    ("source", "files", "said"),
    [
        ("", 3, "the landing folder (3 files)"),
        ("/in/a.fa", 1, "/in/a.fa"),
        ("/in/a.fa\n/in/b.fa\n/in/c.fa", None, "/in/a.fa and 2 more"),
        (LONG, 1, f"{LONG[:100]}…{LONG[-40:]} (10,009 characters)"),
    ],
)
def test_the_input_of_a_run_is_told_in_a_few_words(source, files, said):
    assert input_of(PastRun("r", "published", source=source, files=files)) == said


@pytest.fixture
def runs(house, monkeypatch):
    """Five runs: three published on the days 2 to 4, one of which Airflow knows too, and two that only it knows."""
    monkeypatch.setattr(module, "PER_PAGE", 2)
    for seed in (1, 2, 3):
        write_published(house.results / f"r{seed}", seed)
    days = {"r2": 3, "r5": 5, "r6": 6}
    return [DagRun(run, "failed", f"2026-11-0{day}T10:00:00+00:00", "/in") for run, day in days.items()]


@pytest.mark.parametrize(
    ("page", "number", "shown"),
    [(1, 1, ["r6", "r5"]), (2, 2, ["r3", "r2"]), (3, 3, ["r1"]), (4, 3, ["r1"]), (0, 1, ["r6", "r5"])],
)
def test_runs_are_listed_in_pages_the_newest_first(house, runs, page, number, shown):
    found = listing(Run.of("x").settings, runs, page)
    assert ([run.run for run in found.runs], found.number) == (shown, number)
    assert (found.pages, found.total, found.cut) == (3, 5, False)


def test_a_list_that_is_cut_says_so_and_an_empty_one_has_a_page(house, runs, monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    assert listing(Run.of("x").settings, (), 1).cut
    (house.results).rename(house.root / "away")
    empty = listing(Run.of("x").settings, (), 1)
    assert (empty.runs, empty.number, empty.pages, empty.total) == ([], 1, 1, 0)
