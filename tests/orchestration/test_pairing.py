"""--codon-pairs: pairs of coding sequences through the whole flow, against a count and scores of the test's own."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial

import pyarrow.parquet as pq
import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.errors import UsageError
from opengenome.io import row_shards
from opengenome.io.parquet import rows as parquet_rows
from opengenome.orchestration.joining import dataset
from tests.orchestration.pair_runs import (
    HOW,
    ONE,
    PAIRS,
    TWO,
    Slow,
    counted_mixed,
    counted_pairs,
    dataset_of,
    number,
    pairs_in,
    proven,
    read_csv,
    same,
)

FIGURES = ("count", "expected", "cps")


@pytest.fixture
def counted(house):
    return partial(counted_pairs, house)


@pytest.fixture
def mixed(house):
    return partial(counted_mixed, house)


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


def test_a_start_codon_that_is_left_out_is_in_no_pair(counted):
    rows = read_csv(proven(counted(skip_start_codon=True)) / PAIRS[0])
    slow = Slow([text[3:] for _, text in ONE])
    assert [int(row["count"]) for row in rows] == [slow.pairs[a, b] for a in CODONS for b in CODONS]


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
    more = house.counted("more", source=f"{house.data / 'a.fasta'}\n{house.data / 'b.fasta'}", **HOW)
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
