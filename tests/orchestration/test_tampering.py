"""Change anything that a run counted: validate fails and names the law, and nothing published changes.

`forge_report` also forges the report of the task. Then every digest fits, and only the laws on numbers are left.
"""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.core.alphabet import CODONS
from opengenome.errors import ContractError, LawError
from opengenome.io import tables
from opengenome.io.batches import MANIFEST
from opengenome.orchestration import results

STAGES = ("before aggregate", "after aggregate")


@pytest.fixture(params=[True, False], ids=["per-sequence", "totals only"])
def run(request, house, write, records):
    write(house.data / "a.fasta", records(12))
    return house.counted("r", source=str(house.data), batch_size=6, per_sequence=request.param)


@pytest.fixture
def whole(house, write, records):
    """Like `run`, with the per-sequence table."""
    write(house.data / "a.fasta", records(12))
    return house.counted("r", source=str(house.data), batch_size=6)


def broken(run, tamper, stage="after aggregate"):
    """The numbers of the laws that validate names, and its whole message."""
    if stage == "before aggregate":
        tamper(run)
    run.aggregate()
    if stage == "after aggregate":
        tamper(run)
    with pytest.raises(LawError) as caught:
        results.validate(run.run_id)
    validation = json.loads((run.run.report / "validation.json").read_text())
    named = {int(number) for number in re.findall(r"law (\d) ", str(caught.value))}
    assert not validation["proven"]
    assert {int(law["law"][0]) for law in validation["laws"] if not law["holds"]} == named
    return named, str(caught.value)


def test_nothing_changed_proves(run):
    run.aggregate()
    proof = results.validate("r")
    assert (proof["proven"], proof["laws"]) == (True, 6)


ONE = [(0, "ACG", 1)]
# What is forged besides the count, when, and the laws that still break.
FORGERIES = [
    ({}, "before aggregate", {2, 5}),
    ({}, "after aggregate", {2, 5}),
    ({"rehash": True}, "before aggregate", {2, 5}),
    ({"rehash": True}, "after aggregate", {2, 5}),
    ({"rehash": True, "forge_report": True}, "before aggregate", {5}),
]


@pytest.mark.parametrize(("forged", "stage", "laws"), FORGERIES)
@pytest.mark.parametrize("changes", [ONE, [(0, "TTT", -1)], [*ONE, (0, "TTT", -1)]], ids=["+1", "-1", "+1-1"])
def test_a_count_in_the_per_sequence_table(whole, changes, forged, stage, laws):
    named, said = broken(whole, lambda run: run.edit_rows(changes, **forged), stage)
    assert named == laws
    codons = " ".join(codon for _, codon, _ in changes)
    assert f"batch 1: chunk 1 of 1: sequences and total differ in {codons}" in said


def test_any_count_of_any_codon_by_one(whole):
    whole.aggregate()
    good = whole.part(1).read_bytes()
    for codon in CODONS:
        whole.part(1).write_bytes(good)
        whole.edit_rows([(0, codon, 1)], batch=1)
        with pytest.raises(
            LawError, match=f"law 5 sequences: batch 2: chunk 1 of 1: sequences and total differ in {codon}"
        ):
            results.validate("r")


@pytest.mark.parametrize("column", ["length", "ambiguous_codons", "trailing_bases"])
def test_a_field_of_a_row_even_with_every_digest_forged(whole, column):
    named, said = broken(
        whole, lambda run: run.edit_rows([(1, column, 1)], rehash=True, forge_report=True), "before aggregate"
    )
    assert named == {5}
    assert "batch 1: chunk 1 of 1: sequences and total differ in the ledger" in said


def test_two_rows_that_compensate_each_other_even_with_every_digest_forged(whole):
    changes = [(1, "ACG", 1), (2, "ACG", -1)]
    named, said = broken(whole, lambda run: run.edit_rows(changes))
    assert named == {2, 5}
    assert "part changed" in said
    assert "a sequence does not account for its bases" in said
    whole.edit_rows([], rehash=True, forge_report=True)
    named, said = broken(whole, lambda _: None)
    assert named == {5}
    assert "part-00000.parquet, row 2)" in said


def add_to_totals(*changes):
    def edit(manifest):
        for codon, more in changes:
            manifest["totals"][CODONS.index(codon)] += more

    return edit


@pytest.mark.parametrize("stage", STAGES)
def test_a_total_of_the_manifest(run, stage):
    named, said = broken(run, lambda run: run.edit_manifest(add_to_totals(("ACG", 1))), stage)
    assert {1, 2} < named
    assert "SHA-256 differs" in said


def test_a_total_even_with_every_digest_forged(run):
    named, said = broken(
        run, lambda run: run.edit_manifest(add_to_totals(("ACG", 1)), forge_report=True), "before aggregate"
    )
    assert 1 in named
    assert 2 not in named
    assert re.search(r"batch 1: the totals have \d+ codons, the ledger has \d+", said)


def test_two_totals_that_compensate_each_other(run):
    named, _ = broken(run, lambda run: run.edit_manifest(add_to_totals(("ACG", 1), ("TTT", -1))))
    assert named == {2, 5, 6}


def test_two_totals_that_compensate_even_with_every_digest_forged(whole):
    tamper = add_to_totals(("ACG", 1), ("TTT", -1))
    named, said = broken(whole, lambda run: run.edit_manifest(tamper, forge_report=True), "before aggregate")
    assert named == {5}
    assert "batch 1: chunks and total differ in ACG TTT" in said


@pytest.mark.parametrize("more", [1, -1])
@pytest.mark.parametrize(
    ("name", "law"),
    [("sequences", 2), ("bases", 2), ("offset", 1), ("counted", 1), ("ambiguous", 1), ("trailing", 1)],
)
def test_a_field_of_the_ledger_even_with_every_digest_forged(run, name, law, more):
    def edit(manifest):
        manifest["ledger"][name] += more

    named, _ = broken(run, lambda run: run.edit_manifest(edit, forge_report=True), "before aggregate")
    assert law in named


def test_two_batches_whose_ledgers_compensate_each_other(run):
    def add(more):
        return lambda manifest: manifest["ledger"].update(trailing=manifest["ledger"]["trailing"] + more)

    def tamper(run):
        run.edit_manifest(add(1), 0, forge_report=True)
        run.edit_manifest(add(-1), 1, forge_report=True)

    named, said = broken(run, tamper, "before aggregate")
    assert 1 in named
    assert "batch 1: accounts for" in said
    assert "batch 2: accounts for" in said


def test_a_field_of_the_published_ledger(whole):
    def tamper(run):
        summary = tables.read_document(run.run.report / tables.SUMMARY)
        summary["ledger"]["counted"] += 1
        tables.write_document(run.run.report / tables.SUMMARY, summary)

    named, _ = broken(whole, tamper)
    assert named == {1, 4, 5, 6}


def forge_table(folder, changes, *, both):
    columns = tables.read_codon_table(folder)
    text = (folder / tables.CSV).read_bytes()
    for codon, more in changes:
        columns["count"][CODONS.index(codon)] += more
    tables.write_codon_table(folder, columns)
    if not both:
        (folder / tables.CSV).write_bytes(text)


def test_a_count_in_both_forms_of_the_table(whole):
    named, said = broken(whole, lambda run: forge_table(run.run.report, [("ACG", 1)], both=True))
    assert named == {4, 5, 6}
    assert "batches and table differ in ACG" in said
    assert re.search(r"the codon table: ACG.count is \d+, recomputed it is \d+", said)
    forge_table(whole.run.report, [("TTT", -1)], both=True)
    with pytest.raises(LawError, match=r"law 5 .*batches and table differ in ACG TTT"):
        results.validate("r")


def test_a_count_in_one_form_of_the_table(whole):
    whole.aggregate()
    path = whole.run.report / tables.CSV
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:1], re.sub(r",\d+,", ",9999,", lines[1], count=1), *lines[2:]]))
    with pytest.raises(ContractError, match=r"codon_usage.csv and codon_usage.parquet differ"):
        results.validate("r")
    whole.aggregate()
    forge_table(whole.run.report, [("ACG", 1)], both=False)
    with pytest.raises(ContractError, match=r"codon_usage.csv and codon_usage.parquet differ"):
        results.validate("r")


@pytest.mark.parametrize("stage", STAGES)
def test_a_missing_part(whole, stage):
    named, said = broken(whole, lambda run: run.part(1).unlink(), stage)
    assert named == {2}
    assert "batch 2: part missing: attempts/try1-here/part-00000.parquet" in said


def test_a_part_that_is_no_table(whole):
    def tamper(run):
        pq.write_table(pa.table({"AAA": [1]}), run.part(1))

    named, said = broken(whole, tamper)
    assert named == {2}
    assert "batch 2: part changed" in said


@pytest.mark.parametrize("stage", STAGES)
def test_a_missing_batch(run, stage):
    named, said = broken(run, lambda run: (run.folder(1) / MANIFEST).unlink(), stage)
    assert {2} < named
    assert "batch 2: There is no batch manifest" in said


def test_a_batch_in_the_place_of_another(run):
    def tamper(run):
        (run.folder(1) / MANIFEST).write_bytes((run.folder(0) / MANIFEST).read_bytes())

    named, said = broken(run, tamper, "before aggregate")
    assert 2 in named
    assert f"batch 2: manifest of another batch: {run.planned[0]['key']}" in said


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lambda reports: reports.append(reports[0]), "batch 1 was reported 2 times"),
        (lambda reports: reports.pop(), "batch 2 was reported 0 times"),
        (lambda reports: reports.append(reports[0] | {"batch": 7}), "batch 8 was reported but never planned"),
        (lambda reports: reports[0].update(sha256="0" * 64), r"batch 1: .*SHA-256 differs"),
        (lambda reports: reports[0].update(codons=1), "batch 1: its task reported codons 1"),
        (lambda reports: reports[1].update(sequences=7), "batch 2: its task reported sequences 7"),
        (lambda reports: reports[1].update(path="elsewhere"), "batch 2: its task reported path elsewhere"),
    ],
)
def test_a_report_of_a_task(run, tamper, said):
    named, message = broken(run, lambda run: tamper(run.reports), "before aggregate")
    assert named == {2}
    assert re.search(said, message)


def test_published_results_stay_when_validate_fails(house, write, records):
    write(house.data / "a.fasta", records(12))
    house.proven("good", source=str(house.data), batch_size=6)
    before = {path: path.read_bytes() for path in house.results.rglob("*") if path.is_file()}
    run = house.counted("r", source=str(house.data), batch_size=6)
    broken(run, lambda run: run.edit_rows(ONE))
    assert {path: path.read_bytes() for path in house.results.rglob("*") if path.is_file()} == before
    assert house.latest.resolve().name == "good"


def test_every_broken_law_is_named_at_once(whole, caplog):
    caplog.set_level("INFO")

    def tamper(run):
        run.edit_manifest(add_to_totals(("ACG", 1)))
        forge_table(run.run.report, [("TTT", 5)], both=True)

    named, _ = broken(whole, tamper)
    assert named == {1, 2, 4, 5, 6}
    assert caplog.text.count("BROKEN") == 5
