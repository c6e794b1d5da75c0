"""A batch that has to be counted logs the reason; unchanged batches are not counted again."""

from __future__ import annotations

import json
import os

import pytest

from opengenome import ENGINE_VERSION
from opengenome.io import batches, ranges, verification
from opengenome.orchestration import committed, inputs
from opengenome.orchestration.runs import Run


@pytest.fixture
def first(house, write, records):
    for number in range(3):
        write(house.data / f"{number}.fasta", records(6, seed=number))
    return house.counted("first", source=str(house.data), batch_size=6)


def said(house, run_id, **asked):
    """The first log line of each batch of a new run."""
    groups = house.discover(run_id, **{"source": str(house.data), "batch_size": 6} | asked)
    ingested = [inputs.ingest_files(run_id, group) for group in groups]
    return [committed.reusable(planned)[1] for planned in inputs.plan(run_id, ingested)]


REUSED = "reused: the committed output verifies"


def test_the_first_run_has_no_earlier_output(first):
    assert [planned["reason"] for planned in first.planned] == ["counted: no earlier output"] * 3


def test_nothing_changed(house, first):
    assert said(house, "again") == [REUSED] * 3
    assert said(house, "code", genetic_code=11, require_all_codons="never") == [REUSED] * 3


def test_another_frame(house, first):
    assert said(house, "again", frame=1) == ["recomputed: frame changed 0 → 1"] * 3


def test_the_newest_run_that_counted_the_same_is_the_one_that_is_compared(house, first):
    said(house, "second", frame=1)
    assert said(house, "third", frame=2) == ["recomputed: frame changed 1 → 2"] * 3


def test_without_the_per_sequence_table(house, first):
    assert said(house, "again", per_sequence=False) == ["recomputed: per_sequence changed True → False"] * 3


def test_another_batch_size(house, first):
    assert said(house, "again", batch_size=5)[0] == "recomputed: batch_size changed 6 → 5"


def test_another_engine(house, first, monkeypatch):
    for module in (batches, inputs, verification, ranges):
        monkeypatch.setattr(module, "ENGINE_VERSION", "99")
    assert said(house, "again") == [f"recomputed: engine {ENGINE_VERSION} → 99"] * 3


@pytest.mark.parametrize("suffix", [".fasta", ".fasta.gz", ".parquet"])
def test_a_changed_file_is_named_and_the_batches_of_others_stay(house, write, records, suffix):
    paths = [house.data / f"{number}{suffix}" for number in range(3)]
    for number, path in enumerate(paths):
        write(path, records(6, seed=number))
    house.counted("first", source=str(house.data), batch_size=6)
    write(paths[1], records(6, seed=9))
    assert said(house, "again") == [REUSED, f"recomputed: input changed: 1{suffix}", REUSED]


def test_of_several_changed_files_of_a_batch_the_first_is_named(house, first, write, records):
    house.counted("one batch", source=str(house.data))
    for number in (1, 2):
        write(house.data / f"{number}.fasta", records(6, seed=9 + number))
    assert said(house, "again", batch_size=5000) == ["recomputed: input changed: 1.fasta and 1 more"]


def test_a_new_file_is_named_and_the_batches_of_others_stay(house, first, write, records):
    write(house.data / "1b.fasta", records(6, seed=9))
    assert said(house, "again") == [REUSED, REUSED, "counted: new input: 1b.fasta", REUSED]


def test_a_file_that_shares_a_batch_with_a_known_one_is_named(house, write, records, monkeypatch):
    monkeypatch.setattr("opengenome.core.bundling.SMALL_BYTES", 1_000_000)
    write(house.data / "0.fasta", records(3, seed=0))
    house.counted("first", source=str(house.data))
    for number in (1, 2):
        write(house.data / f"{number}.fasta", records(3, seed=number))
    assert said(house, "again", batch_size=5000) == ["recomputed: new input: 1.fasta and 1 more"]


def test_files_that_no_run_has_seen_are_a_first_count(house, first, write, records):
    write(house.root / "data" / "elsewhere" / "9.fasta", records(6, seed=9))
    assert said(house, "again", source=str(house.data / "elsewhere")) == ["counted: no earlier output"]


def test_a_removed_file_leaves_the_totals_but_not_the_other_batches(house, first):
    (house.data / "1.fasta").unlink()
    again = house.proven("again", source=str(house.data), batch_size=6, require_all_codons="never")
    assert [report["reused"] for report in again.reports] == [True, True]
    summary = json.loads((house.latest / "summary.json").read_text())
    assert summary["sequences"] == 12


def test_a_run_that_died_before_it_counted_is_no_earlier_output(house, write, records):
    write(house.data / "a.fasta", records(6))
    assert said(house, "died", batch_size=5) == ["counted: no earlier output"] * 2
    assert said(house, "again", batch_size=5) == ["counted: no earlier output"] * 2


def test_a_missing_part_is_named(house, first):
    first.part().unlink()
    assert said(house, "again")[0].startswith("recomputed: part missing: attempts/")


def test_plans_that_cannot_be_read_are_passed_over(house, first):
    newest = Run.of("unreadable").folder
    newest.mkdir(parents=True)
    (newest / "plan.json").write_text("{")
    os.utime(newest / "plan.json", (2e9, 2e9))
    assert said(house, "again", frame=1) == ["recomputed: frame changed 0 → 1"] * 3


@pytest.mark.e2e
def test_adding_one_file_to_a_hundred_recounts_at_most_two_batches(house, write, records):
    for number in range(100):
        write(house.data / f"{number:03}.fasta", records(2, seed=number))
    house.counted("first", source=str(house.data), batch_size=3)
    write(house.data / "050b.fasta", records(2, seed=1000))
    found = said(house, "again", batch_size=3)
    assert len(found) >= 100
    assert len(found) - found.count(REUSED) <= 2
