"""--codon-pairs: damaged, missing and forged pairs are found."""

from __future__ import annotations

from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.errors import LawError
from opengenome.io import batches
from opengenome.orchestration import committed, recounting, results
from tests.orchestration.pair_runs import (
    ONE,
    PAIRS,
    counted_pairs,
    proven,
)


@pytest.fixture
def counted(house):
    return partial(counted_pairs, house)


def part(run, batch=0):
    (path,) = run.folder(batch).rglob("pairs-*.parquet")
    return path


def edit(run, change, *, forge=False):
    """Change the entries of the first batch. forge: so that every digest fits again."""
    path = part(run)
    columns = pq.read_table(path).to_pydict()
    change(columns)
    schema = pq.read_schema(path)
    pq.write_table(pa.Table.from_pydict(columns, schema=schema), path)
    if forge:
        facts = {"bytes": path.stat().st_size, "sha256": batches.sha256_of(path), "rows": len(columns["entry"])}
        run.edit_manifest(lambda manifest: manifest["pairs"][0].update(facts), forge_report=True)


def add(row, more=1):
    def change(columns):
        columns["count"][row] += more

    return change


def other(row):
    """Another second codon, between those of the neighbouring entries."""

    def change(columns):
        columns["entry"][row] += 1
        assert columns["entry"][row] < columns["entry"][row + 1]

    return change


def gone(columns):
    for values in columns.values():
        values.pop()


def beyond(columns):
    columns["entry"][-1] += 1 << 30


def twice(columns):
    columns["entry"][1] = columns["entry"][0]


def never(columns):
    columns["count"][0] = 0


def refused(run, words):
    with pytest.raises(LawError, match=words):
        results.validate(run.run_id)


@pytest.mark.parametrize(
    "change", [add(0), add(5, 3), other(0), gone], ids=["more", "many more", "another", "one less"]
)
def test_law_5_names_pairs_that_do_not_reproduce_the_codons_even_with_every_digest_forged(counted, change):
    run = counted()
    edit(run, change, forge=True)
    run.aggregate()
    refused(
        run, r"law 5 .*batch 1: the pairs of a sequence do not reproduce its codons \(.*part-00000.parquet, row \d\)"
    )


def test_law_5_names_another_last_codon_even_with_every_digest_forged(counted):
    """One pair begins with the last codon instead of another one: one codon is left, as before, but not the last."""
    records = [("a", "ATGAAACCCAAATAA"), *ONE]
    run = counted(records=records)

    def change(columns):
        atg, aaa, taa = (CODONS.index(codon) for codon in ("ATG", "AAA", "TAA"))
        columns["entry"].remove(64 * atg + aaa)
        columns["entry"].append(64 * taa + aaa)
        columns["entry"].sort()

    edit(run, change, forge=True)
    run.aggregate()
    refused(run, "law 5 .*batch 1: The codon pairs of a do not fit its last_codon, TAA")


@pytest.mark.parametrize("skipped", [False, True])
def test_law_5_names_another_first_codon_also_where_start_codons_are_left_out(counted, skipped):
    """A CDS that is partial at its 5' end has no start codon to leave out: its first codon is counted."""
    records = [("lcl|a_cds_1 [partial=5'] [gbkey=CDS]", "GCAAAACCCAAATAA"), *ONE]
    run = counted(records=records, skip_start_codon=skipped)

    def change(columns):
        aaa, ccc, gca = (CODONS.index(codon) for codon in ("AAA", "CCC", "GCA"))
        columns["entry"].remove(64 * ccc + aaa)
        columns["entry"].append(64 * ccc + gca)
        columns["entry"].sort()

    edit(run, change, forge=True)
    run.aggregate()
    refused(run, r"law 5 .*batch 1: The codon pairs of lcl\|a_cds_1 do not fit its first_codon, GCA")


@pytest.mark.parametrize("change", [beyond, twice, never])
def test_what_no_batch_holds_is_refused_even_with_every_digest_forged(counted, change):
    run = counted()
    edit(run, change, forge=True)
    run.aggregate()
    refused(run, "law 2 .*batch 1: .*Codon pairs cannot be read: ")


def test_a_changed_part_is_found_and_counted_again(counted):
    run = counted()
    edit(run, add(0))
    again = counted("again")
    assert [report["reused"] for report in again.reports] == [False, True, True, True]
    proven(again)


def test_a_missing_part_is_found_and_counted_again(counted):
    run = counted()
    part(run).unlink()
    run.aggregate()
    refused(run, "law 2 .*batch 1: part missing: .*pairs-00000.parquet")
    assert committed.reusable(run.planned[0])[1].startswith("recomputed: part missing")


def test_a_manifest_without_its_pairs_is_refused(counted):
    run = counted()
    run.edit_manifest(lambda manifest: manifest.update(pairs=[]), forge_report=True)
    run.aggregate()
    refused(run, "law 2 .*batch 1: there are codon pairs of 0 parts; there are 1 parts")


def test_a_recount_compares_the_pairs(counted, count):
    """Swap what follows two equal codons: no sum by first or second codon changes."""
    run = counted()

    def swap(columns):
        found = dict(zip(columns["entry"], columns["count"], strict=True))
        inside = [entry for entry in found if entry < 4096]
        a, b = next((a, b) for a in inside for b in inside if a // 64 != b // 64 and a % 64 != b % 64)
        for entry, more in ((a, -1), (b, -1), (a // 64 * 64 + b % 64, 1), (b // 64 * 64 + a % 64, 1)):
            found[entry] = found.get(entry, 0) + more
        kept = sorted((entry, times) for entry, times in found.items() if times)
        columns["entry"], columns["count"] = ([row[k] for row in kept] for k in range(2))

    again = recounting.place("r", run.planned[0])
    count(run.planned[0] | {"output": str(again)}, "try1-again")
    assert recounting.compare(run.planned[0], again).endswith("identical to the committed output")
    edit(run, swap, forge=True)
    again = recounting.place("r", run.planned[0])
    count(run.planned[0] | {"output": str(again)}, "try1-again")
    with pytest.raises(LawError, match="the counts of a sequence differ"):
        recounting.compare(run.planned[0], again)


@pytest.mark.parametrize("name", PAIRS)
def test_law_5_names_a_table_of_pairs_that_says_something_else(counted, name):
    run = counted()
    run.aggregate()
    path = run.run.report / name
    if name == PAIRS[0]:
        path.write_text(path.read_text().replace(',"KK",', ',"KN",', 1))
    else:
        rows = pq.read_table(path).to_pydict()
        rows["count"][7] += 1
        pq.write_table(pa.Table.from_pydict(rows, schema=pq.read_schema(path)), path)
    refused(run, f"law 5 .*{name} does not say what the pairs of the batches say")


def test_law_5_names_another_bias_of_any_sequence(counted):
    run = counted()
    run.aggregate()
    path = run.run.report / flow.per_sequence_part(1)
    rows = pq.read_table(path).to_pydict()
    rows["cpb"][3] += 1e-9
    schema = pq.read_schema(path)
    path.unlink()
    pq.write_table(pa.Table.from_pydict(rows, schema=schema), path)
    refused(run, r"law 5 .*batch 2: per_sequence/part-00001.parquet: row 4: cpb is ")
