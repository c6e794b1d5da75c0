"""Splicing is Biopython's, letter by letter, and tells where each base of the record went."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.annotation.insdc import read_location
from opengenome.annotation.location import Segment
from opengenome.annotation.splice import Molecule, Placed, offsets, place, reverse_complement, splice

LETTERS = "ACGTURYSWKMBDHVNXacgturyswkmbdhvnx"

segments = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.sampled_from([1, -1])).map(
        lambda told: Segment(min(told[:2]), max(told[:2]) + 1, told[2])
    ),
    min_size=1,
    max_size=5,
)
records = st.text(LETTERS, min_size=41, max_size=60).map(str.encode)


def test_the_reverse_complement_of_every_byte_is_that_of_biopython():
    seq = pytest.importorskip("Bio.Seq")
    every = bytes(range(128))
    assert reverse_complement(every) == bytes(seq.Seq(every).reverse_complement())


@given(records, segments)
def test_splicing_is_that_of_biopython(letters, placed):
    seq, features = pytest.importorskip("Bio.Seq"), pytest.importorskip("Bio.SeqFeature")
    parts = [features.SimpleLocation(one.start, one.end, one.strand) for one in placed]
    theirs = sum(parts[1:], start=parts[0]).extract(seq.Seq(letters))
    assert splice(letters, placed) == bytes(theirs)


@pytest.mark.parametrize(
    "text",
    ["3..9", "complement(3..9)", "join(1..3,5..9,12)", "complement(join(1..3,5..9))", "join(complement(5..9),1..3)",
     "38..4", "complement(38..4)", "join(<1..3,one-of(5,6)..9)", "(1.4)..(8.9)", "order(1..3,7)", "join(39..41,1..2)"],
)  # fmt: skip
def test_a_text_is_spliced_as_biopython_reads_it(text):
    seq, features = pytest.importorskip("Bio.Seq"), pytest.importorskip("Bio.SeqFeature")
    letters = b"ACGTRYKMACCGGTTAACAGATTACAGGGCCCATATACGCG"
    with pytest.warns(Warning, match="origin") if "38..4" in text else pytest.MonkeyPatch.context():
        theirs = features.Location.fromstring(text, len(letters), True).extract(seq.Seq(letters))
    assert splice(letters, place(read_location(text), Molecule(len(letters), circular=True)).segments) == bytes(theirs)


@given(records, segments)
def test_each_spliced_letter_is_found_again_at_the_base_it_came_from(letters, placed):
    spliced = splice(letters, placed)
    came_from = {at: base for base in range(len(letters)) for at in offsets(placed, base)}
    assert sorted(came_from) == list(range(len(spliced)))
    for at, base in came_from.items():
        letter = letters[base : base + 1]
        assert spliced[at : at + 1] in (letter, reverse_complement(letter))


def test_the_bases_of_placed_segments_are_the_letters_that_are_spliced():
    assert Placed((Segment(0, 5), Segment(3, 4, -1))).bases == len(splice(b"ACGTA", (Segment(0, 5), Segment(3, 4, -1))))


def test_a_range_round_the_origin_keeps_its_open_ends_at_its_own_ends():
    for text in ("<9..>2", "complement(<9..>2)"):
        placed = place(read_location(text), Molecule(10, circular=True)).segments
        assert [(one.open_5, one.open_3) for one in placed] == [(True, False), (False, True)]
