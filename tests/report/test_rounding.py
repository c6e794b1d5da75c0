"""Rounding makes nothing of something, and the whole of a part, in no table that people read."""

from __future__ import annotations

import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.usage import codon_table
from opengenome.report.heatmap import cells
from opengenome.report.page.amino_acids import amino_acids
from opengenome.report.rounding import rounded


@pytest.mark.parametrize(
    ("value", "digits", "whole", "text"),
    [
        (0.0, 2, None, "0.00"),
        (0.004, 2, None, "< 0.01"),
        (0.005001, 2, None, "0.01"),
        (-0.004, 2, None, "-0.00"),
        (0.9996, 3, 1, "> 0.999"),
        (0.9994, 3, 1, "0.999"),
        (1.0, 3, 1, "1.000"),
        (0.9996, 3, None, "1.000"),
        (999.996, 2, 1000, "> 999.99"),
        (1234.5, 1, None, "1,234.5"),
    ],
)
def test_a_number_is_rounded_to_nothing_or_to_the_whole_only_if_it_is(value, digits, whole, text):
    assert rounded(value, digits, whole) == text


def test_a_count_is_written_in_full_beyond_the_numbers_that_floats_hold():
    assert rounded(2**53 + 1, 0) == "9,007,199,254,740,993"


def test_a_rare_codon_beside_a_frequent_one_is_not_shown_as_absent():
    counts = [0] * 64
    counts[CODONS.index("AAA")], counts[CODONS.index("AAG")] = 2**53 + 1, 1
    table = codon_table(counts, genetic_code(1)).columns()
    shown = {codon: [figure.text for figure in cell.figures] for codon, cell in cells(table).items()}
    assert shown["AAA"] == ["9,007,199,254,740,993", "> 999.99", "> 0.999", "2.000"]
    assert shown["AAG"] == ["1", "< 0.01", "< 0.001", "< 0.001"]
    assert shown["CCC"][:2] == ["0", "0.00"]
    (lysine,) = [one for one in amino_acids(table) if one.letter == "K"]
    assert lysine.codons == [("AAA", "2.000"), ("AAG", "< 0.001")]
