"""Small files are ingested together, in bundles that stay stable when a file is added or removed."""

import random

from hypothesis import given
from hypothesis import strategies as st

from opengenome.core.bundling import SMALL_BYTES, bundles, bundles_of
from opengenome.core.model import SourceFile


def files(sizes, names=None):
    names = names or range(len(sizes))
    return [
        SourceFile(f"/data/in/{name}.fa", "fasta", "", size, 0, 0, 0, 0)
        for name, size in zip(names, sizes, strict=True)
    ]


@given(st.lists(st.sampled_from([0, 100, SMALL_BYTES - 1, SMALL_BYTES, 1 << 30]), max_size=200))
def test_every_file_is_in_one_bundle_in_order_and_a_large_one_is_alone(sizes):
    found = list(bundles(files(sizes)))
    assert [position for first, count in found for position in range(first, first + count)] == list(range(len(sizes)))
    for first, count in found:
        assert count > 0
        together = sizes[first : first + count]
        assert count == 1 or max(together) < SMALL_BYTES
        assert count == 1 or sum(together) <= 32 << 20


def test_twenty_thousand_tiny_files_are_few_bundles_and_one_more_changes_one():
    names = sorted(random.Random(1).sample(range(10**9), 20_001))  # noqa: S311  (test data)
    before = [name for name in names if name != names[9_000]]

    def contents(names):
        listed = files([100] * len(names), names)
        return {tuple(file.path for file in listed[first : first + count]) for first, count in bundles(listed)}

    with_it, without = contents(names), contents(before)
    assert 3 <= len(with_it) <= 30
    assert len(with_it - without) <= 2


@given(st.lists(st.lists(st.sampled_from([100, SMALL_BYTES // 2, 1 << 30]), min_size=1, max_size=3), max_size=60))
def test_a_unit_stays_whole_and_a_large_one_is_alone(sizes):
    units = [tuple(files(unit)) for unit in sizes]
    found = list(bundles_of(units))
    assert [unit for first, count in found for unit in range(first, first + count)] == list(range(len(units)))
    for first, count in found:
        together = [sum(unit) for unit in sizes[first : first + count]]
        assert count == 1 or max(together) < SMALL_BYTES
        assert count == 1 or sum(together) <= 32 << 20


@given(st.lists(st.sampled_from([0, 100, SMALL_BYTES - 1, SMALL_BYTES]), max_size=100))
def test_units_of_one_file_are_bundled_as_files_are(sizes):
    assert list(bundles_of([(file,) for file in files(sizes)])) == list(bundles(files(sizes)))


def test_small_units_share_a_bundle():
    units = [tuple(files([100, 200], [f"a{number}", f"b{number}"])) for number in range(10)]
    assert list(bundles_of(units)) == [(0, 10)]
