"""Change what a run of coding sequences rests on, or one of its tables: validate names the law."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome import flow
from opengenome.core.coding import coding_faults
from opengenome.errors import ContractError, LawError
from opengenome.io import entries, schemas, table_schemas
from opengenome.io.coding.table import CDS_TABLE
from opengenome.io.schemas import Unit
from opengenome.io.store import sealed, sha256_of
from opengenome.orchestration import results
from opengenome.orchestration.coding import coding_sequences
from tests.orchestration.annotated_runs import Row, cds_run, some_cds


def forged_table(run, edit):
    """Change rows of cds.parquet, as (unit, column, row) says."""
    (entry,) = run.run.inputs().entries
    path = run.run.store.ingest(entry.key) / CDS_TABLE
    columns = pq.read_table(path).to_pydict()
    edit(columns)
    pq.write_table(pa.Table.from_pydict(columns, schema=table_schemas.cds_schema()), path)
    return path


def forged_account(run, edit):
    (entry,) = run.run.inputs().entries
    path = run.run.store.ingest(entry.key) / entries.MANIFEST
    manifest = json.loads(path.read_text())
    manifest.pop("seal")
    edit(manifest)
    path.write_text(json.dumps(sealed(manifest)))


def resealed(run, edit):
    path = forged_table(run, edit)
    forged_account(run, lambda manifest: manifest.update(cds_sha256=sha256_of(path)))


def put(column, row, value):
    def edit(columns):
        columns[column][row] = value

    return edit


def of_account(name, value):
    return lambda manifest: manifest["cds"][0].update({name: value})


@pytest.fixture
def one(house):
    rows = [*some_cds(6), Row("p", "ATGTAAAAATAA", reason="pseudo")]
    how = {"batch_size": 4, "group_by": "gene", "require_all_codons": "never"}
    return cds_run(house, "r", {"a.fasta": rows}, **how)


def broken(run):
    with pytest.raises(LawError) as caught:
        results.validate(run.run_id)
    return {int(number) for number in re.findall(r"law (\d) ", str(caught.value))}, str(caught.value)


TAMPERED = {
    "a CDS that was lost": (lambda run: forged_account(run, of_account("found", 8)), "8 CDS were found, but 6 were"),
    "a feature that no reader gave": (lambda run: forged_account(run, of_account("features", 8)), "8 CDS features"),
    "another reason": (lambda run: resealed(run, put("reason", 6, "length")), "dropped is {'pseudo': 1} in its acc"),
    "a base": (lambda run: resealed(run, put("bases", 0, 999)), "bases, but"),
    "another flag": (lambda run: resealed(run, put("flags", 0, "overlap")), "flags is {} in its account, and"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_law_7_names_what_does_not_account_for_each_cds(one, what):
    tamper, sentence = TAMPERED[what]
    one.aggregate()
    tamper(one)
    named, said = broken(one)
    assert 7 in named
    assert sentence in said
    assert "a.fasta" in said


def shortened(path):
    path.write_bytes(path.read_bytes()[:100])


DAMAGED = {
    "another name": lambda run: forged_table(run, put("product", 6, "x")),
    "a code that is none": lambda run: forged_table(run, put("genetic_code", 0, -1)),
    "no code": lambda run: forged_table(run, put("genetic_code", 0, None)),
    "half a table": lambda run: shortened(forged_table(run, lambda _: None)),
    "no table": lambda run: forged_table(run, lambda _: None).unlink(),
    "no manifest": lambda run: (forged_table(run, lambda _: None).parent / entries.MANIFEST).unlink(),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_list_of_cds_is_told_before_anything_rests_on_it(one, what):
    handed = one.aggregate()
    DAMAGED[what](one)
    for task in (lambda: results.validate(one.run_id, handed), one.aggregate):
        with pytest.raises(ContractError, match=r"The list of its CDS in the store is damaged.*a\.fasta.*new run"):
            task()


def test_law_7_holds_for_rows_of_gff3_that_are_more_than_cds(one):
    forged_account(one, of_account("features", 9))
    told = one.run.inputs()
    (entry,) = told.entries
    schemas.write(one.run.inputs_file, replace(told, entries=(replace(entry, units=(Unit("gff3", 1),)),)))
    units = tuple(coding_sequences(one.run.inputs(), one.run.store).evidence())
    assert not list(coding_faults(units, units[0].tally.bases))
    few = [replace(units[0], recorded=units[0].recorded | {"features": 6})]
    assert list(coding_faults(few, units[0].tally.bases)) == [
        "a.fasta: its text has 6 CDS features, but 7 CDS were found"
    ]


def rewritten(path, edit):
    table = pq.read_table(path)
    columns = table.to_pydict()
    edit(columns)
    pq.write_table(pa.Table.from_pydict(columns, schema=table.schema), path)


PART = flow.per_sequence_part(0)
DIFFERENT = {
    "a count by sequence": (PART, put("AAA", 2, 99), "row 3: AAA is 99"),
    "a group by sequence": (PART, put("group", 1, "other"), "row 2: group is other"),
    "an annotation by sequence": (PART, put("product", 0, "other"), "row 1: product is other"),
    "a measure of the first row": (PART, put("gc3", 0, 0.123), "row 1: gc3 is 0.123"),
    "a measure of any other row": (PART, put("gc3", 2, 0.123), "row 3: gc3 is 0.123"),
    "a count by group": (flow.BY_GROUP_PARQUET, put("count", 65, 99), "row 66: count is 99"),
    "a figure by group": (flow.BY_GROUP_PARQUET, put("rscu", 3, 9.5), "row 4: rscu is 9.5"),
    "a group": (flow.BY_GROUP_PARQUET, put("group", 0, "other"), "row 1: group is other"),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_law_5_names_what_differs_in_a_table_by_sequence_or_group(one, what):
    name, edit, sentence = DIFFERENT[what]
    one.aggregate()
    rewritten(one.run.report / name, edit)
    named, said = broken(one)
    assert named == {5}
    assert sentence in said


def test_law_5_names_groups_that_do_not_sum_to_the_whole(one):
    one.aggregate()
    rewritten(one.run.report / flow.BY_GROUP_PARQUET, put("count", 65, 99))
    assert "the groups do not sum to the whole in AAC" in broken(one)[1]


def test_law_5_names_another_csv(one):
    one.aggregate()
    path = one.run.report / flow.BY_GROUP_CSV
    path.write_text(path.read_text().replace("gene3", "gene9", 1))
    named, said = broken(one)
    assert (named, flow.BY_GROUP_CSV in said) == ({5}, True)


@pytest.mark.parametrize("name", [flow.DROPPED, PART, flow.BY_GROUP_CSV])
def test_a_file_that_is_missing_or_another_than_aggregate_wrote_breaks_law_6(one, name):
    handed = one.aggregate()
    path = one.run.report / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(LawError, match=f"law 6 report: {name} is not the file that aggregate wrote"):
        results.validate(one.run_id, handed)
