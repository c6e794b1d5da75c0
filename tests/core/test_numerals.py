"""A number is read if it can be a place or a count; Python refuses one of 5,000 digits by an error of its own."""

import pytest

from opengenome.core.numerals import whole


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_up_to_18_digits_are_a_number(text, number):
    assert whole(text) == number


@pytest.mark.parametrize("text", ["", " 1", "-1", "+1", "1.0", "1e3", "1_0", "٣", "²", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text):
    assert whole(text) is None
