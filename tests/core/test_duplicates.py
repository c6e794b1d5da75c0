"""Duplicate identifiers are those that a dict finds, in any number of passes."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.core import duplicates
from opengenome.core.duplicates import Duplicates, find_duplicates


def runs_of(hashes, cuts):
    bounds = [0, *sorted(cut % (len(hashes) + 1) for cut in cuts), len(hashes)]
    array = np.array(hashes, dtype=np.uint64)
    return [array[begin:end] for begin, end in zip(bounds, bounds[1:], strict=False)]  # noqa: RUF007


def naive(hashes):
    places = defaultdict(list)
    for position, value in enumerate(hashes):
        places[value].append(position)
    return {tuple(found) for found in places.values() if len(found) > 1}


@pytest.mark.parametrize("at_once", [1, 2, 7, 1 << 22])
@given(
    hashes=st.lists(st.one_of(st.integers(0, 6), st.integers(2**64 - 4, 2**64 - 1)), min_size=1, max_size=40),
    cuts=st.lists(st.integers(0, 100), max_size=4),
)
def test_duplicates_are_those_of_a_dict_in_any_number_of_passes(at_once, hashes, cuts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_AT_ONCE", at_once)
        found = find_duplicates(lambda: iter(runs_of(hashes, cuts)), len(hashes), examples=40)
    repeated = naive(hashes)
    assert (found.ids, found.records) == (len(repeated), sum(map(len, repeated)))
    assert set(found.examples) == repeated
    assert list(found.examples) == sorted(found.examples)


def test_of_many_duplicates_a_few_examples_are_shown():
    hashes = [k // 9 for k in range(900)]
    found = find_duplicates(lambda: iter(runs_of(hashes, [400])), 900, examples=3)
    assert (found.ids, found.records, len(found.examples)) == (100, 900, 3)
    assert {len(example) for example in found.examples} == {3}
    assert all(len({hashes[position] for position in example}) == 1 for example in found.examples)


def test_unique_identifiers_have_no_duplicates():
    assert find_duplicates(lambda: iter(runs_of(list(range(50)), [10])), 50) == Duplicates(0, 0, ())


def test_each_pass_reads_once(monkeypatch):
    monkeypatch.setattr(duplicates, "_AT_ONCE", 10)
    reads = []
    find_duplicates(lambda: reads.append(1) or iter(runs_of(list(range(25)), [])), 25)
    assert len(reads) == 3
