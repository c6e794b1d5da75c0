"""What the pages of a run show of its files, in every state of them."""

from __future__ import annotations

import pytest

from opengenome.errors import ContractError
from opengenome.flow import REPORT_PAGE
from opengenome.io import published, tables
from opengenome.orchestration.pages import rendering
from opengenome.orchestration.pages.report import policy_of, read_page
from opengenome.orchestration.pages.result import result
from opengenome.orchestration.past import past_run, past_runs
from opengenome.orchestration.runs import Run
from tests.published import write_published


@pytest.fixture
def run(house) -> Run:
    return Run.of("r1")


def test_a_published_run_is_shown_from_its_results(house, run):
    folder = write_published(house.results / "r1", further=True)
    found = result(run, "r1")
    assert (found.folder, found.published, found.trouble) == (folder, True, "")
    assert found.table.counts == tuple(tables.read_codon_table(folder)["count"])
    assert set(found.files) == {*published.read_proof(folder).files, tables.VALIDATION}
    assert found.has_page


def test_a_proven_run_is_shown_before_it_is_published(run):
    write_published(run.report)
    found = result(run, "r1")
    assert (found.published, bool(found.table)) == (False, True)


def test_a_run_without_files_has_no_result(run):
    assert result(run, "r1") is None


def test_a_broken_law_is_told_with_its_detail_and_without_a_table(run):
    write_published(run.report)
    laws = [{"law": "1 ledger", "holds": False, "detail": "3 bases are missing"}]
    tables.write_document(run.report / tables.VALIDATION, {"proven": False, "laws": laws, "files": {}})
    found = result(run, "r1")
    assert found.laws == laws
    assert (found.table, found.files) == (None, {})
    assert "validation failed" in found.trouble


@pytest.mark.parametrize("name", tables.REPORT)
def test_a_changed_file_is_not_shown(house, run, name):
    folder = write_published(house.results / "r1")
    assert result(run, "r1").table
    whole = write_published(house.root / "another", seed=2)
    (folder / name).write_bytes((whole / name).read_bytes())
    found = result(run, "r1")
    assert found.table is None
    assert name in found.trouble


def test_the_files_of_another_run_are_not_shown(house, run):
    write_published(house.results / "r1", seed=2)
    found = result(run, "r1")
    assert found.table is None
    assert "another run's" in found.trouble


def test_a_folder_in_which_no_task_has_written_yet_is_no_result(run):
    run.report.mkdir(parents=True)
    assert result(run, "r1") is None


def test_a_link_in_the_place_of_the_results_is_not_followed(house, run):
    write_published(house.root / "elsewhere")
    house.results.mkdir()
    (house.results / "r1").symlink_to(house.root / "elsewhere")
    found = result(run, "r1")
    assert found.table is None
    assert "link" in found.trouble


def test_a_file_that_the_proof_does_not_list_cannot_be_opened(house, run):
    folder = write_published(house.results / "r1")
    (folder / "mine.txt").write_text("secret")
    found = result(run, "r1")
    for name in ("mine.txt", "../r1/codon_usage.csv", "", "per_sequence"):
        with pytest.raises(ContractError, match="has no file"):
            found.open(name)
    with found.open("codon_usage.csv").file as file:
        assert file.read() == (folder / "codon_usage.csv").read_bytes()


def test_rows_are_sorted_by_any_column_with_missing_values_last(house, run):
    write_published(house.results / "r1")
    found = result(run, "r1")
    found.columns["rscu"][5] = None
    for down in (False, True):
        values = [row["rscu"] for row in found.rows("rscu", down=down)]
        assert values[-1] is None
        assert values[:-1] == sorted(values[:-1], reverse=down)
    assert [row["codon"] for row in found.rows("nothing", down=False)] == found.columns["codon"]


def test_a_report_is_shown_only_if_it_is_the_one_that_is_listed(house, run):
    folder = write_published(house.results / "r1")
    page = b"<!doctype html><title>r1</title>"
    published.write_views(folder, {REPORT_PAGE: page}, {})
    found = result(run, "r1")
    assert found.has_page
    assert read_page(found) == page
    (folder / REPORT_PAGE).write_bytes(b"<script>alert(1)</script>")
    with pytest.raises(ContractError, match="has changed"):
        read_page(found)


def test_a_report_that_was_made_or_made_again_after_a_look_is_shown(run):
    write_published(run.report)
    assert not result(run, "r1").has_page
    for page in (b"first", b"second one"):
        published.write_views(run.report, {REPORT_PAGE: page}, {})
        assert read_page(result(run, "r1")) == page


@pytest.mark.parametrize("name", [tables.SUMMARY, tables.PROVENANCE])
def test_the_figures_of_another_run_are_not_listed_as_proven(house, run, name):
    folder = write_published(house.results / "r1")
    assert past_run(run.store, (house.results,), "r1").proven
    another = write_published(house.root / "another", seed=2)
    (folder / name).write_bytes((another / name).read_bytes())
    found = past_run(run.store, (house.results,), "r1")
    assert (found.run, found.proven, found.codons) == ("r1", False, None)


def test_a_report_that_states_no_policy_runs_nothing_and_has_no_part_in_airflows_origin():
    policy = policy_of(b"<!doctype html>")
    assert policy.startswith("default-src 'none'")
    assert "sandbox" in policy
    assert "allow-same-origin" not in policy


def test_a_text_on_a_page_cannot_turn_the_words_around_it():
    values = {"to": {"runs": "/", "airflow": ""}, "framed": True, "said": "run safe\u202egnp.exe\u2066\nsays <b>"}
    assert r"run safe\u202egnp.exe\u2066" "\nsays &lt;b&gt;" in rendering.render("missing.html", values)


def test_past_runs_have_their_figures_and_are_read_once(house, run, monkeypatch):
    for seed in (1, 2, 3):
        write_published(house.results / f"r{seed}", seed)
    found = past_runs(run.store, (house.results,))
    summary = tables.read_document(house.results / "r2" / tables.SUMMARY)
    assert [getattr(found["r2"], name) for name in ("sequences", "bases", "codons")] == [
        summary["sequences"], summary["bases"], summary["codons"]
    ]  # fmt: skip
    read: list[str] = []
    real = tables.read_bytes
    monkeypatch.setattr(tables, "read_bytes", lambda path: read.append(path.parent.name) or real(path))
    assert past_runs(run.store, (house.results,)) == found
    assert past_run(run.store, (house.results,), "r2") == found["r2"]
    assert read == []
    write_published(house.results / "r2", 9)
    assert set(past_runs(run.store, (house.results,))) == {"r1", "r9", "r3"}
    assert set(read) == {"r2"}


def test_at_most_so_many_folders_are_read_the_newest_ones(house, run):
    import os  # noqa: PLC0415

    for seed in (1, 2, 3):
        os.utime(write_published(house.results / f"r{seed}", seed), (seed, seed))
    assert list(past_runs(run.store, (house.results,), 2)) == ["r2", "r3"]
