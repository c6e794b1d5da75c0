"""Comparing two tables: correlations and divergences equal SciPy's, log ratios their formula, and 95 % means 95 %."""

import warnings
from math import inf, isnan, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.core import comparing
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.errors import ContractError
from tests.core.count_tables import random_table, table_of

stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")

COUNT = st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 10**9))
TABLE = st.lists(COUNT, min_size=64, max_size=64).map(np.array)
SEEN = TABLE.filter(np.any)


@given(a=SEEN, b=SEEN)
def test_correlations_and_cosine_are_scipys(a, b):
    from scipy.spatial.distance import cosine  # noqa: PLC0415

    found = comparing.likeness(a, b)
    assert found.codons == 64
    assert found.cosine == pytest.approx(1 - cosine(a.astype(float), b.astype(float)), abs=1e-12)
    if np.ptp(a) and np.ptp(b):
        assert found.pearson == pytest.approx(stats.pearsonr(a.astype(float), b.astype(float))[0], abs=1e-9)
        assert found.spearman == pytest.approx(stats.spearmanr(a, b)[0], abs=1e-9)


@given(p=SEEN, q=SEEN)
def test_divergences_are_scipys_in_bits(p, q):
    from scipy.spatial.distance import jensenshannon  # noqa: PLC0415

    expected = stats.entropy(p.astype(float), q.astype(float), base=2)
    assert comparing.kullback_leibler(p, q) == pytest.approx(expected, abs=1e-9)
    assert comparing.jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-9)


@given(a=SEEN, b=SEEN)
def test_the_order_of_two_tables_turns_the_signs_of_their_ratios_and_nothing_else(a, b):
    there, back = comparing.log_ratios(a, b), comparing.log_ratios(b, a)
    np.testing.assert_allclose(there[:, 0], -back[:, 0], atol=1e-12)
    np.testing.assert_allclose(there[:, 1], -back[:, 2], atol=1e-12)
    assert comparing.jensen_shannon(a, b) == comparing.jensen_shannon(b, a)
    assert repr(comparing.likeness(a, b)) == repr(comparing.likeness(b, a))


def test_a_table_is_perfectly_like_itself_and_like_its_multiples():
    a, code = random_table(1), genetic_code(1)
    for found in comparing.likenesses(a, a, code).values():
        assert (found.pearson, found.spearman, found.cosine) == (1, 1, 1)
    assert comparing.kullback_leibler(a, a) == comparing.jensen_shannon(a, a) == 0
    for found in comparing.likenesses(a, a * 7, code).values():
        assert found.pearson == pytest.approx(1, abs=1e-12)


def test_a_log_ratio_is_its_formula():
    a, b = table_of(AAA=30, AAG=70), table_of(AAA=10, AAG=190)
    ratio, low, high = comparing.log_ratios(a, b)[CODONS.index("AAA")]
    expected = log((30.5 / 100.5) / (10.5 / 200.5)) / log(2)
    error = sqrt(1 / 30.5 - 1 / 100.5 + 1 / 10.5 - 1 / 200.5) / log(2)
    assert (ratio, low, high) == pytest.approx(
        (expected, expected - 1.959964 * error, expected + 1.959964 * error), abs=1e-6
    )


def test_a_codon_that_one_table_lacks_has_a_finite_ratio_and_one_that_both_lack_has_none():
    found = comparing.log_ratios(table_of(AAA=30, AAG=70), table_of(AAG=200))
    assert np.isfinite(found[CODONS.index("AAA")]).all()
    assert np.isnan(found[CODONS.index("CCC")]).all()


@pytest.mark.parametrize("chance", [0.002, 0.02, 0.3])
def test_the_interval_holds_the_true_ratio_in_95_of_100_samples(chance):
    random, trials, true = np.random.default_rng(4), 4000, np.log2(chance / 0.02)
    rest = CODONS.index("AAG")
    x, y = random.binomial(5000, chance, trials), random.binomial(20_000, 0.02, trials)
    held = 0
    for here, there in zip(x.tolist(), y.tolist(), strict=True):
        a, b = table_of(AAA=here), table_of(AAA=there)
        a[rest], b[rest] = 5000 - here, 20_000 - there
        _, low, high = comparing.log_ratios(a, b)[0]
        held += low <= true <= high
    assert 0.94 <= held / trials <= 0.96


def test_a_codon_that_only_the_other_table_has_makes_one_direction_infinite():
    a, b = table_of(AAA=1, AAG=1), table_of(AAA=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy's, about a division by 0
        assert comparing.kullback_leibler(a, b) == inf
    assert comparing.kullback_leibler(b, a) == 1
    assert comparing.jensen_shannon(a, b) == pytest.approx(0.311278, abs=1e-6)


def test_an_empty_table_is_like_nothing_and_never_0():
    empty, code = np.zeros(64, dtype=int), genetic_code(1)
    for a, b in ((empty, random_table(2)), (random_table(2), empty), (empty, empty)):
        for found in comparing.likenesses(a, b, code).values():
            assert found.codons == 0
            assert all(map(isnan, (found.pearson, found.spearman, found.cosine)))
        assert isnan(comparing.kullback_leibler(a, b))
        assert isnan(comparing.jensen_shannon(a, b))
        assert np.isnan(comparing.log_ratios(a, b)).all()


def test_without_variance_there_is_no_correlation():
    even = np.full(64, 3)
    found = comparing.likenesses(even, random_table(3), genetic_code(1))["per_thousand"]
    assert isnan(found.pearson)
    assert isnan(found.spearman)
    rounded = np.full(3, 0.1)  # the mean of these is another number
    assert isnan(comparing.pearson(rounded, [1, 2, 4]))


def test_rscu_is_compared_over_synonymous_codons_that_both_tables_have():
    a, b, code = random_table(5), random_table(6), genetic_code(1)
    b[list(code.families["C"])] = 0
    found = comparing.likenesses(a, b, code)
    assert (found["per_thousand"].codons, found["rscu"].codons, found["fraction"].codons) == (64, 57, 57)
    b[list(code.families["*"])] += 10**6  # stops and single codons do not matter to it
    b[list(code.families["M"])] += 10**6
    assert comparing.likenesses(a, b, code)["rscu"] == found["rscu"]


def test_tables_of_different_codes_have_no_rscu_to_compare():
    assert set(comparing.likenesses(random_table(7), random_table(8), None)) == {"per_thousand"}


def test_what_is_no_table_is_refused():
    for compared in (comparing.log_ratios, lambda a, b: comparing.likenesses(a, b, None)):
        with pytest.raises(ContractError):
            compared(np.ones((2, 64), dtype=int), random_table(9))
