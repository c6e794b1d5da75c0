"""Each CDS that is not counted has the first reason that holds, in the order of the issue, and a detail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.annotation.cds import Cds, flags
from opengenome.annotation.insdc import read_location
from opengenome.annotation.qualifiers import cds_name, is_pseudo, read_codon_start, read_genetic_code
from opengenome.annotation.reading import Spliced, stops_in_frame, surely
from opengenome.annotation.rules import Reason, Rules, dropped, judged
from opengenome.annotation.splice import Molecule, place, splice
from opengenome.annotation.transl_except import read_transl_except
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import GENETIC_CODES, OWN, STOP, GeneticCode, genetic_code
from opengenome.errors import InputError

EVERY = Rules(frozenset(Reason), min_codons=1)


def cds_with(letters, code=1, location="", **told):
    """A CDS in a record of these letters; the whole of them without a location."""
    where = read_location(location or f"1..{len(letters)}")
    placed = place(where, Molecule(len(letters)))
    ends = {"partial_5": where.partial_5, "partial_3": where.partial_3}
    exceptions = read_transl_except(told.pop("transl_except")) if "transl_except" in told else ()
    cds = Cds("c", "r", where, genetic_code=code, transl_except=exceptions, **ends | told)
    return Spliced(cds, placed, splice(letters.encode(), placed.segments), genetic_code(code))


def reason(*args, rules=None, **told):
    found = dropped(cds_with(*args, **told), rules or Rules())
    assert found is None or found.detail
    return found and str(found.reason)


# (letters, what is told of them, reason)
CASES = [
    ("ATGAAATAA", {}, None),
    ("atgaaauaa", {}, None),
    ("ATGAAATAA", {"pseudo": True}, "pseudo"),
    ("ATGAAATAAC", {}, "length"),
    ("ATGTAAAAATAA", {}, "internal_stop"),
    ("augugaaaauaa", {}, "internal_stop"),
    ("ATGAAAAAA", {}, None),  # without a stop: only no_stop minds
    ("AATAATAAT", {}, None),  # stops out of frame
    ("ATGTARAAATAA", {}, "internal_stop"),  # TAA or TAG
    ("ATGTANAAATAA", {}, None),
    ("ATGNNNAAATAA", {}, None),
    # codon_start
    ("CATGAAATAA", {"codon_start": 2}, None),
    ("CCATGAAATAA", {"codon_start": 3}, None),
    ("CATGTAAAAATAA", {"codon_start": 2}, "internal_stop"),
    ("ATGTAAAAATAA", {"codon_start": 2}, "length"),
    ("TAAATAATC", {"codon_start": 3, "partial_3": True}, None),
    ("AC", {"codon_start": 3, "partial_3": True}, "location"),
    # open ends
    ("ATGAAATA", {"location": "1..>8"}, None),
    ("ATGAAATA", {"location": "<1..8"}, "length"),
    ("TAGAAACAT", {"location": "complement(<1..8)"}, None),
    ("TAGAAACAT", {"location": "complement(1..>8)"}, "length"),
    ("ATGTAAA", {"location": "1..>7"}, "internal_stop"),  # an open codon follows the stop
    ("ATGTAA", {"location": "1..>6"}, None),
    # transl_except
    ("ATGAAAT", {"transl_except": "(pos:7,aa:TERM)"}, None),
    ("ATGAAATA", {"transl_except": "(pos:7..8,aa:TERM)"}, None),
    ("ATGAAATA", {"transl_except": "(pos:7..8,aa:Sec)"}, "length"),
    ("ATGAAATA", {"transl_except": "(pos:4..6,aa:TERM)"}, "length"),
    ("ATGAAAT", {"transl_except": "(pos:complement(7),aa:TERM)"}, None),  # strands are not compared
    ("ACTTTCAT", {"location": "complement(2..8)", "transl_except": "(pos:complement(2),aa:TERM)"}, None),
    ("CATGAAAT", {"codon_start": 2, "transl_except": "(pos:8,aa:TERM)"}, None),
    ("CCATGTGAAAATAA", {"codon_start": 3, "transl_except": "(pos:6..8,aa:Sec)"}, None),
    ("CCATGTGAAAATAA", {"codon_start": 3, "transl_except": "(pos:1..2,aa:Sec)"}, "internal_stop"),
    ("ATGTAAT", {"transl_except": "(pos:7,aa:TERM)"}, "internal_stop"),
    ("ATGTGAAAATAA", {"transl_except": "(pos:4..6,aa:Sec)"}, None),
    ("ATGTGATGATAA", {"transl_except": "(pos:4..6,aa:Sec)"}, "internal_stop"),
    ("ATGTGATGATAA", {"transl_except": "(pos:4..6,aa:Sec),(pos:7..9,\n aa:Sec)"}, None),
    ("ATGTGAAAATAA", {"transl_except": "(pos:7..9,aa:Sec)"}, "internal_stop"),
    ("ATGTCCCGAAAATAA", {"location": "join(1..4,8..15)", "transl_except": "(pos:join(4,8..9),aa:Sec)"}, None),
    ("TTATTTTCACAT", {"location": "complement(1..12)", "transl_except": "(pos:complement(7..9),aa:Sec)"}, None),
    ("ATGAAATGATAA", {"transl_except": "(pos:4..9,aa:Sec)"}, "internal_stop"),  # names two codons, so none
    ("ATGAAATGATAA", {"transl_except": "(pos:4..999999999999999999,aa:Sec)"}, "internal_stop"),
    # A base that a frameshift reads twice stands in two codons; the named one has all three bases.
    ("ATGTGAAATAA", {"location": "join(1..6,6..11)", "transl_except": "(pos:4..6,aa:Sec)"}, None),
    # exceptions
    ("ATGTAAAAATAA", {"exception": "RNA editing"}, None),
    ("ATGTAAAAATAA", {"exception": "ribosomal slippage"}, "internal_stop"),
    ("ATGTAAAAATAA", {"exception": "trans-splicing"}, "internal_stop"),
    ("ATGTAAAAATAA", {"exception": "ribosomal_slippage, trans_splicing"}, "internal_stop"),
    ("ATGTAAAAATAA", {"exception": "ribosomal slippage,"}, "internal_stop"),
    ("ATGTAAAAATAA", {"exception": "ribosomal slippage, rearrangement required for product"}, None),
    ("ATGTAAAAATAAC", {"exception": "RNA editing"}, "length"),
    # its own code
    ("ATGTGAAAATAA", {"code": 4}, None),
    ("ATGTGAAAATAA", {"code": 11}, "internal_stop"),
    ("ATGAGAAAATAA", {"code": 2}, "internal_stop"),
    ("ATGAGRAAATAA", {"code": 2}, "internal_stop"),
    ("ATGTAAAAATAA", {"code": 6}, None),
    *((f"ATG{stop}AAATGA", {"code": 27}, None) for stop in ("TGA", "TAA", "TAG")),
    *((f"ATG{stop}AAATAA", {"code": 28}, None) for stop in ("TGA", "TAA", "TAG")),
    *((f"ATG{stop}AAATAA", {"code": 31}, None) for stop in ("TGA", "TAA", "TAG")),
    # no place
    ("ATGAAATAA", {"location": "1..10"}, "location"),
    ("ATGAAATAA", {"location": "3..1"}, "location"),
    ("ATGAAATAA", {"location": "join(1..3,X1.1:1..3)"}, "location"),
    ("ATGAAATAA", {"location": "3^4"}, "location"),
]  # fmt: skip


@pytest.mark.parametrize(("letters", "told", "expected"), CASES)
def test_a_cds_is_counted_or_has_this_reason(letters, told, expected):
    assert reason(letters, **told) == expected


def test_the_first_reason_in_the_order_is_told():
    letters, location = "ATGTAAAAAC", "1..99"
    assert reason(letters, pseudo=True, location=location) == "pseudo"
    assert reason(letters, location=location) == "location"
    assert reason(letters) == "length"
    assert reason(letters, partial_3=True) == "internal_stop"
    assert list(Reason)[:4] == ["pseudo", "location", "length", "internal_stop"]
    assert Rules().reasons == set(list(Reason)[:4])


@pytest.mark.parametrize("told", [{"pseudo": True}, {"codon_start": 2}, {}])
def test_without_rules_only_a_cds_without_letters_is_dropped(told):
    nothing = Rules(frozenset())
    assert reason("ATGTAAAAAC", rules=nothing, **told) is None
    assert reason("ATGTAAAAAC", rules=nothing, location="1..99", **told) == "location"


# (letters, what is told, the reasons of the optional rules that hold)
OPTIONAL = [
    ("ATGAAATAA", {}, set()),
    ("TTGAAATAA", {}, set()),
    ("GTGAAATAA", {}, {"no_start"}),
    ("GTGAAATAA", {"code": 11}, set()),
    ("GTGAAATAA", {"transl_except": "(pos:1..3,aa:Met)"}, set()),
    ("NTGAAATAA", {"code": 11}, set()),
    ("NTGAAATAA", {}, {"no_start"}),
    ("ATGAAATAA", {"location": "<1..9"}, {"partial", "no_start"}),
    ("ATGAAATAA", {"location": "1..>9"}, {"partial", "no_stop"}),
    ("ATGAAAAAA", {}, {"no_stop"}),
    ("ATGAAATAR", {}, set()),
    ("ATGAAATGA", {"code": 27}, set()),
    ("ATGAAATAA", {"code": 27}, {"no_stop"}),
    ("ATGAAAT", {"transl_except": "(pos:7,aa:TERM)"}, {"short"}),
    ("ATGTAA", {}, {"short"}),
]


@pytest.mark.parametrize(("letters", "told", "expected"), OPTIONAL)
def test_the_optional_rules_hold_where_they_are_asked_for(letters, told, expected):
    optional = ("partial", "no_start", "no_stop", "short")
    held = {name for name in optional if reason(letters, rules=Rules(frozenset({Reason(name)}), 3), **told)}
    assert held == expected
    assert reason(letters, **told) is None


def test_a_detail_says_where_the_stop_is():
    found = dropped(cds_with("ATGTAAAAATAGTAA"), Rules())
    assert found.detail == "codon 2 of 5 is TAA, a stop in genetic code 1, and 1 more are stops"
    assert dropped(cds_with("ATGTGAAAATAA"), Rules()).detail == "codon 2 of 4 is TGA, a stop in genetic code 1"


@given(st.lists(st.tuples(st.text("ATGRY", min_size=1, max_size=14), st.sampled_from([1, 2, 27])), max_size=5))
def test_cds_are_judged_together_as_each_is_alone(told):
    many = [cds_with(*one) for one in told] * 600  # more than are searched at once
    alone = [dropped(cds_with(*one), Rules()) for one in told] * 600
    assert list(judged(many, Rules())) == list(zip(many, alone, strict=True))


@given(st.text("ACGTURYN", max_size=60), st.sampled_from(sorted(GENETIC_CODES)))
def test_stops_in_frame_are_those_of_each_codon_by_itself(letters, table):
    text, code = letters.replace("U", "T"), genetic_code(table)
    sense_and_stop = {"TGA", "TAA", "TAG"} if table in (27, 28, 31) else set()
    stops = surely(code.stops - sense_and_stop)
    assert list(stops_in_frame(text, code)) == [k for k in range(len(text) // 3) if text[3 * k : 3 * k + 3] in stops]


def test_a_code_of_ones_own_may_have_any_number_of_stops():
    many = GeneticCode(OWN, "", "".join("A" if index % 5 else STOP for index in range(64)))
    stops = [index for index in range(64) if index % 5 == 0]
    assert stops_in_frame("".join(CODONS), many) == stops
    assert stops_in_frame("".join(CODONS) + "TA", GeneticCode(OWN, "", STOP * 64)) == list(range(64))
    assert stops_in_frame("".join(CODONS), GeneticCode(OWN, "", "A" * 64)) == []


def test_codons_that_are_surely_stops_have_only_stops_among_their_readings():
    assert surely(frozenset({"TAA", "TAG", "TGA"})) == {"TAA", "TAG", "TGA", "TAR", "TRA"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [({}, False), ({"pseudo": [None]}, True), ({"pseudo": [""]}, True), ({"pseudo": ["true"]}, True),
     ({"pseudo": ["false"]}, False), ({"pseudo": ["False"]}, False), ({"pseudogene": ["unprocessed"]}, True),
     ({"pseudogene": ["false"]}, False), ({"note": ["pseudo"]}, False)],
)  # fmt: skip
def test_a_pseudogene_is_known_by_its_own_attributes_or_an_ancestors(attributes, expected):
    assert is_pseudo(attributes) is expected
    assert is_pseudo({"gene": ["x"]}, attributes) is expected


@pytest.mark.parametrize(("read", "bad"), [(read_genetic_code, t) for t in ("7", "0", "", "x", "1.5", "9" * 5000)] +
                                          [(read_codon_start, t) for t in ("0", "4", "", "x")])  # fmt: skip
def test_a_number_out_of_its_bounds_is_an_input_error(read, bad):
    with pytest.raises(InputError):
        read(bad)


def test_numbers_are_read():
    assert (read_genetic_code("11"), read_codon_start("3")) == (11, 3)


def test_an_exception_that_cannot_be_read_is_an_input_error():
    for text in ("", "(pos:3..5)", "aa:Sec", "(pos:x,aa:Sec)"):
        with pytest.raises(InputError):
            read_transl_except(text)


def test_flags_name_what_is_unusual():
    assert flags(*_told(cds_with("ATGAAATAA"))) == ()
    odd = cds_with("ATGAAATAACC", location="join(<1..4,4..>8)", codon_start=2, exception="RNA editing")
    assert flags(*_told(odd)) == ("codon_start", "exception", "overlap", "partial_3", "partial_5")
    assert flags(*_told(cds_with("ATGAAATAACC", location="join(1..3,complement(7..9))"))) == ("both_strands",)
    assert flags(*_told(cds_with("ATGAAATAACC", location="join(7..9,1..3)"))) == ("out_of_order",)
    assert flags(*_told(cds_with("ATGAAATAACC", location="complement(join(7..9,1..3))"))) == ("out_of_order",)
    assert flags(*_told(cds_with("ATGAAATAACC", location="complement(order(1..>3,7..9))"))) == ("open_within", "order")
    assert flags(*_told(cds_with("ATGAAATAACC", location="(1.3)..9"))) == ("uncertain_end",)
    assert flags(odd.cds._replace(noted=("x",)), odd.placed)[-1] == "x"


@pytest.mark.parametrize(
    ("location", "flag"),
    [("join(1..3,5..7,7..9)", "overlap"), ("join(4..5,7..9,1..3)", "out_of_order"),
     ("join(1..2,4..5,complement(7..9))", "both_strands"), ("join(1..2,4..>5,7..9)", "open_within")],
)  # fmt: skip
def test_a_flag_needs_only_two_of_the_segments(location, flag):
    assert flags(*_told(cds_with("ATGAAATAACC", location=location))) == (flag,)


def _told(spliced):
    return spliced.cds, spliced.placed


def test_the_name_of_a_cds_is_its_own_though_its_protein_occurs_twice():
    assert cds_name("NC_1.1", "NP_1.1", 3) == "NC_1.1_cds_NP_1.1_3"
    assert cds_name("NC_1.1", "", 4) == "NC_1.1_cds_4"
