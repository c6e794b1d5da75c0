"""The benchmark measures the views of a real proven run."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import report
from benchmarks.proven import proven
from opengenome import flow
from tests.orchestration.conftest import SMALL_VIEWS, House, house, some_records, write_input

__all__ = ["house"]


def test_the_measured_views_are_those_of_a_proven_run_with_its_groups(house: House) -> None:
    write_input(house.data / "a.fasta", some_records(3))
    write_input(house.data / "b.fasta", some_records(4))
    proven("r", str(house.data), require_all_codons="never", group_by="file")
    measured = report.views("r")
    assert measured["cpu"] > 0
    folder = Path(measured["folder"])
    assert json.loads((folder / flow.SUMMARY).read_text())["groups"]["groups"] == 2
    made = json.loads((folder / flow.VIEWS).read_text())
    assert (set(made["files"]), made["missing"]) == (set(SMALL_VIEWS), {})
