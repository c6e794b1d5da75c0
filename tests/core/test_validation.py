"""Each broken law is named, whatever breaks it, and the other laws still hold."""

import math
from dataclasses import replace

import pytest

from opengenome.core.accounts import Fault, Law
from opengenome.core.alphabet import CODONS
from opengenome.core.model import AllCodons, Ledger
from opengenome.core.validation import prove
from tests.core.evidence import CODE, EVERY_CODON, broken, evidence_of, with_batch, with_table, with_verified


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_evidence_from_real_counting_is_proven_and_every_law_is_named(frame):
    verdicts = prove(evidence_of(frame))
    assert [verdict.law[0] for verdict in verdicts] == list("123456")
    assert all(verdict.broken == () for verdict in verdicts)


@pytest.mark.parametrize("law", [Law.LEDGER, Law.PLAN, Law.SEQUENCES])
def test_a_fault_of_a_batch_breaks_its_law_and_names_the_batch(law):
    evidence = with_verified(evidence_of(), 1, faults=(Fault(law, "what is wrong"),))
    assert broken(evidence) == {law: ("batch 2: what is wrong",)}


def test_law_1_compares_the_runs_bases_with_the_plan():
    evidence = evidence_of()
    told = broken(replace(evidence, ledger=replace(evidence.ledger, trailing=evidence.ledger.trailing + 1)))
    assert set(told) == {1, 5}
    assert told[1][0].startswith("the run accounts for ")


# --- 2 plan ---

PLAN_BREAKS = {
    "not reported": (lambda e: with_batch(e, 1, reported=()), "batch 2 was reported 0 times"),
    "reported twice": (lambda e: with_batch(e, reported=({"sha256": "s"},) * 2), "batch 1 was reported 2 times"),
    "another manifest": (lambda e: with_verified(e, sha256="t"), "(SHA-256 differs)"),
    "unplanned": (lambda e: replace(e, unplanned=(9,)), "batch 10 was reported but never planned"),
}


@pytest.mark.parametrize("way", PLAN_BREAKS)
def test_law_2_names_the_batch_that_differs_from_the_plan(way):
    break_it, sentence = PLAN_BREAKS[way]
    told = broken(break_it(evidence_of()))
    assert set(told) == {2}
    assert len(told[2]) == 1
    assert sentence in told[2][0]


def test_law_2_names_a_batch_without_a_manifest_and_law_5_what_is_missing():
    told = broken(with_verified(evidence_of(), 0, manifest=None, faults=(Fault(Law.PLAN, "No batch manifest"),)))
    assert set(told) == {2, 5}
    assert told[2] == ("batch 1: No batch manifest",)


# --- 4 sums ---

ROW = CODONS.index("CTG")
SUM_BREAKS = {
    "amino acid": ("amino_acid", ROW, "X", "the amino acids are not those of genetic code 1"),
    "per thousand": ("per_thousand", ROW, 999.0, "per thousand sums to "),
    "per thousand is null": ("per_thousand", ROW, None, "per thousand sums to "),
    "per thousand is NaN": ("per_thousand", ROW, math.nan, "per thousand sums to nan"),
    "fraction": ("fraction", ROW, 0.9, "fraction of L sums to "),
    "fraction is null": ("fraction", ROW, None, "fraction of L sums to "),
    "fraction is NaN": ("fraction", ROW, math.nan, "fraction of L sums to "),
    "RSCU": ("rscu", ROW, 5.0, "RSCU of L sums to "),
    "RSCU is null": ("rscu", ROW, None, "RSCU of L sums to "),
    "RSCU is infinite": ("rscu", ROW, math.inf, "RSCU of L sums to "),
}


@pytest.mark.parametrize("way", SUM_BREAKS)
def test_law_4_names_the_column_that_does_not_sum(way):
    column, row, value, sentence = SUM_BREAKS[way]
    told = broken(with_table(evidence_of(), column, row, value))
    assert set(told) == {4}
    assert told[4][0].startswith(sentence)


@pytest.mark.parametrize("column", ["per_thousand", "fraction", "rscu"])
def test_law_4_finds_an_error_of_a_millionth_and_tolerates_the_last_bits(column):
    value = evidence_of().table[column][ROW]
    assert set(broken(with_table(evidence_of(), column, ROW, value + 1e-6))) == {4}
    assert broken(with_table(evidence_of(), column, ROW, value + 1e-12)) == {}


@pytest.mark.parametrize("column", ["fraction", "rscu"])
def test_law_4_requires_null_and_not_zero_for_an_empty_family(column):
    sequences = [EVERY_CODON.replace("ATG", "")]
    evidence = evidence_of(frame=0, sequences=sequences, require_all_codons=AllCodons.NEVER)
    row = next(k for k, count in enumerate(evidence.table["count"]) if CODE.amino_acids[k] == "M" and not count)
    assert broken(evidence) == {}
    told = broken(with_table(evidence, column, row, 0.0))
    assert set(told) == {4}
    assert "of M, which never occurs, is not null" in told[4][0]


def test_law_4_compares_the_counts_with_the_ledger():
    evidence = evidence_of()
    told = broken(replace(evidence, ledger=replace(evidence.ledger, counted=evidence.ledger.counted + 1)))
    assert told[4][0].startswith("the counts sum to ")
    assert set(told) == {1, 4, 5}


# --- 5 sequences ---


@pytest.mark.parametrize("codon", CODONS)
def test_any_count_of_the_table_changed_by_one_breaks_law_5_and_names_the_codon(codon):
    row = CODONS.index(codon)
    told = broken(with_table(evidence_of(), "count", row, evidence_of().table["count"][row] + 1))
    assert told[5] == (f"batches and table differ in {codon}",)


def test_law_5_compares_the_batches_ledgers_with_the_runs():
    evidence = evidence_of()
    assert broken(replace(evidence, ledger=evidence.ledger + Ledger(sequences=1))) == {
        5: ("the batches' ledgers do not add up to the run's",)
    }
