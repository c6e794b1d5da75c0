"""Warnings about genetic codes appear only where something speaks against a code, or codes differ in meaning."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from opengenome.core.code_table import notation, numbered
from opengenome.core.coding import CdsTally
from opengenome.core.genetic_code import OWN, genetic_code
from opengenome.orchestration.doubts import doubts, mixed_codes


def _said(found, stopped, looks_like="coding sequence"):
    """stopped: how many CDS have a stop within, by (genetic code, source)."""
    tally = CdsTally(found, dropped=Counter(internal_stop=sum(stopped.values())), stopped=Counter(stopped))
    return list(doubts(tally, {"looks_like": looks_like, "verdict": "So it looks."}))


@pytest.mark.parametrize(
    ("stopped", "found", "told"),
    [(0, 9, ""), (4, 4, ""), (5, 5, "5 of 5 CDS (100 %)"), (5, 100, ""), (5, 99, "5 of 99 CDS (5 %)"),
     (50, 1000, ""), (51, 1000, "51 of 1,000 CDS (5 %)")],
)  # fmt: skip
def test_a_code_is_doubted_if_five_cds_and_more_than_5_per_cent_have_a_stop_within(stopped, found, told):
    said = _said(found, {(1, "parameter"): stopped})
    assert [sentence.startswith(told) for sentence in said] == ([True] if told else [])


@pytest.mark.parametrize(
    ("stopped", "most"),
    [
        ({(1, "parameter"): 3, (2, "annotation"): 4}, "4 of them were read with code 2: the annotation names it"),
        ({(2, "annotation"): 4, (1, "parameter"): 4}, "4 of them were read with code 1: that of the run"),
    ],
)
def test_the_doubted_code_is_that_of_most_cds_with_a_stop_within(stopped, most):
    assert most in _said(20, stopped)[0]


@pytest.mark.parametrize(("looks_like", "doubted"), [("coding sequence", 0), ("unclear", 0), ("whole genome", 1)])
def test_counts_are_doubted_only_if_they_surely_do_not_look_like_coding_sequence(looks_like, doubted):
    assert _said(9, {}, looks_like) == ["The counted CDS do not look like coding sequence. So it looks."] * doubted


@pytest.mark.parametrize(
    ("codes", "table", "others"),
    [
        ({11: 3}, 11, None),
        ({1: 397, 11: 73}, 1, None),
        ({1: 397, 2: 13, 11: 73}, 1, "13 of 483 "),
        ({5: 13, 11: 554}, 1, "13 of 567 "),
        ({5: 13, 11: 554}, 5, "554 of 567 "),
    ],
)
def test_coding_sequences_are_warned_about_only_if_their_code_has_other_amino_acids(codes, table, others):
    said = mixed_codes(codes, genetic_code(table), "", of_cds=True)
    assert (others in said) if others else not said


def test_the_warning_says_if_no_coding_sequence_has_the_code_of_the_table():
    said = mixed_codes({5: 13, 11: 554}, genetic_code(1), "", of_cds=True)
    assert "the amino acids of genetic code 1. No coding sequence has that code. 13 of 567 coding sequences" in said
    assert "No coding sequence" not in mixed_codes({5: 13, 1: 554}, genetic_code(1), "", of_cds=True)


def test_a_code_of_the_runs_own_has_no_number():
    own = notation(replace(genetic_code(1), id=OWN, name="mine"))
    said = mixed_codes({OWN: 397, 2: 13}, numbered(OWN, own), own, of_cds=True)
    assert said.startswith("The codon table shows the amino acids of the run's own genetic code. 13 of 410 ")
    assert "(397 with its own code, 13 with code 2)" in said
