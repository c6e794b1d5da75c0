"""A stream gives the rows in order, in pieces of any size."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.errors import ContractError
from opengenome.io.stream import Stream


def batches(sizes):
    begin = 0
    for size in sizes:
        yield pa.record_batch({"n": pa.array(range(begin, begin + size), pa.int64())})
        begin += size


@given(st.lists(st.integers(0, 9), max_size=12), st.lists(st.tuples(st.booleans(), st.integers(1, 13)), max_size=12))
def test_pieces_hold_the_rows_in_order(sizes, steps):
    stream, at, total = Stream(batches(sizes)), 0, sum(sizes)
    for skip, rows in steps:
        if at + rows > total:
            break
        if skip:
            stream.skip(rows)
        else:
            assert stream.take(rows)["n"].to_pylist() == list(range(at, at + rows))
        at += rows
    assert stream.is_at_its_end() == (at == total)


def test_more_rows_than_there_are_is_an_error_that_says_how_many_are_missing():
    with pytest.raises(ContractError, match="lacks 2 of 5 sequences"):
        Stream(batches([1, 2])).take(5)
