"""Batches divide the records in order, keep their limits, and are the same in any process."""

import itertools
import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opengenome.core import planning
from opengenome.core.model import CountingParameters
from opengenome.core.planning import (
    DIGEST_BYTES,
    FileMeasure,
    Limits,
    RecordSpan,
    batch_key,
    plan_batches,
    settled_breaks,
    too_many_batches,
)
from opengenome.errors import PlanError

UNBOUND = 10**15
# A few sizes: empty records, ordinary ones, and some longer than a chunk or a batch may be.
BASES = st.lists(st.one_of(st.just(0), st.integers(1, 30), st.integers(80, 300)), min_size=1, max_size=60)
FILES = st.lists(BASES, min_size=1, max_size=3)
LIMITS = st.builds(Limits, st.integers(1, 12), st.one_of(st.integers(1, 200), st.just(UNBOUND)))
CUTS = st.lists(st.integers(0, 1000), max_size=6)


@pytest.fixture(autouse=True, scope="module")
def small_chunks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "CHUNK_BASES", 100)
        yield


def runs_of(files, cuts=(), salt=0, place="/in"):
    """Spans, cut at these records. Record k starts after the bases of the records before and 10 bytes per header."""
    for number, bases in enumerate(files):
        starts = np.concatenate([[0], np.cumsum(np.array(bases) + 10)])
        digests = np.random.default_rng([number, salt]).integers(0, 256, (len(bases), DIGEST_BYTES), dtype=np.uint8)
        bounds = sorted({0, len(bases), *(cut % (len(bases) + 1) for cut in cuts)})
        for begin, end in zip(bounds, bounds[1:], strict=False):  # noqa: RUF007
            yield RecordSpan(
                f"{place}/{number}.fa", "fasta", starts[begin:end], int(starts[end]),
                np.array(bases[begin:end], dtype=np.int64), digests[begin:end],
            )  # fmt: skip


PLAIN = CountingParameters()


def plan(files, limits, parameters=PLAIN, engine="1", **how):
    return list(plan_batches(runs_of(files, **how), limits, parameters, engine))


def records_in(batch, files):
    """(file, record) of each record that a batch reads, found only from its byte ranges."""
    found = []
    for chunk in batch.chunks:
        number = int(re.search(r"(\d+)\.fa$", chunk.path)[1])
        starts = np.concatenate([[0], np.cumsum(np.array(files[number]) + 10)])
        inside = [(number, k) for k in range(len(files[number])) if chunk.start <= starts[k] < chunk.stop]
        assert chunk.start in starts
        assert chunk.stop in starts
        assert chunk.sequences == len(inside) > 0
        assert chunk.bases == sum(files[f][k] for f, k in inside)
        found += inside
    return found


@settings(max_examples=300)
@given(files=FILES, limits=LIMITS, cuts=CUTS)
def test_batches_divide_the_records_in_order_and_keep_their_limits(files, limits, cuts):
    batches = plan(files, limits, cuts=cuts)
    records = [records_in(batch, files) for batch in batches]
    assert [record for batch in records for record in batch] == [
        (number, k) for number, bases in enumerate(files) for k in range(len(bases))
    ]
    assert [batch.number for batch in batches] == list(range(len(batches)))
    for batch in batches:
        assert 1 <= batch.sequences <= limits.batch_size
        assert batch.bases <= limits.max_batch_bases or batch.sequences == 1


@given(files=FILES, limits=LIMITS)
def test_a_batch_ends_only_if_the_next_record_would_not_fit(files, limits):
    batches = plan(files, limits)
    for batch, following in zip(batches, batches[1:], strict=False):  # noqa: RUF007
        number, k = records_in(following, files)[0]
        full = batch.bases + files[number][k] > limits.max_batch_bases
        assert batch.sequences == limits.batch_size or full


@given(files=FILES, limits=LIMITS)
def test_a_chunk_ends_once_it_has_its_size(files, limits):
    for batch in plan(files, limits):
        for chunk in batch.chunks:
            last = records_in(batch, files)
            longest = max(files[number][k] for number, k in last)
            assert chunk.bases < 100 + longest or chunk.sequences == 1


@settings(max_examples=200)
@given(files=FILES, limits=LIMITS, cuts=CUTS)
def test_the_plan_is_the_same_however_the_records_are_cut_into_spans(files, limits, cuts):
    assert plan(files, limits, cuts=cuts) == plan(files, limits)


@pytest.mark.parametrize("size", [1, 7, 500, 5000])
@pytest.mark.parametrize("n", [1, 499, 500, 501, 5000, 32_240])
def test_n_records_are_n_over_batch_size_batches(n, size):
    assert len(plan([[10] * n], Limits(size, UNBOUND))) == -(-n // size)


@pytest.mark.parametrize(
    ("bases", "sequences"),
    [
        ([10, 10, 10], [2, 1]),
        ([10, 10, 0, 0, 10], [4, 1]),
        ([21, 5], [1, 1]),
        ([5, 21, 5], [1, 1, 1]),
        ([0, 20, 1], [2, 1]),
    ],
)
def test_a_batch_may_be_exactly_full(bases, sequences):
    assert [batch.sequences for batch in plan([bases], Limits(100, 20))] == sequences


def test_organelles_are_seven_batches_of_5000():
    assert [batch.sequences for batch in plan([[10] * 32_240], Limits(5000, UNBOUND))] == [5000] * 6 + [2240]


# --- keys -----------------------------------------------------------------------------------------------------------

FILES_OF_THREE = [[30, 90, 7], [120, 3]]


def keys(files=FILES_OF_THREE, **how):
    return [batch.key for batch in plan(files, Limits(100, UNBOUND), **how)]


@pytest.mark.parametrize(
    "other",
    [
        {"parameters": CountingParameters(frame=1)},
        {"parameters": CountingParameters(per_sequence=False)},
        {"parameters": CountingParameters(codon_pairs=True)},
        {"engine": "2"},
        {"salt": 1},
        {"files": [[30, 7, 90], [120, 3]]},
        {"files": FILES_OF_THREE[::-1]},
        {"files": [[30, 90, 7], [120, 4]]},
    ],
    ids=["frame", "per_sequence", "codon_pairs", "engine", "content", "order", "order of files", "length"],
)
def test_a_key_changes_with_what_is_read_and_how_it_is_counted(other):
    assert set(keys()).isdisjoint(keys(**other))


def test_a_key_changes_with_the_order_of_equal_chunks():
    (batch,) = plan([[100, 100]], Limits(100, UNBOUND))
    assert len(batch.chunks) == 2
    assert batch_key(batch.chunks[::-1], CountingParameters(), "1") != batch.key


def test_a_key_does_not_change_with_the_path():
    assert keys(place="/elsewhere") == keys()


def test_keys_are_the_same_in_any_process():
    digests = np.arange(2 * DIGEST_BYTES, dtype=np.uint8).reshape(2, DIGEST_BYTES)
    run = RecordSpan("x", "fasta", np.array([0, 9]), 20, np.array([3, 4]), digests)
    (batch,) = plan_batches([run], Limits(5, 100), CountingParameters(1, False), "engine")
    assert batch.key == "6c217c4dbce140efb2dbee8586f9f02244ab44e5cbdfc2de545f4aa56e9e3fc4"
    assert batch.chunks[0].digest == "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"


# --- too many ---------------------------------------------------------------------------------------------------------


def advised(error, limits):
    numbers = {
        name: int(value.replace(",", "")) for name, value in re.findall(r"(\w+) to ([\d,]+) or more", error.advice)
    }
    assert "batch_size" in numbers
    return Limits(numbers["batch_size"], numbers.get("max_batch_bases", limits.max_batch_bases))


@settings(max_examples=120)
@given(
    bases=st.lists(st.one_of(st.integers(0, 5), st.integers(0, 400)), min_size=40, max_size=400),
    limits=st.builds(Limits, st.integers(1, 9), st.one_of(st.integers(1, 3000), st.just(UNBOUND))),
    most=st.integers(20, 60),
)
def test_the_limits_that_the_error_advises_fit(bases, limits, most):
    if len(plan([bases], limits)) <= most:
        return
    error = too_many_batches(len(bases), sum(bases), limits, most)
    better = advised(error, limits)
    assert better.batch_size >= limits.batch_size
    assert better.max_batch_bases >= limits.max_batch_bases
    assert len(plan([bases], better)) <= most


def test_the_advice_is_exact_if_only_sequences_limit_the_batches():
    error = too_many_batches(32_240, 10**6, Limits(10, UNBOUND), 1000)
    assert isinstance(error, PlanError)
    assert error.advice == "Set batch_size to 33 or more."
    assert len(plan([[1] * 32_240], Limits(33, UNBOUND))) <= 1000 < len(plan([[1] * 32_240], Limits(32, UNBOUND)))
    assert "32,240 sequences" in str(error)


def test_the_advice_fits_where_every_second_record_fills_a_batch():
    bases, limits = [1, 100] * 200 + [0] * 100_000, Limits(10, 100)
    assert len(plan([bases], limits)) > 1000
    assert len(plan([bases], advised(too_many_batches(len(bases), sum(bases), limits, 1000), limits))) <= 1000


@given(files=FILES, limits=LIMITS, breaks=st.sets(st.integers(0, 12)), cuts=CUTS)
def test_a_break_begins_a_new_batch_and_changes_nothing_else(files, limits, breaks, cuts):
    batches = list(plan_batches(runs_of(files, cuts=cuts), limits, PLAIN, "1", breaks))
    records = [record for batch in batches for record in records_in(batch, files)]
    assert records == [(number, k) for number, bases in enumerate(files) for k in range(len(bases))]
    begun = set(itertools.accumulate((batch.sequences for batch in batches), initial=0))
    assert {record for record in breaks if record < len(records)} <= begun
    assert all(batch.sequences <= limits.batch_size for batch in batches)


def settled(files, limits):
    """The files of each batch, if no file is larger than a batch."""
    edges = [0, *settled_breaks(files, limits), len(files)]
    return [tuple(files[begin:end]) for begin, end in itertools.pairwise(edges)]


MEASURES = st.lists(
    st.builds(FileMeasure, st.text("ab", max_size=4), st.integers(1, 9), st.integers(0, 99)), max_size=40
)


@given(files=MEASURES, limits=st.builds(Limits, st.integers(9, 40), st.integers(99, 400)))
def test_settled_batches_hold_every_file_once_and_fit(files, limits):
    batches = settled(files, limits)
    assert [file for batch in batches for file in batch] == files
    for batch in batches:
        assert sum(file.sequences for file in batch) <= limits.batch_size
        assert sum(file.bases for file in batch) <= limits.max_batch_bases


def thousand_files(seed):
    source = random.Random(seed)  # noqa: S311  (test data)
    return [FileMeasure(f"{seed}/{number}.fa", source.randint(50, 150), 1) for number in range(1000)]


@pytest.mark.parametrize("change", ["add", "change", "remove"])
@pytest.mark.parametrize("seed", range(3))
def test_one_changed_file_of_a_thousand_changes_at_most_two_percent_of_the_batches(change, seed):
    limits, files = Limits(500, UNBOUND), thousand_files(seed)
    before = set(settled(files, limits))
    for position in range(0, 1000, 50):
        changed = list(files)
        match change:
            case "add":
                changed.insert(position, FileMeasure(f"{seed}/new-{position}.fa", 100, 1))
            case "change":
                changed[position] = FileMeasure(files[position].name, files[position].sequences + 1, 1)
            case "remove":
                del changed[position]
        after = settled(changed, limits)
        assert len(set(after) - before) <= 0.02 * len(after)


def test_files_that_fit_into_one_batch_share_it():
    assert settled_breaks([FileMeasure("a", 2, 10), FileMeasure("b", 3, 10)], Limits(5, 20)) == []
    assert settled_breaks([FileMeasure("a", 2, 10), FileMeasure("b", 3, 11)], Limits(5, 20)) == [1]
    assert settled_breaks([], Limits(5, 20)) == []
