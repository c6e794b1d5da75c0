"""Groups of whole records: by file, by sample, by any column of the samplesheet; and a column that is not there."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from opengenome import flow
from opengenome.core.model import Mode
from opengenome.errors import UsageError
from opengenome.io import schemas
from opengenome.io.schemas import Sample
from opengenome.orchestration import inputs, results
from opengenome.orchestration.annotated import columns_of, names_of
from opengenome.orchestration.runs import Run
from tests.orchestration.conftest import Counted, count_or_reuse, ingested

SAMPLES = (
    Sample("s1", (0,), {"genetic_code": "11", "habitat": "sea"}),
    Sample("s2", (1,), {"genetic_code": "", "habitat": ""}),
)


@pytest.fixture
def two(house, write, records):
    write(house.data / "a.fasta", records(12))
    write(house.data / "b.fasta", [(f"b{name}", text) for name, text in records(9, seed=8)])
    return house


def sampled(house, run_id, column, batch_size=5):
    """A run with SAMPLES, up to its counted batches, grouped by a column of theirs."""
    groups = house.discover(run_id, source=str(house.data), batch_size=batch_size, require_all_codons="never")
    run = Run.of(run_id)
    told = run.inputs()
    told = replace(told, samples=SAMPLES, parameters=told.parameters | {"group_by": column})
    sha256 = schemas.write(run.inputs_file, told)
    planned = inputs.plan(run_id, ingested(run_id, [group | {"inputs": sha256} for group in groups]))
    return Counted(run, run_id, list(planned), [count_or_reuse(run_id, one) for one in planned])


def pairs(report):
    return [
        (row["group"], row["genetic_code"]) for row in pq.read_table(report / flow.BY_GROUP_PARQUET).to_pylist()[::64]
    ]


def test_groups_by_file_are_published_with_a_proven_run(two):
    run = two.counted("r", source=str(two.data), batch_size=5, group_by="file", require_all_codons="never")
    handed = run.aggregate()
    assert results.validate("r", handed)["proven"]
    assert pairs(run.run.report) == [("a.fasta", 1), ("b.fasta", 1)]
    rows = [
        row
        for part in sorted((run.run.report / flow.PER_SEQUENCE).iterdir())
        for row in pq.read_table(part).to_pylist()
    ]
    assert [(row["seq_id"], row["file"], row["group"]) for row in rows[11:13]] == [
        ("seq11", "a.fasta", "a.fasta"),
        ("bseq0", "b.fasta", "b.fasta"),
    ]
    assert {"organism", "first_codon", "sample"}.isdisjoint(rows[0])


@pytest.mark.parametrize(
    ("column", "expected"),
    [("sample", [("s1", 11), ("s2", 1)]), ("habitat", [("", 1), ("sea", 11)])],
)
def test_groups_by_a_column_of_the_samplesheet_are_under_the_codes_of_their_samples(two, column, expected):
    run = sampled(two, "r", column)
    assert results.validate("r", run.aggregate())["proven"]
    assert pairs(run.run.report) == expected


def test_sequences_without_a_value_are_counted_and_said(two):
    run = sampled(two, "r", "habitat")
    results.validate("r", run.aggregate())
    warnings = json.loads((run.run.report / flow.VALIDATION).read_text())["warnings"]
    assert "9 of 21 sequences have no habitat: their group has an empty name." in warnings  # no advice: others have one


def test_an_unknown_column_is_refused_with_those_there_are(two):
    with pytest.raises(UsageError, match=r"'organisms', and the input has no such column.*Choose file\."):
        two.discover("r", source=str(two.data), group_by="organisms")
    assert not Run.of("r").inputs_file.exists()


def test_the_columns_are_those_of_the_annotation_and_the_samplesheet():
    assert columns_of(Mode.SEQUENCES, ()) == ("file",)
    assert columns_of(Mode.SEQUENCES, SAMPLES) == ("file", "sample", "habitat")
    assert columns_of(Mode.CDS, SAMPLES)[:3] == ("record", "gene", "locus_tag")
    assert columns_of(Mode.CDS, SAMPLES)[-3:] == ("file", "sample", "habitat")


def test_a_file_has_its_name_or_the_shortest_path_that_tells_equal_names_apart():
    assert names_of(["/a/x/1.gbff", "/a/y/2.gbff"]) == ["1.gbff", "2.gbff"]
    assert names_of(["/a/x/1.gbff", "/a/y/1.gbff"]) == ["x/1.gbff", "y/1.gbff"]
    assert names_of(["/a/1.gbff"]) == ["1.gbff"]
