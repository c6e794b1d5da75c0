"""Counts by group and code: any split and order of the sequences gives the same sums, and they sum to the whole."""

from __future__ import annotations

import tracemalloc
from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from opengenome.core.grouping import GroupCounts

SEQUENCES = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "ä c"]), st.sampled_from([1, 2, 11, 33]), st.integers(0, 2**40)),
    min_size=1,
    max_size=30,
)


def counts_of(seed):
    return np.roll(np.arange(64, dtype=np.int64) * (seed % 7), seed % 64) + seed


def grouped(sequences, step):
    groups = GroupCounts()
    for begin in range(0, len(sequences), step):
        some = sequences[begin : begin + step]
        names = sorted({name for name, _, _ in some}, reverse=bool(begin % 2))
        which = np.array([names.index(name) for name, _, _ in some], dtype=np.int32)
        codes = np.array([code for _, code, _ in some], dtype=np.int16)
        groups.add(names, which, codes, np.stack([counts_of(seed) for _, _, seed in some]))
    return groups


@given(SEQUENCES, st.integers(1, 30), st.randoms(use_true_random=False))
def test_the_sums_are_those_of_a_loop_whatever_the_split_and_the_order(sequences, step, source):
    expected, whole = defaultdict(lambda: np.zeros(64, dtype=np.int64)), np.zeros(64, dtype=np.int64)
    for name, code, seed in sequences:
        expected[name, code] += counts_of(seed)
        whole += counts_of(seed)
    shuffled = list(sequences)
    source.shuffle(shuffled)
    for groups in (grouped(sequences, step), grouped(shuffled, 30)):
        assert groups.pairs == sorted(expected)
        assert (groups.tables(groups.pairs) == np.stack([expected[pair] for pair in groups.pairs])).all()
        numbers = Counter((name, code) for name, code, _ in sequences)
        assert groups.sequences(groups.pairs).tolist() == [numbers[pair] for pair in groups.pairs]
        assert (groups.total() == whole).all()
        assert groups.unnamed == sum(not name for name, _, _ in sequences)
        by_code = dict(groups.by_code())
        assert list(by_code) == sorted({code for _, code, _ in sequences})
        assert (sum(by_code.values()) == whole).all()


def test_one_group_may_have_two_codes():
    groups = grouped([("yeast", 1, 3), ("yeast", 3, 4), ("yeast", 1, 5)], 2)
    assert groups.pairs == [("yeast", 1), ("yeast", 3)]
    assert (groups.tables([("yeast", 1)])[0] == counts_of(3) + counts_of(5)).all()


def test_100_000_groups_take_about_a_kilobyte_each():
    groups, codes, counts = GroupCounts(), np.full(10_000, 11, dtype=np.int16), np.ones((10_000, 64), dtype=np.int64)
    which = np.arange(10_000, dtype=np.int32)
    tracemalloc.start()
    try:
        for genus in range(10):
            groups.add([f"Genus{genus} species{k}" for k in range(10_000)], which, codes, counts)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(groups) == 100_000
    assert held < 100_000 * 1_200
