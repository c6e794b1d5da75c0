"""Pairs of codons are counted as a loop counts them, however the sequences are cut; and they reproduce the codons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.core import codon_pairs
from opengenome.core.alphabet import CODONS
from opengenome.core.codon_pairs import PAIRS, PairCounter, count_pairs_naive, unlike_codons
from opengenome.core.counting import SequenceCounter, count_naive
from opengenome.errors import EngineError

# Mostly plain bases, so that the loop over whole codons is entered and left everywhere; spaces are no letters.
PIECES = st.text("ACGTACGTACGTACGTACGTUacgtnNRX \n", max_size=30)
SEQUENCES = st.lists(st.lists(PIECES, min_size=1, max_size=4), max_size=7)
FRAMES = st.integers(0, 2)


def letters_of(pieces):
    return "".join("".join(pieces).split())


def blocks(sequences, step):
    """The pieces of all sequences, `step` at a time, as arguments of `feed_strings`."""
    rows = [(piece, int(k > 0)) for pieces in sequences for k, piece in enumerate(pieces)]
    for begin in range(0, len(rows), step):
        some = rows[begin : begin + step]
        data = np.frombuffer("".join(piece for piece, _ in some).encode(), dtype=np.uint8)
        offsets = np.concatenate([[0], np.cumsum([len(piece) for piece, _ in some])]).astype(np.int64)
        yield data, offsets, np.array([continues for _, continues in some], dtype=np.uint8)


def counted(sequences, frame=0, step=3):
    counter = PairCounter(frame)
    for block in blocks(sequences, step):
        counter.feed_strings(*block)
    counter.finish()
    return counter.take()


def spelled(pairs):
    """The entries of each sequence, as `count_pairs_naive` has them."""
    entries = [dict[tuple[str, str], int]() for _ in pairs.starts[1:]]
    for at, pair, times in zip(pairs.sequence().tolist(), pairs.pair.tolist(), pairs.count.tolist(), strict=True):
        entries[at][CODONS[pair // 64], CODONS[pair % 64]] = times
    return entries


def naive(sequences, frame=0):
    return [count_pairs_naive(letters_of(pieces), frame) for pieces in sequences]


@given(sequences=SEQUENCES, frame=FRAMES, step=st.integers(1, 9))
def test_pairs_of_each_sequence_are_those_of_a_loop_however_it_is_cut(sequences, frame, step):
    found = counted(sequences, frame, step)
    assert spelled(found) == naive(sequences, frame)
    assert all((np.diff(found.pair[a:b]) > 0).all() for a, b in zip(found.starts[:-1], found.starts[1:], strict=True))
    assert found.total().shape == (PAIRS,)
    assert found.total().sum() == found.count.sum()


def test_a_pair_crosses_neither_an_ambiguous_codon_nor_the_end_of_a_sequence():
    found = counted([["AAACCC"], ["GGGTT"], ["AAANNNCCC"], ["AAAC", "CCAAAC"]])
    assert spelled(found) == [{("AAA", "CCC"): 1}, {}, {}, {("AAA", "CCC"): 1, ("CCC", "AAA"): 1}]


@pytest.mark.parametrize(("slots", "room"), [(1, PAIRS), (3, PAIRS + 70), (2048, 2 * PAIRS)])
def test_more_sequences_than_there_is_room_for_are_all_counted(monkeypatch, slots, room):
    monkeypatch.setattr(codon_pairs, "_SLOTS", slots)
    monkeypatch.setattr(codon_pairs, "_ROOM", room)
    source = np.random.default_rng(5)
    sequences = [["".join(source.choice(list("ACGT"), 600))] for _ in range(40)]
    sequences[7] = ["".join(a + b for a in CODONS for b in CODONS)]  # holds almost every pair
    assert spelled(counted(sequences, step=40)) == naive(sequences)


@given(sequences=SEQUENCES, frame=FRAMES, step=st.integers(1, 9))
def test_the_counter_of_codons_gives_the_pairs_of_the_same_sequences(sequences, frame, step):
    counter = SequenceCounter(frame, PairCounter(frame))
    found = []
    for data, offsets, continues in blocks(sequences, step):
        found += counter.feed_strings(["x"] * len(continues), data, offsets, continues)
    found += counter.finish()
    assert all(len(some.pairs.starts) - 1 == len(some.counts) for some in found)
    assert [entries for some in found for entries in spelled(some.pairs)] == naive(sequences, frame)


def test_text_is_not_counted_in_pairs_and_says_so():
    with pytest.raises(EngineError, match="these are copied into rows"):
        list(SequenceCounter(0, PairCounter(0)).feed_fasta(np.frombuffer(b">a\nACG\n", dtype=np.uint8)))


# --- the law ----------------------------------------------------------------------------------------------------------


def margins(pairs):
    """(first, second) of {pair: times}, (1, 64) each."""
    sums = np.zeros((2, 64), dtype=np.int64)
    for (first, second), times in pairs.items():
        sums[0, CODONS.index(first)] += times
        sums[1, CODONS.index(second)] += times
    return sums[:1], sums[1:]


def row(letters):
    counts, ambiguous, _, _ = count_naive(letters)
    return np.array([[*counts.values(), ambiguous]])


@given(letters=st.text("ACGTACGTACGTN", max_size=60))
def test_the_pairs_of_any_sequence_reproduce_its_codons(letters):
    pairs = count_pairs_naive(letters)
    assert not unlike_codons(row(letters), *margins(pairs)).any()
    counts = row(letters)[0]
    if not counts[64] and counts.sum():
        first, second = margins(pairs)
        assert [(counts[:64] - some).sum() for some in (first, second)] == [1, 1]
        assert counts[CODONS.index(letters[:3])] - second[0, CODONS.index(letters[:3])] == 1


@given(letters=st.text("ACGT", min_size=6, max_size=60), which=st.integers(0, 19), more=st.sampled_from([-1, 1]))
def test_a_pair_more_or_less_does_not_reproduce_them(letters, which, more):
    pairs = count_pairs_naive(letters)
    changed = sorted(pairs)[which % len(pairs)]
    assert unlike_codons(row(letters), *margins(pairs | {changed: pairs[changed] + more})).all()


@given(letters=st.text("ACGT", min_size=12, max_size=60), which=st.integers(0, 19), by=st.integers(1, 63))
def test_another_codon_in_a_pair_does_not_reproduce_them(letters, which, by):
    """But where the codon that nothing is told of moves: then the sequence may begin or end with another one."""
    pairs = dict(count_pairs_naive(letters))
    first, second = sorted(pairs)[which % len(pairs)]
    other = CODONS[(CODONS.index(first) + by) % 64]
    pairs[first, second] -= 1
    pairs[other, second] = pairs.get((other, second), 0) + 1
    ends_with_other = letters[: len(letters) // 3 * 3].endswith(other)
    assert unlike_codons(row(letters), *margins(pairs)).any() != ends_with_other


def test_stretches_between_ambiguous_codons_may_be_as_many_as_these_allow_and_no_more():
    letters = "AAACCCNNNGGGTTT"  # two stretches, so two codons are the first of no pair
    assert not unlike_codons(row(letters), *margins({("AAA", "CCC"): 1, ("GGG", "TTT"): 1})).any()
    assert unlike_codons(row(letters), *margins({})).all()
    assert unlike_codons(row("NNN" + "AAA"), *margins({("AAA", "AAA"): 1})).all()
