"""Sums of all rows at once are correctly rounded: each is `math.fsum` of its row, to the last bit."""

from __future__ import annotations

from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.core.measures.arrays import row_sums

TERMS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e290, max_value=1e290)
ROWS = st.integers(1, 20).flatmap(lambda k: st.lists(st.lists(TERMS, min_size=k, max_size=k), min_size=1, max_size=8))


@given(ROWS)
def test_any_row_is_summed_as_fsum_sums_it(rows):
    assert row_sums(rows).tolist() == [fsum(row) for row in rows]


HARD = {
    "half a bit, exactly": [1.0, 2**-53],
    "a little more than half a bit": [1.0, 2**-53, 2**-120],
    "a little less than half a bit": [1.0, 2**-53, -(2**-120)],
    "below a power of two": [1.0, -(2**-54), -(2**-120)],
    "what cancels": [1e300, 1.0, -1e300],
    "what cancels twice": [1e300, 1e150, 1.0, -1e150, -1e300],
    "nothing but zeros": [0.0, 0.0, -0.0],
    "the smallest numbers": [5e-324, 5e-324, -5e-324],
}


@pytest.mark.parametrize("what", HARD)
def test_a_row_whose_last_bit_is_hard_to_tell(what):
    row = HARD[what]
    assert row_sums([row, row[::-1]]).tolist() == [fsum(row)] * 2


def test_a_missing_term_makes_a_missing_sum_and_leaves_the_other_rows():
    sums = row_sums([[1.0, np.nan], [1.0, 2.0]])
    assert np.isnan(sums[0])
    assert sums[1] == 3.0


def test_rows_without_terms_and_no_rows():
    assert row_sums(np.zeros((2, 0))).tolist() == [0.0, 0.0]
    assert row_sums(np.zeros((0, 3))).shape == (0,)
    assert row_sums(np.ones((2, 3, 4))).tolist() == [[4.0] * 3] * 2
