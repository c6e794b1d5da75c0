"""Proven runs as material for reports."""

from __future__ import annotations

import shutil
from typing import Any

from opengenome.io.published import verify
from opengenome.orchestration import results
from opengenome.report.material import Material, TaskTrace
from tests.orchestration.annotated_runs import Row, cds_run, some_cds
from tests.orchestration.conftest import Counted, House, some_records, write_input

TRACE = (
    TaskTrace("discover", -1, "discover", 1_795_000_000.0, 1.5, 1, 90_000_000, "node1"),
    TaskTrace("count_codons", 0, "batch 1/2 · <a>", 1_795_000_002.25, 61.0, 2, 120_000_000, "node1"),
    TaskTrace("count_codons", 1, "batch 2/2", 1_795_000_003.0, 3.125, 1, 0, "node2"),
)


def sequences(house: House, run_id: str = "r", **asked: Any) -> Material:
    """A run in mode `sequences` over two files, in several batches."""
    folder = house.data / "organelles"
    write_input(folder / "plastids.fasta", some_records(12))
    write_input(folder / "mitochondria.fasta", [(f"m{name}", text) for name, text in some_records(9, seed=8)])
    asked = {"source": str(folder), "batch_size": 5, "require_all_codons": "never"} | asked
    made = _material(house.counted(run_id, **asked))
    shutil.rmtree(folder)  # `coding` searches house.data
    return made


def coding(house: House, run_id: str = "c", organisms: int = 3, **asked: Any) -> Material:
    """A run in mode `cds` with some that are dropped, grouped by organism; the first has no name, later ones more."""
    names = ["", *(f"Organism {number}" for number in range(1, organisms))]
    rows = [row for number, name in enumerate(names) for row in some_cds(number + 1, seed=number, organism=name)]
    rows += [Row(f"cds99_{number}", "ATGAAA", reason="pseudo") for number in range(2)]
    rows += [Row("cds99_2", "ATGAAAA", reason="length")]
    files = {"genomes.fasta": rows, "more.fasta": some_cds(3, seed=77, organism="<b>Homo & co</b>", code=2)}
    asked = {"group_by": "organism", "require_all_codons": "never"} | asked
    return _material(cds_run(house, run_id, files, **asked))


def _material(run: Counted) -> Material:
    results.validate(run.run_id, run.aggregate())
    verify(run.run.report)
    return Material(run.run.report, TRACE)
