"""Each law, broken in each way it can be, is named, and the others still hold."""

import math
from dataclasses import replace

import numpy as np
import pytest

from opengenome.core import usage
from opengenome.core.alphabet import CODONS
from opengenome.core.counting import AMBIGUOUS_COLUMN, SequenceCounter
from opengenome.core.genetic_code import genetic_code
from opengenome.core.model import AllCodons, BatchManifest, CountingParameters, Ledger
from opengenome.core.planning import DIGEST_BYTES, Limits, RecordSpan, plan_batches
from opengenome.core.validation import COLLECTION, Absence, BatchEvidence, Evidence, absence, prove

CODE = genetic_code(1)
EVERY_CODON = "".join(CODONS)
SEQUENCES = [EVERY_CODON, EVERY_CODON[:-1] + "N", "ATGAAAN", "", EVERY_CODON * 2 + "AC", "A"]


def counted(sequences, frame):
    counter = SequenceCounter(frame)
    block = np.frombuffer("".join(f">x\n{s}\n" for s in sequences).encode(), dtype=np.uint8)
    groups = [*counter.feed_fasta(block), *counter.finish()]
    totals = sum(group.counts.sum(axis=0) for group in groups)[:AMBIGUOUS_COLUMN]
    return tuple(totals.tolist()), sum((group.ledger() for group in groups), Ledger())


def proven(frame=1, sequences=SEQUENCES, **how):
    """Evidence from real counting, in batches of two sequences."""
    bases = np.array([len(sequence) for sequence in sequences])
    digests = np.resize(bases.astype(np.uint8), (len(bases), DIGEST_BYTES))
    run = RecordSpan("in.fa", "fasta", np.arange(len(bases)), len(bases), bases, digests)
    found = []
    for batch in plan_batches([run], Limits(2, 10**9), CountingParameters(frame), "1"):
        totals, ledger = counted(sequences[2 * batch.number : 2 * batch.number + 2], frame)
        manifest = BatchManifest(batch.key, CountingParameters(frame), batch.chunks, (), totals, ledger, {}, "a")
        found.append(BatchEvidence(batch, ({"sha256": "s"},), manifest, "s", None, (totals, ledger)))
    totals, ledger = counted(sequences, frame)
    table = usage.codon_table(totals, CODE)
    columns = {
        name: list(getattr(table, name))
        for name in ("codon", "amino_acid", "count", "fraction", "per_thousand", "rscu")
    }
    return Evidence(found, columns, ledger, CODE, **{"require_all_codons": AllCodons.ALWAYS, **how})


def broken(evidence):
    """{number of a law: what breaks it}, of those that are broken."""
    return {int(verdict.law[0]): verdict.broken for verdict in prove(evidence) if verdict.broken}


def with_batch(evidence, number=0, **changes):
    batches = list(evidence.batches)
    batches[number] = replace(batches[number], **changes)
    return replace(evidence, batches=batches)


def with_manifest(evidence, number=0, **changes):
    return with_batch(evidence, number, manifest=replace(evidence.batches[number].manifest, **changes))


def with_table(evidence, column, row, value):
    table = {name: list(values) for name, values in evidence.table.items()}
    table[column][row] = value
    return replace(evidence, table=table)


def ledger_of(evidence, number, **changes):
    return replace(evidence.batches[number].manifest.ledger, **changes)


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_evidence_from_real_counting_is_proven_and_every_law_is_named(frame):
    verdicts = prove(proven(frame))
    assert [verdict.law[0] for verdict in verdicts] == list("123456")
    assert all(verdict.broken == () for verdict in verdicts)


def test_without_the_per_sequence_table_the_other_laws_are_proven():
    evidence = proven()
    for number in range(len(evidence.batches)):
        evidence = with_batch(evidence, number, by_sequence=None)
    assert broken(evidence) == {}


def test_a_collection_without_a_codon_is_proven_where_codons_may_be_missing():
    assert broken(proven(sequences=["", "A"], require_all_codons=AllCodons.NEVER)) == {}
    assert set(broken(proven(sequences=["", "A"]))) == {3}


# --- 1 ledger ---


@pytest.mark.parametrize("name", ["offset", "ambiguous", "trailing"])
def test_law_1_names_the_batch_whose_bases_are_not_accounted_for(name):
    evidence = proven()
    ledger = ledger_of(evidence, 1, **{name: getattr(evidence.batches[1].manifest.ledger, name) + 1})
    told = broken(with_manifest(evidence, 1, ledger=ledger))
    assert set(told) == {1, 5}  # the ledger of the sequences is another one now
    assert len(told[1]) == 1
    assert told[1][0].startswith("batch 2 accounts for ")


def test_law_1_names_a_batch_whose_ledger_counts_other_codons_than_its_totals():
    evidence = proven()
    ledger = ledger_of(evidence, 0, counted=1)
    assert broken(with_manifest(evidence, 0, ledger=ledger))[1] == ("batch 1 has 126 codons, its ledger 1",)


def test_law_1_holds_the_run_to_the_planned_bases():
    evidence = proven()
    told = broken(replace(evidence, ledger=replace(evidence.ledger, trailing=evidence.ledger.trailing + 1)))
    assert set(told) == {1, 5}
    assert told[1][0].startswith("the run accounts for ")


# --- 2 plan ---

PLAN_BREAKS = {
    "not reported": (lambda e: with_batch(e, 1, reported=()), "batch 2 was reported 0 times"),
    "reported twice": (lambda e: with_batch(e, reported=({"sha256": "s"},) * 2), "batch 1 was reported 2 times"),
    "a damaged part": (lambda e: with_batch(e, problem="part missing: p"), "batch 1: part missing: p"),
    "another manifest": (lambda e: with_batch(e, manifest_sha256="t"), "(sha256 differs)"),
    "unplanned": (lambda e: replace(e, unplanned=(9,)), "batch 10 was reported but never planned"),
}


@pytest.mark.parametrize("way", PLAN_BREAKS)
def test_law_2_names_the_batch_that_is_not_as_planned(way):
    break_it, sentence = PLAN_BREAKS[way]
    told = broken(break_it(proven()))
    assert set(told) == {2}
    assert len(told[2]) == 1
    assert sentence in told[2][0]


@pytest.mark.parametrize("name", ["sequences", "bases"])
def test_law_2_holds_each_batch_to_its_planned_sequences_and_bases(name):
    evidence = proven()
    was = getattr(evidence.batches[2].manifest.ledger, name)
    ledger = ledger_of(evidence, 2, **{name: was + 1})
    totals = evidence.batches[2].manifest.totals
    evidence = with_batch(with_manifest(evidence, 2, ledger=ledger), 2, by_sequence=(totals, ledger))
    evidence = replace(evidence, ledger=evidence.ledger + Ledger(**{name: 1}))
    assert broken(evidence) == {2: (f"batch 3 has {was + 1:,} {name}, {was:,} were planned",)}


def test_law_2_names_a_batch_without_a_manifest_and_law_5_what_is_missing():
    told = broken(with_batch(proven(), 0, manifest=None, problem="There is no batch manifest", by_sequence=None))
    assert set(told) == {2, 5}
    assert told[2] == ("batch 1: There is no batch manifest",)


# --- 3 codons ---


def test_law_3_names_a_codon_that_is_not_in_the_table_and_one_that_is_none():
    told = broken(with_table(proven(), "codon", 0, "AAN"))
    assert told[3] == ("not in the table: AAA", "twice in the table, or no codon: AAN")
    assert 5 in told


def test_law_3_names_a_codon_that_stands_twice():
    assert broken(with_table(proven(), "codon", 0, "TTT"))[3] == (
        "not in the table: AAA",
        "twice in the table, or no codon: TTT",
    )


@pytest.mark.parametrize("value", [-1, 2.0, None, "3", True, math.nan])
def test_law_3_names_a_codon_without_a_whole_count_and_hides_no_other_law(value):
    told = broken(with_table(proven(), "count", 5, value))
    assert told[3] == (f"no whole count: {CODONS[5]}",)
    assert set(told) - {4, 5} == {3}


def test_law_3_names_the_codons_that_never_occur_unless_they_may():
    sequences = [EVERY_CODON.replace("ATG", "").replace("TTTAAA", "")]
    evidence = proven(frame=0, sequences=sequences)
    missing = [codon for codon, count in zip(CODONS, evidence.table["count"], strict=True) if not count]
    assert missing
    told = broken(evidence)
    assert set(told) == {3}
    assert told[3][0].startswith(
        f"{len(missing)} of 64 codons never occur among {evidence.ledger.counted} counted codons"
    )
    assert told[3][0].endswith(": " + " ".join(missing))
    assert broken(replace(evidence, require_all_codons=AllCodons.NEVER)) == {}


@pytest.mark.parametrize(
    ("wanted", "counted", "fails"),
    [
        (AllCodons.ALWAYS, 9, True),
        (AllCodons.AUTO, COLLECTION - 1, False),
        (AllCodons.AUTO, COLLECTION, True),
        (AllCodons.NEVER, COLLECTION, False),
    ],
)
def test_an_absent_codon_fails_a_collection_and_whoever_asked_for_all(wanted, counted, fails):
    evidence = proven(sequences=["", "A"], require_all_codons=wanted)
    evidence = replace(evidence, ledger=replace(evidence.ledger, counted=counted))
    found = absence(evidence)
    assert (found.fails, found.codons, found.counted) == (fails, CODONS, counted)
    assert any(str(found) in told for told in broken(evidence).get(3, ())) == fails


def test_many_absent_codons_are_counted_and_the_first_ten_named():
    few, many = (str(Absence(CODONS[:number], 30, False)) for number in (10, 54))
    ten = " ".join(CODONS[:10])
    assert few == f"10 of 64 codons never occur among 30 counted codons: {ten}"
    assert many == f"54 of 64 codons never occur among 30 counted codons: {ten} and 44 more"


def test_nothing_is_absent_where_all_64_codons_occur():
    assert absence(proven()) is None


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
    told = broken(with_table(proven(), column, row, value))
    assert set(told) == {4}
    assert told[4][0].startswith(sentence)


@pytest.mark.parametrize("column", ["per_thousand", "fraction", "rscu"])
def test_law_4_sees_a_millionth_and_forgives_the_last_bits(column):
    value = proven().table[column][ROW]
    assert set(broken(with_table(proven(), column, ROW, value + 1e-6))) == {4}
    assert broken(with_table(proven(), column, ROW, value + 1e-12)) == {}


@pytest.mark.parametrize("column", ["fraction", "rscu"])
def test_law_4_wants_null_not_zero_for_an_empty_family(column):
    sequences = [EVERY_CODON.replace("ATG", "")]
    evidence = proven(frame=0, sequences=sequences, require_all_codons=AllCodons.NEVER)
    row = next(k for k, count in enumerate(evidence.table["count"]) if CODE.amino_acids[k] == "M" and not count)
    assert broken(evidence) == {}
    told = broken(with_table(evidence, column, row, 0.0))
    assert set(told) == {4}
    assert "of M, which never occurs, is not null" in told[4][0]


def test_law_4_holds_the_counts_to_the_ledger():
    evidence = proven()
    told = broken(replace(evidence, ledger=replace(evidence.ledger, counted=evidence.ledger.counted + 1)))
    assert told[4][0].startswith("the counts sum to ")
    assert set(told) == {1, 4, 5}


# --- 5 sequences ---


def test_law_5_names_the_codon_in_which_sequences_and_batch_differ():
    evidence = proven()
    totals, ledger = evidence.batches[1].by_sequence
    other = (totals[0] + 1, *totals[1:])
    told = broken(with_batch(evidence, 1, by_sequence=(other, ledger)))
    assert told == {5: ("batch 2: sequences and total differ in AAA",)}


def test_law_5_names_the_batch_whose_sequences_have_another_ledger():
    evidence = proven()
    totals, ledger = evidence.batches[1].by_sequence
    told = broken(with_batch(evidence, 1, by_sequence=(totals, ledger + Ledger(trailing=1))))
    assert told == {5: ("batch 2: the sequences' ledger is not the batch's",)}


@pytest.mark.parametrize("codon", CODONS)
def test_any_count_of_the_table_changed_by_one_breaks_law_5_by_name(codon):
    row = CODONS.index(codon)
    told = broken(with_table(proven(), "count", row, proven().table["count"][row] + 1))
    assert told[5] == (f"batches and table differ in {codon}",)


def test_two_counts_exchanged_in_a_batch_break_law_5():
    evidence = proven()
    totals = list(evidence.batches[0].manifest.totals)
    totals[0], totals[63] = totals[0] + 1, totals[63] - 1
    told = broken(with_manifest(evidence, 0, totals=tuple(totals)))
    assert told == {
        5: ("batch 1: sequences and total differ in AAA TTT", "batches and table differ in AAA TTT"),
    }


def test_law_5_holds_the_batches_ledgers_to_the_runs():
    evidence = proven()
    assert broken(replace(evidence, ledger=evidence.ledger + Ledger(sequences=1))) == {
        5: ("the batches' ledgers do not add up to the run's",)
    }
