"""Law 3: the table has all 64 codons, once, with whole counts; codons that never occur are named."""

import math
from dataclasses import replace

import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.model import AllCodons
from opengenome.core.validation import COLLECTION, Absence, absence
from tests.core.evidence import EVERY_CODON, broken, evidence_of, with_table


def test_a_collection_without_a_codon_is_proven_if_codons_may_be_missing():
    assert broken(evidence_of(sequences=["", "A"], require_all_codons=AllCodons.NEVER)) == {}
    assert set(broken(evidence_of(sequences=["", "A"]))) == {3}


def test_law_3_names_a_missing_codon_and_a_row_that_is_not_a_codon():
    told = broken(with_table(evidence_of(), "codon", 0, "AAN"))
    assert told[3] == ("not in the table: AAA", "twice in the table, or not a codon: AAN")
    assert 5 in told


def test_law_3_names_a_codon_that_occurs_twice():
    assert broken(with_table(evidence_of(), "codon", 0, "TTT"))[3] == (
        "not in the table: AAA",
        "twice in the table, or not a codon: TTT",
    )


@pytest.mark.parametrize("value", [-1, 2.0, None, "3", True, math.nan])
def test_law_3_names_a_codon_without_a_whole_count_and_does_not_hide_other_laws(value):
    told = broken(with_table(evidence_of(), "count", 5, value))
    assert told[3] == (f"count is not a whole number: {CODONS[5]}",)
    assert set(told) - {4, 5} == {3}


def test_law_3_names_the_codons_that_never_occur_unless_they_may():
    sequences = [EVERY_CODON.replace("ATG", "").replace("TTTAAA", "")]
    evidence = evidence_of(frame=0, sequences=sequences)
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
def test_an_absent_codon_fails_a_collection_and_any_run_that_requires_all_codons(wanted, counted, fails):
    evidence = evidence_of(sequences=["", "A"], require_all_codons=wanted)
    evidence = replace(evidence, ledger=replace(evidence.ledger, counted=counted))
    found = absence(evidence)
    assert (found.fails, found.codons, found.counted) == (fails, CODONS, counted)
    assert any(str(found) in told for told in broken(evidence).get(3, ())) == fails


def test_an_absent_codon_of_coding_sequences_is_a_warning_unless_all_are_required():
    evidence = evidence_of(sequences=["", "A"], require_all_codons=AllCodons.AUTO)
    evidence = replace(evidence, ledger=replace(evidence.ledger, counted=COLLECTION), cds=())
    assert not absence(evidence).fails
    assert absence(replace(evidence, require_all_codons=AllCodons.ALWAYS)).fails
    assert absence(replace(evidence, cds=None)).fails


def test_many_absent_codons_are_counted_and_the_first_ten_named():
    few, many = (str(Absence(CODONS[:number], 30, False)) for number in (10, 54))
    ten = " ".join(CODONS[:10])
    assert few == f"10 of 64 codons never occur among 30 counted codons: {ten}"
    assert many == f"54 of 64 codons never occur among 30 counted codons: {ten} and 44 more"


def test_nothing_is_absent_if_all_64_codons_occur():
    assert absence(evidence_of()) is None
