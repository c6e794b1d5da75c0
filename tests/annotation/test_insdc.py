"""Each kind of location gives the letters that its definition names, base by base."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.annotation.insdc import read_location
from opengenome.annotation.location import written
from opengenome.annotation.splice import Molecule, place, splice
from opengenome.errors import InputError

#                 123456789012345678901234
RECORD = b"ACGTTGCAAGRCTTAacgnUYKWA"
CIRCLE = Molecule(len(RECORD), circular=True, names=frozenset({"NC_1.1", "NC_1"}))
LINE = Molecule(len(RECORD), names=CIRCLE.names)
COMPLEMENTS = dict(zip("ACGTURYKMSWBDHVNacgtn", "TGCAAYRMKSWVHDBNtgcan", strict=True))

# A base by its number: negative, where its complement is meant.
LETTERS = {
    "5": [5],
    "complement(5)": [-5],
    "1..3": [1, 2, 3],
    "24..24": [24],
    "complement(1..3)": [-3, -2, -1],
    "<1..3": [1, 2, 3],
    "1..>3": [1, 2, 3],
    ">1..<3": [1, 2, 3],
    "<5": [5],
    ">5": [5],
    "join(1..2,5..6)": [1, 2, 5, 6],
    "join(1,3,5..6)": [1, 3, 5, 6],
    "join(<1,5..>6)": [1, 5, 6],
    "order(1..2,5)": [1, 2, 5],
    "join(5..6,1..2)": [5, 6, 1, 2],
    "complement(join(1..2,5..6))": [-6, -5, -2, -1],
    "join(complement(5..6),complement(1..2))": [-6, -5, -2, -1],
    "complement(order(1,5))": [-5, -1],
    "join(1..2,complement(5..6))": [1, 2, -6, -5],
    "join(complement(5..6),8..9,complement(1))": [-6, -5, 8, 9, -1],
    "complement(join(1..2,complement(5..6)))": [5, 6, -2, -1],
    "join(order(1,3),5)": [1, 3, 5],
    "complement(complement(2..3))": [2, 3],
    "join(1..5,5..8)": [1, 2, 3, 4, 5, 5, 6, 7, 8],
    "complement(join(1..4,3..5))": [-5, -4, -3, -4, -3, -2, -1],
    "join(1..3,4..6)": [1, 2, 3, 4, 5, 6],
    "join(23..24,1..2)": [23, 24, 1, 2],
    "complement(join(23..24,1..2))": [-2, -1, -24, -23],
    "(3.5)..7": [3, 4, 5, 6, 7],
    "2..(5.7)": [2, 3, 4, 5, 6, 7],
    "one-of(3,5)..7": [3, 4, 5, 6, 7],
    "2..one-of(4,6,5)": [2, 3, 4, 5, 6],
    "complement(one-of(3,5)..(6.7))": [-7, -6, -5, -4, -3],
    "join(one-of(1,2)..3,9)": [1, 2, 3, 9],
    "NC_1.1:2..3": [2, 3],
    "join(NC_1:2..3,complement(NC_1.1:5))": [2, 3, -5],
    "complement(NC_1.1:2..3)": [-3, -2],
    "join(1..2,4^5,7)": [1, 2, 7],
    " join( 1 .. 2 ,\n                     complement( 5 .. 6 ) ) ": [1, 2, -6, -5],
    "16..21": [16, 17, 18, 19, 20, 21],
    "complement(10..24)": [-24, -23, -22, -21, -20, -19, -18, -17, -16, -15, -14, -13, -12, -11, -10],
}


@pytest.mark.parametrize(("text", "bases"), LETTERS.items())
def test_a_location_names_these_bases(text, bases):
    expected = "".join(chr(RECORD[n - 1]) if n > 0 else COMPLEMENTS[chr(RECORD[-n - 1])] for n in bases)
    placed = place(read_location(text), LINE)
    assert (placed.fault, splice(RECORD, placed.segments).decode()) == ("", expected)


@pytest.mark.parametrize(
    ("text", "bases"),
    {
        "23..2": [23, 24, 1, 2],
        "complement(23..2)": [-2, -1, -24, -23],
        "join(20..21,23..1)": [20, 21, 23, 24, 1],
    }.items(),
)
def test_a_range_that_ends_before_it_starts_goes_round_a_circle_and_is_refused_on_a_line(text, bases):
    expected = "".join(chr(RECORD[n - 1]) if n > 0 else COMPLEMENTS[chr(RECORD[-n - 1])] for n in bases)
    assert splice(RECORD, place(read_location(text), CIRCLE).segments).decode() == expected
    assert "before its start" in place(read_location(text), LINE).fault


FAULTS = {
    "4^5": "no bases",
    "24^1": "no bases",
    "0..3": "starts before base 1",
    "0": "starts before base 1",
    "5..25": "base 25 lies outside the sequence, which has 24",
    "25": "base 25 lies outside",
    "26..3": "base 26 lies outside",
    "join(1..2,25..26)": "base 26 lies outside",
    "5..4": "ends at base 4, before its start at 5",
    "5..3": "ends at base 3, before its start at 5",
    "NC_1.2:1..3": "another record, NC_1.2",
    "join(1..3,J00194.1:1..3)": "another record, J00194.1",
    "3.9": "one base of 3 to 9 is meant",
    "(3.9)": "one base of 3 to 9 is meant",
    "one-of(3,9)": "one base of 3 to 9 is meant",
    "one-of(1..3,5..9)": "which of several locations",
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.items())
def test_a_location_without_certain_letters_in_the_record_says_why(text, fault):
    placed = place(read_location(text), LINE)
    assert fault in placed.fault
    assert placed.segments == ()


@pytest.mark.parametrize(
    "text",
    ["", "x", "1..", "..3", "1...3", "1..3)", "(1..3", "1 2..3", "1-3", "-1..3", "?..3", "1..3,5..6", "<>3", "(1.2",
     "join()", "join(1..3,)", "join(1..3,,5)", "join(1..3", "join 1..3", "NC_1:", "NC_1.1:join(1..2,3)", "one-of()",
     "gap()", "gap(10)", "join(1..3,gap(10),5)", "gap(unk100)", "bond(3)", "replace(1..3,ac)", "3^5", "5^4", "²..3",
     "1" * 30, "complement(" * 999, "(" * 9999, "join(" * 9999],
)  # fmt: skip
def test_what_is_no_location_is_an_input_error_with_its_text(text):
    with pytest.raises(InputError) as caught:
        read_location(text)
    assert repr(text[:100])[:-1] in str(caught.value)
    assert len(str(caught.value)) < 320


def test_a_short_text_is_told_whole_in_its_error():
    with pytest.raises(InputError, match=re.escape("The location '1..' cannot be read")):
        read_location("1..")


def test_brackets_may_be_nested_twenty_deep():
    def nested(depth):
        return read_location("join(" * depth + "1..3" + ")" * depth)

    assert nested(20).segments == read_location("1..3").segments
    with pytest.raises(InputError, match="nested too deep"):
        nested(21)


OPEN = {
    "1..3": (False, False),
    "<1..3": (True, False),
    "1..>3": (False, True),
    "complement(<1..3)": (False, True),
    "complement(1..>3)": (True, False),
    "<1..>3": (True, True),
    "join(<1..3,5..6)": (True, False),
    "join(1..>3,5..6)": (False, False),
    "complement(join(<1..3,5..6))": (False, True),
    "join(complement(5..>6),complement(1..3))": (True, False),
    "join(complement(5..6),complement(<1..3))": (False, True),
    "join(complement(100624..>100855),1..3)": (True, False),
    "<5": (True, False),
    ">5": (False, True),
    "complement(>5)": (True, False),
    ">1..3": (True, False),
    "1..<3": (False, True),
    "(1.3)..5": (False, False),
    "(<1.3)..5": (True, False),
    "5..(7.>9)": (False, True),
    "4^5": (False, False),
}


@pytest.mark.parametrize(("text", "ends"), OPEN.items())
def test_open_ends_are_the_biological_ones(text, ends):
    location = read_location(text)
    assert (location.partial_5, location.partial_3) == ends


def test_an_end_that_is_one_of_several_bases_is_noted():
    uncertain = [text for text in LETTERS if read_location(text).uncertain]
    assert uncertain == [
        text for text in LETTERS if "one-of" in text or "." in text.replace("..", "").replace("_1.1", "")
    ]


numbers = st.integers(1, len(RECORD))
ranges = st.builds(
    lambda a, b, low, high: f"{'<' * low}{min(a, b)}..{'>' * high}{max(a, b)}",
    numbers,
    numbers,
    st.booleans(),
    st.booleans(),
)
places = st.one_of(numbers.map(str), ranges)
locations = st.recursive(
    places,
    lambda inner: st.one_of(
        inner.map("complement({})".format),
        st.lists(inner, min_size=1, max_size=4).map(lambda x: f"join({','.join(x)})"),
    ),
    max_leaves=6,
)


def naive(text):
    """The letters of a location, by its definition: from the inside out, letter by letter."""
    if text.startswith("complement("):
        return [COMPLEMENTS[letter] for letter in reversed(naive(text[len("complement(") : -1]))]
    if text.startswith("join("):
        parts, depth = [""], 0
        for letter in text[len("join(") : -1]:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            parts = [*parts, ""] if letter == "," and not depth else [*parts[:-1], parts[-1] + letter]
        return [letter for part in parts for letter in naive(part)]
    first, _, last = text.replace("<", "").replace(">", "").partition("..")
    return list(RECORD[int(first) - 1 : int(last or first)].decode())


@given(locations)
def test_any_nesting_reads_as_from_the_inside_out(text):
    letters = splice(RECORD, place(read_location(text), LINE).segments).decode()
    assert letters.replace("U", "T") == "".join(naive(text)).replace("U", "T")  # the complement of A is T


@given(locations)
def test_segments_that_are_written_read_the_same(text):
    segments = read_location(text).segments
    assert read_location(written(segments)).segments == segments


@given(st.text("0123456789.,()<>^ :jonirdecmplt-fgap", max_size=30))
def test_any_text_is_a_location_or_an_input_error(text):
    with suppress(InputError):
        place(read_location(text), CIRCLE)
