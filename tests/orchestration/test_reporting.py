"""The task `report`: views of the proven files, which are published with them or not at all."""

from __future__ import annotations

import json

import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.errors import ContractError, LawError
from opengenome.io import published, tables
from opengenome.orchestration import reporting, results, trace
from opengenome.orchestration.runs import Run
from opengenome.report.material import TaskTrace

MAKERS = reporting.MAKERS  # before the fixture `house` replaces them


@pytest.fixture
def validated(house, write, records):
    """The run `r`, proven; what `validate` returned."""
    run = house.counted("r", source=str(write(house.data / "a.fasta", records(12))))
    return results.validate("r", run.aggregate())["sha256"]


@pytest.fixture
def run_folder(validated):
    return Run.of("r").report


def published_views(house):
    return tables.read_document(house.latest / flow.VIEWS)


def test_views_are_published_with_what_they_were_made_of(house, validated):
    reported = results.report("r", validated)
    results.publish("r", **as_given(reported))
    assert b"report.html" in (house.latest / flow.REPORT_PAGE).read_bytes()
    assert published.verify(house.latest).files[flow.VIEWS] == reported["views"]


def as_given(reported):
    return {"validation_sha256": reported["validation"], "views_sha256": reported["views"]}


def test_a_view_that_cannot_be_made_is_named_and_the_table_is_published(house, validated, monkeypatch):
    def broken(material, made):
        raise ZeroDivisionError("no points")

    monkeypatch.setitem(reporting.MAKERS, flow.REPORT_PAGE, broken)
    results.publish("r", **as_given(results.report("r", validated)))
    assert published_views(house)["missing"] == {flow.REPORT_PAGE: "ZeroDivisionError: no points"}
    assert not (house.latest / flow.REPORT_PAGE).exists()
    published.verify(house.latest)


def test_without_a_proof_there_are_no_views(house, validated, run_folder):
    (run_folder / tables.VALIDATION).unlink()
    with pytest.raises((ContractError, LawError)):
        results.report("r", validated)
    assert not (run_folder / flow.VIEWS).exists()


@pytest.mark.parametrize("name", [flow.REPORT_PAGE, flow.VIEWS])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_view_that_is_not_the_one_that_was_made_is_not_published(house, validated, run_folder, name, how):
    reported = results.report("r", validated)
    path = run_folder / name
    path.unlink() if how == "gone" else path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ContractError, match=name):
        results.publish("r", **as_given(reported))
    assert not house.latest.exists()
    results.publish("r", **as_given(results.report("r", validated)))  # as a retry does
    published.verify(house.latest)


def test_a_report_that_was_killed_leaves_nothing_that_stops_the_next(house, validated, run_folder):
    (run_folder / flow.REPORT_PAGE).write_text("half")
    results.publish("r", **as_given(results.report("r", validated)))
    published.verify(house.latest)


def test_views_are_not_made_of_a_file_that_was_changed_after_it_was_proven(validated, run_folder):
    part = run_folder / flow.per_sequence_part(0)
    changed = part.read_bytes()[:-1] + b"x"
    part.unlink()  # the store has a link to it
    part.write_bytes(changed)
    with pytest.raises(ContractError, match="not the file that was proven"):
        results.report("r", validated)
    assert not (run_folder / flow.VIEWS).exists()


@pytest.mark.parametrize("name", [flow.PIPELINE_INFO, flow.REPORT_PAGE])
def test_views_are_neither_written_nor_removed_where_a_link_leads(validated, run_folder, tmp_path, name):
    precious = tmp_path / "precious"
    precious.mkdir()
    for file in (flow.TRACE, flow.PARAMS):
        (precious / file.rpartition("/")[2]).write_text("precious")
    (run_folder / name).symlink_to(precious if name == flow.PIPELINE_INFO else precious / "params.json")
    results.report("r", validated)
    assert {path.name: path.read_text() for path in precious.iterdir()} == {
        "execution_trace.txt": "precious",
        "params.json": "precious",
    }
    assert not (run_folder / name).is_symlink()


def test_validating_again_removes_the_views_of_before(validated, run_folder):
    results.report("r", validated)
    results.validate("r")
    assert not (run_folder / flow.VIEWS).exists()
    assert not (run_folder / flow.REPORT_PAGE).exists()


def test_the_list_may_name_no_file_but_views(run_folder):
    for name in (*tables.PUBLISHED, "../plan.json", "/etc/passwd", "pipeline_info/../x.txt", "pipeline_info/"):
        with pytest.raises(ContractError, match="is not a view of results"):
            listing(run_folder, name)


def listing(folder, name):
    seal = tables.seal_of((folder / tables.VALIDATION).read_bytes())
    tables.write_document(folder / flow.VIEWS, {"proof": seal, "files": {name: "0"}, "missing": {}})
    published.read_proof(folder)


def test_the_trace_of_a_task_is_kept_and_a_damaged_one_is_left_out(house, validated):
    run = Run.of("r")
    later = TaskTrace("count_codons", 1, "batch 2", 20.0, 1.5, 2, 10, "here")
    earlier = TaskTrace("discover", -1, "discover", 10.0, 0.5, 1, 10, "here")
    first = TaskTrace("count_codons", 0, "batch 1", 15.0, 9.5, 1, 10, "here")
    for one in (later, first, earlier):
        trace.write(run, one)
    assert trace.read(run) == (earlier, first, later)
    (run.trace / "discover-1.json").write_text("{}")
    assert trace.read(run) == (first, later)


def test_a_disk_that_refuses_a_trace_fails_no_task(house, validated, caplog):
    run = Run.of("r")
    run.trace.parent.joinpath("trace").write_text("in its place")
    trace.write(run, TaskTrace("plan", -1, "plan", 10.0, 0.5, 1, 10, "here"))
    assert "When this task ran is not kept: " in caplog.text


def test_the_real_page_is_made_of_a_real_run(house, write, records, monkeypatch):
    monkeypatch.setattr(reporting, "MAKERS", MAKERS)
    trace.write(Run.of("r"), TaskTrace("plan", -1, "plan", 1_795_000_000.0, 2.5, 1, 10, "here"))
    source = str(write(house.data / "a.fasta", records(12)))
    house.proven("r", source=source, frame=1)
    assert published_views(house)["missing"] == {}
    assert "plan\tCOMPLETED\t0\t2026-11-18 11:06:40.000\t2.5s" in (house.latest / flow.TRACE).read_text()
    crate = json.loads((house.latest / flow.RO_CRATE).read_text())
    assert {flow.REPORT_PAGE, flow.TRACE} <= {one["@id"] for one in crate["@graph"]}
    page = (house.latest / flow.REPORT_PAGE).read_text(encoding="utf-8")
    assert all(codon in page for codon in CODONS)
    assert f"--input {source}" in page
    assert "--frame 1" in page
    assert {name for name in published.verify(house.latest).files if flow.is_view(name)} >= {
        flow.REPORT_PAGE,
        flow.MULTIQC_GENERAL,
        flow.TRACE,
        flow.RO_CRATE,
    }
