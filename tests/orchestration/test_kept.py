"""A part of the per-sequence dataset is computed once: a later run links it, if nothing has changed."""

from __future__ import annotations

import pytest

from opengenome import flow
from opengenome.io import dataset
from opengenome.orchestration import results
from tests.orchestration.annotated_runs import cds_run, some_cds

FILES = {"a.fasta": some_cds(9)}
HOW = {"batch_size": 4, "require_all_codons": "never"}
PART = flow.per_sequence_part(0)


@pytest.fixture
def measured(monkeypatch):
    """How many groups of rows were measured so far."""
    seen, real = [], dataset.with_measures

    def counted(rows, given):
        seen.append(rows.num_rows)
        return real(rows, given)

    monkeypatch.setattr(dataset, "with_measures", counted)
    return seen


def aggregated(house, run_id, **how):
    run = cds_run(house, run_id, FILES, **{**HOW, **how})
    handed = run.aggregate()
    return run, handed


def test_a_second_run_links_the_parts_and_measures_nothing(house, measured):
    first, _ = aggregated(house, "first")
    assert sum(measured) == 9
    second, handed = aggregated(house, "second")
    assert sum(measured) == 9
    parts = [name for name in handed["files"] if name.startswith(flow.PER_SEQUENCE)]
    assert len(parts) == len(second.planned) > 1
    for name in parts:
        assert (first.run.report / name).samefile(second.run.report / name)
    assert results.validate("second", handed)["proven"]


def test_a_run_with_other_groups_measures_again_and_one_with_the_same_sums_its_groups(house, measured):
    aggregated(house, "first")
    aggregated(house, "second", group_by="gene")
    assert sum(measured) == 18
    third, handed = aggregated(house, "third", group_by="gene")
    assert sum(measured) == 18
    assert results.validate("third", handed)["proven"]
    assert (third.run.report / flow.BY_GROUP_CSV).stat().st_size > 1000


def test_another_annotation_measures_again(house, measured):
    aggregated(house, "first")
    cds_run(house, "second", {"a.fasta": some_cds(9, product="another")}, **HOW).aggregate()
    assert sum(measured) == 18


def test_a_kept_part_that_was_changed_is_made_again(house, measured):
    first, _ = aggregated(house, "first")
    part = first.run.report / PART
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    before = sum(measured)
    second, handed = aggregated(house, "second")
    assert before < sum(measured) < 2 * before
    assert results.validate("second", handed)["proven"]
    assert not part.samefile(second.run.report / PART)


def test_a_part_of_a_damaged_batch_is_not_kept(house):
    run = cds_run(house, "r", FILES, **HOW)
    run.edit_rows([(0, "AAA", 1)])
    run.aggregate()
    assert [len(list(run.folder(batch).glob("tables/*"))) for batch in range(2)] == [0, 1]
