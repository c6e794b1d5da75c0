"""--codon-pairs: pairs of coding sequences through the whole flow, against a count and scores of the test's own."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from itertools import pairwise
from math import log

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.errors import LawError, UsageError
from opengenome.io import batches, row_shards
from opengenome.io.parquet import rows as parquet_rows
from opengenome.orchestration import committed, recounting, results
from opengenome.orchestration.joining import dataset
from tests.orchestration.annotated_runs import some_cds

PAIRS = (flow.CODON_PAIRS_CSV, flow.CODON_PAIRS_PARQUET)


def letters(number, seed, code=1):
    """Coding sequences in which codons follow each other unevenly; some have ambiguous codons."""
    source, stops = random.Random(seed), "TAA"  # noqa: S311  (test data)
    found = []
    for k, row in enumerate(some_cds(number, seed=seed, code=code)):
        codons = [row.letters[i : i + 3] for i in range(3, len(row.letters) - 3, 3)]
        within = "".join(codon + codon * source.randint(0, 1) for codon in codons)
        found.append((row.seq_id, f"ATG{within}{'NNN' * (k % 3 == 2)}{within[:9]}{stops}"))
    return found


FIGURES = ("count", "expected", "cps")
ONE = letters(17, 3)
TWO = letters(9, 4, code=4)


@pytest.fixture
def counted(house, write):
    """A run over FASTA of CDS with pairs, up to its counted batches."""

    def run(run_id="r", records=ONE, **asked):
        write(house.data / "a.fasta", records)
        how = {"mode": "cds", "codon_pairs": True, "batch_size": 5, "require_all_codons": "never"}
        return house.counted(run_id, source=str(house.data / "a.fasta"), **how | asked)

    return run


@pytest.fixture
def mixed(house, write):
    """The same over two samples under the codes 1 and 4."""

    def run(run_id="m", **asked):
        write(house.data / "a.fasta", ONE)
        write(house.data / "b.fasta", TWO)
        sheet = house.data / "sheet.csv"
        sheet.write_text("sample,fasta,genetic_code\none,a.fasta,1\ntwo,b.fasta,4\n")
        how = {"mode": "cds", "codon_pairs": True, "batch_size": 5, "require_all_codons": "never"}
        return house.counted(run_id, source=str(sheet), **how | asked)

    return run


def proven(run):
    assert results.validate(run.run_id, run.aggregate())["proven"]
    return run.run.report


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def dataset_of(report):
    return [row for part in sorted((report / flow.PER_SEQUENCE).iterdir()) for row in pq.read_table(part).to_pylist()]


def number(text):
    return float(text) if text else None


# --- the same, slowly ---


def codons_in(text):
    return [text[i : i + 3] for i in range(0, len(text) - 2, 3)]


def pairs_in(text):
    return Counter(pair for pair in pairwise(codons_in(text)) if set("".join(pair)) <= set("ACGT"))


class Slow:
    """Scores of the pairs of some sequences under a code, by the formula and one by one."""

    def __init__(self, texts, table=1):
        self.amino_acid = dict(zip(CODONS, genetic_code(table).amino_acids, strict=True))
        self.pairs = sum(map(pairs_in, texts), Counter())
        self.codons = Counter(codon for text in texts for codon in codons_in(text) if codon in self.amino_acid)

    def _acid(self, codon):
        return self.amino_acid[codon]

    def expected(self, a, b):
        x, y = self._acid(a), self._acid(b)
        if "*" in (x, y) or not self.codons[a] or not self.codons[b]:
            return None
        of_x = sum(times for codon, times in self.codons.items() if self._acid(codon) == x)
        of_y = sum(times for codon, times in self.codons.items() if self._acid(codon) == y)
        of_xy = sum(times for (c, d), times in self.pairs.items() if (self._acid(c), self._acid(d)) == (x, y))
        return self.codons[a] * self.codons[b] * of_xy / (of_x * of_y)

    def score(self, a, b):
        expected = self.expected(a, b)
        return log(self.pairs[a, b] / expected) if expected and self.pairs[a, b] else None

    def bias(self, pairs):
        scored = [(self.score(*pair), times) for pair, times in pairs.items()]
        scored = [(score, times) for score, times in scored if score is not None]
        of = sum(times for _, times in scored)
        return (sum(score * times for score, times in scored) / of if of else None), of


def same(found, expected):
    return found == expected or found == pytest.approx(expected, abs=1e-12)


# --- what is published ---


@pytest.mark.parametrize("size", [1, 5, 5000])
def test_the_table_of_pairs_is_that_of_a_slow_count(counted, size):
    report = proven(counted(batch_size=size))
    rows, slow = read_csv(report / PAIRS[0]), Slow([text for _, text in ONE])
    assert [(row["first"], row["second"]) for row in rows] == [(a, b) for a in CODONS for b in CODONS]
    for row in rows:
        a, b = row["first"], row["second"]
        assert row["amino_acids"] == slow.amino_acid[a] + slow.amino_acid[b]
        assert int(row["count"]) == slow.pairs[a, b]
        assert same(number(row["expected"]), slow.expected(a, b))
        assert same(number(row["cps"]), slow.score(a, b))
    assert sum(int(row["count"]) for row in rows) > 500
    table = pq.read_table(report / PAIRS[1]).to_pylist()
    assert [[*row.values()] for row in table] == [
        [*(row[name] for name in ("first", "second", "amino_acids")), *(number(row[name]) for name in FIGURES)]
        for row in rows
    ]


def test_each_sequence_and_the_whole_have_their_bias(counted):
    report = proven(counted())
    slow = Slow([text for _, text in ONE])
    for row, (name, text) in zip(dataset_of(report), ONE, strict=True):
        bias, of = slow.bias(pairs_in(text))
        assert (row["seq_id"], row["scored_pairs"], row["cpb"]) == (name, of, pytest.approx(bias, abs=1e-12))
    summary = json.loads((report / flow.SUMMARY).read_text())
    assert summary["measures"]["cpb"] == pytest.approx(slow.bias(slow.pairs)[0], abs=1e-12)


def test_under_two_codes_each_sequence_is_scored_by_its_own_and_groups_are_means(mixed):
    report = proven(mixed(group_by="sample"))
    texts = [text for _, text in ONE + TWO]
    under = {"one": Slow(texts, 1), "two": Slow(texts, 4)}
    rows = dataset_of(report)
    assert len(rows) == len(texts)
    for row, text in zip(rows, texts, strict=True):
        assert same(row["cpb"], under[row["sample"]].bias(pairs_in(text))[0])
    groups = {row["group"]: float(row["cpb"]) for row in read_csv(report / flow.MEASURES_BY_GROUP)}
    for sample, some in (("one", ONE), ("two", TWO)):
        together = sum((pairs_in(text) for _, text in some), Counter())
        assert groups[sample] == pytest.approx(under[sample].bias(together)[0], abs=1e-12)


def test_any_batches_give_the_same_bytes(mixed):
    texts = set()
    for size in (1, 4, 5000):
        report = proven(mixed(f"m{size}", batch_size=size, group_by="sample"))
        rows = [(row["cpb"], row["scored_pairs"]) for row in dataset_of(report)]
        files = [(report / name).read_bytes() for name in (*PAIRS, flow.MEASURES_BY_GROUP)]
        texts.add((*files, str(rows)))
    assert len(texts) == 1


def test_a_sequence_in_pieces_is_one(counted, monkeypatch):
    for name, size in (("_GROUP_BYTES", 700), ("_PIECE_BYTES", 200), ("_BLOCK_BYTES", 100)):
        monkeypatch.setattr(row_shards, name, size)
    monkeypatch.setattr(parquet_rows, "_BLOCK_BYTES", 100)
    long = [(name, text[:-3] * 9 + text[-3:]) for name, text in ONE]
    run = counted(records=long)
    shards = list(run.run.store.root.rglob("shard-*.parquet"))
    assert any(pq.read_table(shard)["piece"].to_numpy().max() > 1 for shard in shards)
    rows, slow = read_csv(proven(run) / PAIRS[0]), Slow([text for _, text in long])
    assert [int(row["count"]) for row in rows] == [slow.pairs[a, b] for a in CODONS for b in CODONS]


def test_the_dataset_need_not_be_published_for_it(counted):
    report = proven(counted(per_sequence=False))
    assert not (report / flow.PER_SEQUENCE).exists()
    assert (report / PAIRS[0]).exists()


def test_a_sequence_of_one_codon_has_no_bias_and_a_run_of_such_no_score(counted):
    report = proven(counted(records=[("a", "ATG"), ("b", "TGG")], drop=["none"]))
    assert [(row["scored_pairs"], row["cpb"]) for row in dataset_of(report)] == [(0, None)] * 2
    assert json.loads((report / flow.SUMMARY).read_text())["measures"]["cpb"] is None
    assert {row["cps"] for row in read_csv(report / PAIRS[0])} == {""}


def test_a_run_that_does_not_ask_has_none(counted):
    report = proven(counted(codon_pairs=False))
    assert not any((report / name).exists() for name in PAIRS)
    assert "cpb" not in dataset_of(report)[0]
    assert "cpb" not in json.loads((report / flow.SUMMARY).read_text())["measures"]


def test_whole_records_have_no_pairs_and_the_run_says_so(counted):
    with pytest.raises(UsageError, match=r'"Codon pairs" is for coding sequences, but mode sequences \(.*\) counts'):
        counted(mode="sequences")


# --- reuse ---


def why(run):
    return {planned["reason"] for planned in run.planned}


def test_pairs_are_counted_once_and_a_run_without_them_is_another(counted):
    first = counted("plain", codon_pairs=False)
    second = counted("pairs")
    assert why(second) == {"recomputed: codon_pairs changed False → True"}
    assert {one["key"] for one in first.planned}.isdisjoint(one["key"] for one in second.planned)
    for again, asked in ((counted("again"), True), (counted("without", codon_pairs=False), False)):
        assert all(report["reused"] for report in again.reports), asked


def test_without_pairs_a_batch_that_was_only_counted_with_them_is_counted(counted):
    counted("pairs")
    assert why(counted("plain", codon_pairs=False)) == {"recomputed: codon_pairs changed True → False"}


def test_a_run_of_a_version_without_pairs_is_told_as_a_run_without(counted, monkeypatch):
    from opengenome.orchestration import reasons  # noqa: PLC0415

    counted("old", codon_pairs=False)
    read = reasons.schemas.read_run_inputs

    def older(path):
        inputs = read(path)
        inputs.parameters.pop("codon_pairs")
        return inputs

    monkeypatch.setattr(
        reasons.schemas, "read_run_inputs", lambda path, *more: read(path, *more) if more else older(path)
    )
    assert why(counted("new")) == {"recomputed: codon_pairs changed False → True"}


def test_kept_parts_are_linked_until_the_pairs_of_the_whole_change(house, write, counted, monkeypatch):
    measured = []
    real = dataset.with_measures
    monkeypatch.setattr(dataset, "with_measures", lambda rows, given: measured.append(1) or real(rows, given))
    for run_id in ("first", "again"):
        counted(run_id).aggregate()
    assert len(measured) == 4
    write(house.data / "b.fasta", TWO)
    how = {"mode": "cds", "codon_pairs": True, "batch_size": 5, "require_all_codons": "never"}
    more = house.counted("more", source=f"{house.data / 'a.fasta'}\n{house.data / 'b.fasta'}", **how)
    assert any(report["reused"] for report in more.reports)
    report = proven(more)
    slow = Slow([text for _, text in ONE + TWO])
    for row, (_, text) in zip(dataset_of(report), ONE + TWO, strict=True):
        assert row["cpb"] == pytest.approx(slow.bias(pairs_in(text))[0], abs=1e-12)


def test_a_genetic_code_recounts_nothing(counted):
    counted()
    again = counted("code", genetic_code=4)
    assert all(report["reused"] for report in again.reports)
    rows, slow = read_csv(proven(again) / PAIRS[0]), Slow([text for _, text in ONE], 4)
    assert all(same(number(row["cps"]), slow.score(row["first"], row["second"])) for row in rows)


# --- damage ---


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


def test_a_start_codon_that_is_left_out_is_in_no_pair(counted):
    rows = read_csv(proven(counted(skip_start_codon=True)) / PAIRS[0])
    slow = Slow([text[3:] for _, text in ONE])
    assert [int(row["count"]) for row in rows] == [slow.pairs[a, b] for a in CODONS for b in CODONS]


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
