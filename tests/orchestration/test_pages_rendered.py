"""What stands on the page of a batch, in the list of runs and among a run's batches, word by word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opengenome.orchestration.pages.batch import BatchView, batch_view, batches_of
from opengenome.orchestration.pages.listing import Listing
from opengenome.orchestration.pages.rendering import render
from opengenome.orchestration.pages.result import result
from opengenome.orchestration.past import PastRun
from opengenome.orchestration.runs import Run
from tests.published import write_published
from tests.report.seen import Element, seen

TO = {name: f"/{name}/" for name in ("runs", "run", "table", "files", "batches", "compare", "airflow")}


def rendered(template: str, *, framed: bool = False, **values: Any) -> Element:
    return seen(render(template, {"to": TO, "framed": framed, "run_id": "r"} | values).encode())


def batch_page(view: BatchView, users: tuple[tuple[str, str], ...] = (), *, framed: bool = False) -> Element:
    return rendered("batch.html", batch=view, users=users, framed=framed)


def facts(whole: Element) -> dict[str, str]:
    return dict(zip(*([one.words for one in whole.all(tag)] for tag in ("dt", "dd")), strict=True))


def row(whole: Element, title: str) -> str | None:
    found = [one for one in whole.all("tr") if one.all("th") and one.all("th")[0].words == title]
    return found[0].all("td")[0].words if found else None


def links(whole: Element) -> dict[str, str]:
    return {one.words: one.attributes["href"] for one in whole.all("a")}


@pytest.fixture
def counted(house, write, records):
    write(house.data / "a.fasta", records(12))
    return house.counted("r", source=str(house.data), batch_size=4)


@pytest.fixture
def view(counted):
    return batch_view(counted.run, 1)


def told(view: BatchView, **manifest: Any) -> BatchView:
    """A view whose manifest tells something else."""
    assert view.manifest
    return replace(view, manifest=replace(view.manifest, **manifest))


def test_the_page_of_a_batch_begins_with_its_figures(view):
    ledger, memory = replace(view.manifest.ledger, ambiguous=1234), {"driver": 1_234_567_890, "jvm": 5_600_000}
    timings = {"total": ledger.bases / 3e6}
    whole = batch_page(told(view, ledger=ledger, timings=timings, peak_memory=memory, attempt="try2-host"))
    assert whole.all("h1")[0].words == "Batch 2 of 3"
    assert facts(whole) == {
        "Sequences": "4",
        "Bases": f"{ledger.bases:,}",
        "Codons": f"{ledger.counted:,}",
        "Ambiguous codons": "1,234",
        "Bases per second in Spark": "3,000,000",
        "Memory, driver": "1,234.6 MB",
        "Memory, JVM": "5.6 MB",
        "Committed by": "try 2",
    }
    assert "Bases per second in Spark" not in facts(batch_page(told(view, timings={})))


def test_attempts_are_told_if_more_than_one_left_parts(view):
    (view.folder / "attempts" / "try2").mkdir()
    assert facts(batch_page(view))["Attempts in the store"] == "2"


def test_a_batch_links_to_the_one_before_and_the_one_after_it(counted):
    around = [
        {words: to for words, to in links(batch_page(batch_view(counted.run, k))).items() if words.endswith(" batch")}
        for k in range(3)
    ]
    assert around == [
        {"Next batch": "/batches/1"},
        {"Previous batch": "/batches/0", "Next batch": "/batches/2"},
        {"Previous batch": "/batches/1"},
    ]


@pytest.mark.parametrize("framed", [True, False])
def test_a_page_inside_airflow_does_not_link_to_airflow(view, framed):
    assert ("Run in Airflow" in links(batch_page(view, framed=framed))) is not framed


@pytest.mark.parametrize(
    ("hosts", "shown"),
    [(("a",), "a"), (("a", "a", "a"), "a (all 3)"), (("a", "b", "a"), "1: a, 2: b, 3: a"), ((), None)],
)
def test_the_host_of_each_range_is_told(view, hosts, shown):
    assert row(batch_page(told(view, hosts=hosts)), "Hosts by range") == shown


def test_the_other_runs_that_have_a_batch_are_linked(view):
    assert row(batch_page(view), "Also in") == "no other recent run"
    whole = batch_page(view, (("s", "/s"), ("t", "/t")))
    assert row(whole, "Also in") == "s, t"
    assert links(whole).items() >= {("s", "/s"), ("t", "/t")}


def test_a_manifest_that_is_too_long_for_the_page_can_be_downloaded(view, monkeypatch):
    assert batch_page(view).all("pre")[0].text == view.raw
    monkeypatch.setattr("opengenome.orchestration.pages.batch._RAW", 10)
    whole = batch_page(view)
    assert not whole.all("pre")
    assert "It is too long for a page." in whole.words
    assert links(whole)["manifest.json"] == "/files/manifest.json"


def test_of_a_batch_that_is_not_committed_the_planned_figures_are_told(view):
    whole = batch_page(replace(view, manifest=None))
    assert facts(whole) == {"Sequences": "4", "Bases": f"{view.planned.bases:,}"}
    assert facts(batch_page(BatchView(7, view.folder))) == {}


def listed(*runs: PastRun, number: int = 1, pages: int = 1, total: int = 0, cut: bool = False) -> Element:
    rows = [(run, f"/{run.run}", "some input") for run in runs]
    return rendered(
        "runs.html", listing=Listing(list(runs), number, pages, total or len(runs), cut), rows=rows, said=""
    )


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, {"Older": "/runs/?page=2"}),
        (2, {"Newer": "/runs/?page=1", "Older": "/runs/?page=3"}),
        (3, {"Newer": "/runs/?page=2"}),
    ],
)
def test_the_pages_of_the_list_lead_to_newer_and_older_runs(number, expected):
    whole = listed(PastRun("r", "failed"), number=number, pages=3, total=101)
    assert {words: to for words, to in links(whole).items() if words != "r"} == expected
    assert f"Page {number} of 3" in whole.words


def test_only_proven_published_runs_can_be_compared_and_only_if_there_are_two(tmp_path):
    proven = PastRun("good", "published", proven=True, results=tmp_path)
    others = (PastRun("bad", "failed", proven=False, results=tmp_path), PastRun("early", "running", proven=True))
    assert [one.attributes["value"] for one in listed(proven, *others).all("input")] == ["good"]
    assert len(listed(proven, *others).all("button")) == 1
    assert not listed(proven).all("input") + listed(proven).all("button")


def test_the_list_says_how_many_runs_there_are_and_whether_older_ones_are_left_out():
    runs = PastRun("a", "failed"), PastRun("b", "failed")
    assert "2 runs, the newest first." in listed(*runs).words
    assert "2 runs, the newest first; older ones are not listed." in listed(*runs, cut=True).words
    assert "1 run." in listed(runs[0]).words
    assert "Nothing has run yet." in listed().words


def test_an_unknown_figure_is_a_dash_and_never_0():
    cells = [one.words for one in listed(PastRun("a", "failed", sequences=0)).all("td")]
    assert cells[-5:] == ["–", "–", "0", "–", "–"]  # proof, mode, sequences, bases, codons


def test_the_page_of_a_run_tells_its_batches_and_which_are_committed(counted):
    run = PastRun("r", "running", batches=3, counted=2, sequences=12, mode="sequences")
    batches = batches_of(counted.run)
    batches = ((batches[0][0], False), *batches[1:])
    values = {"has_page": False, "no_page": "", "notes": [], "input": "/in", "result": None, "run": run}
    whole = rendered("run.html", batches=batches, **values)
    table = whole.all("tbody")[-1]
    assert [[cell.words for cell in one.all("td")] for one in table.all("tr")] == [
        [f"{k + 1}", "4", f"{batch.bases:,}", "yes" if k else "not yet"] for k, (batch, _) in enumerate(batches)
    ]
    assert [one.attributes["href"] for one in table.all("a")] == ["/batches/0", "/batches/1", "/batches/2"]
    assert facts(whole)["Batches counted"] == "2 of 3"
    assert facts(whole)["Sequences"] == "12"
    assert "Codons" not in facts(whole)


@pytest.mark.parametrize(
    ("by", "down", "falling", "heading"),
    [
        ("codon", False, {"codon", "count"}, "Codon ↑"),
        ("codon", True, {"count"}, "Codon ↓"),
        ("count", True, set(), "Count ↓"),
        ("count", False, {"count"}, "Count ↑"),
    ],
)
def test_a_heading_of_the_codon_table_sorts_by_it_and_turns_the_order_of_the_sorted_one(
    house, by, down, falling, heading
):
    """falling: the columns whose links sort the largest first."""
    write_published(house.results / "r1")
    found = result(Run.of("r1"), "r1")
    values = {"has_page": False, "no_page": "", "notes": [], "input": "", "run": None, "batches": ()}
    values |= {"columns": {"codon": "Codon", "amino_acid": "Amino acid", "count": "Count"}, "result": found}
    values |= {"rows": found.rows(by, down=down), "sorting": {"by": by, "down": down}}
    heads = next(table for table in rendered("run.html", **values).all("table") if len(table.all("tr")) == 65).all("th")
    to = [head.all("a")[0].attributes["href"] for head in heads[:3]]
    assert to == [f"/table/?by={name}{'&down=true' * (name in falling)}#table" for name in values["columns"]]
    direction = "descending" if down else "ascending"
    assert [(head.words, head.attributes["aria-sort"]) for head in heads if "aria-sort" in head.attributes] == [
        (heading, direction)
    ]
