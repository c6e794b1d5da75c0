"""The effective number of codons equals its formula in every code, and is missing where it cannot be told."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.effective_number import enc_expected, enc_sun, enc_wright
from tests.core.count_tables import EVERY_CODE, TABLES, families_of, named, random_table, table_of


def naive_wright(counts, code):
    count, by_size = named(counts), {}
    for letter, family in families_of(code).items():
        if letter == "*":
            continue
        n = sum(count[codon] for codon in family)
        by_size.setdefault(len(family), []).append(
            (n * sum(Fraction(count[codon], n) ** 2 for codon in family) - 1) / (n - 1) if n > 1 else 0
        )
    number, by_size[1] = len(by_size.pop(1, [])), [1]
    mean = {size: sum(fs) / Fraction(sum(f > 0 for f in fs)) for size, fs in by_size.items() if any(f > 0 for f in fs)}
    if 3 in by_size and 3 not in mean and {2, 4} <= set(mean):
        mean[3] = (mean[2] + mean[4]) / 2
    for size, found in by_size.items():
        if size > 1:
            if size not in mean:
                return None
            number += len(found) / mean[size]
    return min(float(number), sum(amino_acid != "*" for amino_acid in code.amino_acids))


def naive_sun(counts, code):
    count, boxes = named(counts), {}
    for codon, amino_acid in zip(CODONS, code.amino_acids, strict=True):
        if amino_acid != "*":
            boxes.setdefault((amino_acid, codon[:2]), []).append(count[codon])
    if not any(map(sum, boxes.values())):
        return None
    number = Fraction(sum(len(box) == 1 for box in boxes.values()))
    for m in (2, 3, 4):
        of_size = [box for box in boxes.values() if len(box) == m]
        f = [sum(Fraction(x + 1, sum(box) + m) ** 2 for x in box) for box in of_size]
        if of_size:
            weights = [sum(box) + m for box in of_size]
            number += len(of_size) * sum(weights) / sum(w * value for w, value in zip(weights, f, strict=True))
    return float(number)


@given(counts=TABLES, table_id=EVERY_CODE)
def test_enc_equals_its_formula_in_every_code(counts, table_id):
    code = genetic_code(table_id)
    for mine, naive in ((enc_wright, naive_wright), (enc_sun, naive_sun)):
        expected = naive(counts, code)
        assert float(mine(counts, code)) == pytest.approx(
            np.nan if expected is None else expected, rel=1e-12, nan_ok=True
        )


def test_enc_runs_from_one_codon_for_each_amino_acid_to_all_sense_codons():
    code = genetic_code(1)
    one_each = table_of(**{family[-1]: 1000 for family in families_of(code).values()})
    assert enc_wright(one_each, code) == 20
    assert enc_wright(np.full(64, 1000), code) == 61
    assert enc_sun(np.full(64, 1000), code) == pytest.approx(61)
    assert enc_wright(np.full(64, 1000), genetic_code(2)) == 60


def test_enc_sun_takes_sixfold_families_apart_as_four_and_two():
    # Leucine by CTN alone, evenly: one box even and full, the other (TTA, TTG) empty and therefore even by pseudocount.
    code = genetic_code(1)
    counts = np.full(64, 1000) - 1000 * table_of(TTA=1, TTG=1)
    assert enc_sun(counts, code) == pytest.approx(61)
    assert enc_wright(counts, code) < 60


def test_enc_wright_without_isoleucine_takes_the_mean_of_two_and_four_fold():
    code, counts = genetic_code(1), random_table(3)
    counts[[CODONS.index(codon) for codon in ("ATA", "ATC", "ATT")]] = 0
    assert enc_wright(counts, code) == pytest.approx(naive_wright(counts, code))


def test_enc_wright_leaves_out_a_family_whose_codons_were_each_seen_once():
    # F = 0 there: not "infinitely many codons" but no information. codonW leaves it out as well.
    code, counts = genetic_code(1), random_table(12)
    counts[[CODONS.index("AAA"), CODONS.index("AAG")]] = 1
    without = counts * (1 - table_of(AAA=1, AAG=1))
    assert enc_wright(counts, code) == enc_wright(without, code) == pytest.approx(naive_wright(counts, code))


def test_enc_wright_is_missing_where_a_family_size_was_never_seen_and_sun_where_nothing_was():
    code = genetic_code(1)
    assert np.isnan(enc_wright(table_of(TTT=10, TTC=5), code))
    assert np.isnan(enc_sun(np.zeros(64, dtype=int), code))
    assert np.isnan(enc_sun(table_of(TAA=10), code))


def test_many_tables_at_once_equal_one_by_one_to_the_bit():
    code, small = genetic_code(1), np.stack([random_table(20), np.zeros(64, dtype=int), random_table(21)])
    mixed = np.stack([*small, random_table(22) * 10**9])  # the last needs Python's integers, and so do its neighbours
    for enc in (enc_wright, enc_sun):
        alone = np.array([enc(row, code) for row in mixed])
        np.testing.assert_array_equal(enc(mixed, code), alone)
        np.testing.assert_array_equal(enc(small, code), alone[:3])


@pytest.mark.parametrize(("third_base", "expected"), [("A", 31), ("C", 32)])
def test_the_expected_number_at_the_ends_of_gc3s_is_that_of_the_curve(third_base, expected):
    counts = np.array([codon.endswith(third_base) for codon in CODONS], dtype=int)
    assert enc_expected(counts, genetic_code(1)) == expected


def test_the_expected_number_at_balance_is_60_and_a_half_and_missing_without_synonymous_codons():
    assert enc_expected(table_of(GCA=7, GCC=7), genetic_code(1)) == pytest.approx(60.5)
    assert np.isnan(enc_expected(table_of(ATG=7), genetic_code(1)))
