"""Which GFF3 rows are one CDS, where it lies and what it is called."""

import random
import time

import pytest

from opengenome.annotation.gff3 import Row, group_cds
from opengenome.annotation.gff3_cds import Region, cds_of, check_seqids, region_of
from opengenome.errors import InputError


def rows(text):
    """Rows from lines of `type start end strand phase attributes`; a seqid before the type where it is not s."""
    found = []
    for number, line in enumerate(text.strip().splitlines(), 1):
        fields = line.split()
        seqid, kind, start, end, strand, phase = fields[:6] if len(fields) == 7 else ["s", *fields[:5]]
        told = dict(pair.split("=") for pair in fields[-1].split(";") if "=" in pair)
        attributes = {name: tuple(value.split(",")) for name, value in told.items()}
        frame = None if phase == "." else int(phase)
        found.append(Row(seqid, kind, int(start), int(end), strand, frame, attributes, number))
    return found


def all_cds(text, region=None):
    return [cds_of(group, region or Region()) for group in group_cds(rows(text))]


def places(text, region=None):
    return [cds.location.text for cds in all_cds(text, region)]


GENE = (
    "gene 1 90 + . ID=g\nmRNA 1 90 + . ID=t;Parent=g\nmRNA 1 90 + . ID=u;Parent=g\npolypeptide 1 90 + . ID=p;Parent=t\n"
)

# (rows, locations of their CDS)
GROUPS = {
    "one ID": ("CDS 1 3 + 0 ID=c\nCDS 7 9 + 0 ID=c", ["join(1..3,7..9)"]),
    "one ID, apart in the file": (
        "CDS 1 3 + 0 ID=c\nCDS 20 30 + 0 ID=d\nCDS 7 9 + 0 ID=c",
        ["join(1..3,7..9)", "20..30"],
    ),
    "one ID, two transcripts": (GENE + "CDS 1 3 + 0 ID=c;Parent=t,u\nCDS 7 9 + 0 ID=c;Parent=t,u", ["join(1..3,7..9)"]),
    "two IDs of two rows, one transcript": (
        GENE + "CDS 1 3 + 0 ID=c;Parent=t\nCDS 7 9 + 0 ID=c;Parent=t\n"
        "CDS 20 22 + 0 ID=d;Parent=t\nCDS 30 32 + 0 ID=d;Parent=t",
        ["join(1..3,7..9)", "join(20..22,30..32)"],
    ),
    "one ID, overlapping": ("CDS 1 7 + 0 ID=c\nCDS 7 9 + 0 ID=c", ["join(1..7,7..9)"]),
    "one ID in two sequences": ("a CDS 1 3 + 0 ID=c\nb CDS 7 9 + 0 ID=c", ["1..3", "7..9"]),
    "no ID": (GENE + "CDS 1 3 + 0 Parent=t\nCDS 7 9 + 0 Parent=t\nCDS 4 6 + 0 Parent=u", ["join(1..3,7..9)", "4..6"]),
    "no ID, a row of two transcripts": (
        GENE + "CDS 1 3 + 0 Parent=t,u\nCDS 7 9 + 0 Parent=t\nCDS 10 12 + 0 Parent=u",
        ["join(1..3,7..9)", "join(1..3,10..12)"],
    ),
    "no ID, mRNA and protein as Parents": (
        GENE + "CDS 1 3 + 0 Parent=t,p\nCDS 7 9 + 0 Parent=t,p",
        ["join(1..3,7..9)"],
    ),
    "no ID, mRNA and gene as Parents": (GENE + "CDS 1 3 + 0 Parent=g,t\nCDS 7 9 + 0 Parent=g,u", ["1..3", "7..9"]),
    "no ID, gene and protein as Parents": (
        GENE + "CDS 1 3 + 0 Parent=g,p\nCDS 7 9 + 0 Parent=g,p",
        ["join(1..3,7..9)"],
    ),
    "no ID, gene and protein as Parents, then the gene alone": (
        GENE + "CDS 1 3 + 0 Parent=g,p\nCDS 7 9 + 0 Parent=g",
        ["join(1..3,7..9)"],
    ),
    "no ID, a protein as Parent": (GENE + "CDS 1 3 + 0 Parent=p\nCDS 7 9 + 0 Parent=p", ["join(1..3,7..9)"]),
    "no ID, a gene as Parent": (GENE + "CDS 1 3 + 0 Parent=g\nCDS 7 9 + 0 Parent=g", ["join(1..3,7..9)"]),
    "no ID, a Parent that is not there": ("CDS 1 3 + 0 Parent=x\nCDS 7 9 + 0 Parent=x", ["join(1..3,7..9)"]),
    "no ID, no Parent": ("CDS 1 3 + 0 a=b\nCDS 7 9 + 0 a=b", ["1..3", "7..9"]),
    "the Parent after its CDS": ("CDS 1 3 + 0 Parent=t\nCDS 7 9 + 0 Parent=t\n" + GENE, ["join(1..3,7..9)"]),
    "IDs of their own": (GENE + "CDS 1 3 + 0 ID=c1;Parent=t\nCDS 7 9 + 0 ID=c2;Parent=t", ["join(1..3,7..9)"]),
    "IDs of their own, mRNA and protein": (
        GENE + "CDS 1 3 + 0 ID=c1;Parent=t,p\nCDS 7 9 + 0 ID=c2;Parent=t,p",
        ["join(1..3,7..9)"],
    ),
    "IDs of their own, overlapping": (
        GENE + "CDS 1 7 + 0 ID=c1;Parent=t\nCDS 7 9 + 0 ID=c2;Parent=t",
        ["1..7", "7..9"],
    ),
    "IDs of their own, two transcripts": (
        GENE + "CDS 1 3 + 0 ID=c1;Parent=t,u\nCDS 7 9 + 0 ID=c2;Parent=t,u",
        ["join(1..3,7..9)"],
    ),
    "IDs of their own, a row of two transcripts": (
        GENE + "CDS 1 3 + 0 ID=c1;Parent=t,u\nCDS 7 9 + 0 ID=c2;Parent=t\nCDS 10 12 + 0 ID=c3;Parent=u",
        ["join(1..3,7..9)", "join(1..3,10..12)"],
    ),
    "IDs of their own beside no ID, each of two transcripts": (
        GENE + "CDS 1 3 + 0 ID=c1;Parent=t,u\nCDS 7 9 + 0 Parent=t,u",
        ["1..3", "7..9", "7..9"],
    ),
    "an ID, a CDS of one row and two transcripts": (GENE + "CDS 1 3 + 0 ID=c1;Parent=t,u", ["1..3"]),
    "IDs of their own, a gene as Parent, each goes on": (
        GENE + "CDS 1 4 + 0 ID=c1;Parent=g\nCDS 7 8 + 2 ID=c2;Parent=g\nCDS 9 11 + 0 ID=c3;Parent=g",
        ["join(1..4,7..8,9..11)"],
    ),
    "IDs of their own, a Parent that is not there, each goes on": (
        "CDS 9 12 - 0 ID=c1;Parent=x\nCDS 1 2 - 2 ID=c2;Parent=x",
        ["complement(join(1..2,9..12))"],
    ),
    "IDs of their own, a Parent that is not there, one does not go on": (
        "CDS 1 4 + 0 ID=c1;Parent=-\nCDS 7 8 + 2 ID=c2;Parent=-\nCDS 9 11 + 1 ID=c3;Parent=-",
        ["1..4", "7..8", "9..11"],
    ),
    "IDs of their own, a gene as Parent": (
        GENE + "CDS 1 3 + 0 ID=c1;Parent=g\nCDS 7 9 + 0 ID=c2;Parent=g",
        ["1..3", "7..9"],
    ),
    "IDs of their own, two proteins": (
        GENE + "CDS 1 3 + 0 ID=c1;Parent=t;protein_id=A\nCDS 7 9 + 0 ID=c2;Parent=t;protein_id=B",
        ["1..3", "7..9"],
    ),
    "IDs of their own, two strands": (
        GENE + "CDS 1 3 + 0 ID=c1;Parent=t\nCDS 7 9 - 0 ID=c2;Parent=t",
        ["1..3", "complement(7..9)"],
    ),
    "minus, ascending": ("CDS 1 3 - 0 ID=c\nCDS 7 9 - 0 ID=c", ["complement(join(1..3,7..9))"]),
    "minus, descending": ("CDS 7 9 - 0 ID=c\nCDS 1 3 - 0 ID=c", ["complement(join(1..3,7..9))"]),
    "parts": ("CDS 7 9 + 0 ID=c;part=1/2\nCDS 1 3 - 0 ID=c;part=2/2", ["join(7..9,complement(1..3))"]),
    "parts against the file": ("CDS 1 3 + 0 ID=c;part=2\nCDS 7 9 + 0 ID=c;part=1", ["join(7..9,1..3)"]),
    "parts of some rows alone": ("CDS 1 3 + 0 ID=c;part=2\nCDS 7 9 + 0 ID=c", ["join(1..3,7..9)"]),
    "ten parts": (
        "\n".join(f"CDS {n} {n} + 0 ID=c;part={n}" for n in (10, 9, *range(1, 9))),
        ["join(1,2,3,4,5,6,7,8,9,10)"],
    ),
    "both strands, no parts": ("CDS 1 3 - 0 ID=c\nCDS 7 9 + 0 ID=c", ["join(complement(1..3),7..9)"]),
}
# Rows on both strands without part= have no order but the file's.
IN_ANY_ORDER = {name: told for name, told in GROUPS.items() if name != "both strands, no parts"}


@pytest.mark.parametrize(("text", "expected"), GROUPS.values(), ids=GROUPS)
def test_rows_are_one_cds_where_the_file_says_so(text, expected):
    assert places(text) == expected


@pytest.mark.parametrize(("text", "expected"), IN_ANY_ORDER.values(), ids=IN_ANY_ORDER)
def test_the_order_of_rows_in_the_file_changes_no_cds(text, expected):
    lines = text.splitlines()
    for seed in range(5):
        random.Random(seed).shuffle(lines)  # noqa: S311
        assert sorted(places("\n".join(lines))) == sorted(expected)


CIRCLE = Region(100, circular=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CDS 98 105 + 0 ID=c", "join(98..100,1..5)"),
        ("CDS 98 105 - 0 ID=c", "complement(join(98..100,1..5))"),
        ("CDS 90 94 + 0 ID=c\nCDS 98 105 + 0 ID=c\nCDS 109 110 + 0 ID=c", "join(90..94,98..100,1..5,9..10)"),
        ("CDS 90 94 - 0 ID=c\nCDS 98 105 - 0 ID=c", "complement(join(90..94,98..100,1..5))"),
        ("CDS 1 5 + 0 ID=c\nCDS 98 100 + 0 ID=c", "join(98..100,1..5)"),
        ("CDS 98 100 - 0 ID=c\nCDS 1 5 - 0 ID=c", "complement(join(98..100,1..5))"),
        ("CDS 1 5 + 0 ID=c\nCDS 9 12 + 0 ID=c\nCDS 98 100 + 0 ID=c", "join(98..100,1..5,9..12)"),
        ("CDS 1 5 - 0 ID=c\nCDS 90 94 - 0 ID=c\nCDS 98 100 - 0 ID=c", "complement(join(90..94,98..100,1..5))"),
        ("CDS 2 5 + 0 ID=c\nCDS 98 100 + 0 ID=c", "join(2..5,98..100)"),
    ],
)
def test_a_cds_goes_round_the_origin_of_a_circle(text, expected):
    assert places(text, CIRCLE) == [expected]


def test_a_row_beyond_the_end_of_a_line_stays_as_it_was_written():
    assert places("CDS 98 105 + 0 ID=c", Region(100)) == ["98..105"]


def test_rows_at_both_ends_of_a_line_do_not_meet():
    assert places("CDS 1 5 + 0 ID=c\nCDS 98 100 + 0 ID=c", Region(100)) == ["join(1..5,98..100)"]


def test_the_phase_is_that_of_the_biologically_first_row():
    plus, minus = all_cds("CDS 1 5 + 2 ID=c\nCDS 7 9 + 0 ID=c\nCDS 11 15 - 0 ID=d\nCDS 17 20 - 1 ID=d")
    assert (plus.codon_start, minus.codon_start) == (3, 2)
    assert [cds.codon_start for cds in all_cds("CDS 1 5 + . ID=c")] == [1]


@pytest.mark.parametrize(
    ("strand", "told", "ends"),
    [("+", "partial=true;end_range=9,.", (False, True)), ("+", "partial=true;start_range=.,1", (True, False)),
     ("-", "partial=true;end_range=9,.", (True, False)), ("-", "partial=true;start_range=.,1", (False, True)),
     ("+", "partial=true", (False, False)), ("+", "end_range=9,.", (False, False)),
     ("+", "partial=01", (False, True)), ("+", "partial=10", (True, False)), ("+", "partial=11", (True, True)),
     ("-", "partial=01", (True, False)), ("-", "partial=10", (False, True)), ("+", "partial=00", (False, False))],
)  # fmt: skip
def test_open_ends_are_the_biological_ones(strand, told, ends):
    (cds,) = all_cds(f"CDS 1 9 {strand} 0 ID=c;{told}")
    assert (cds.partial_5, cds.partial_3) == ends
    assert (cds.location.partial_5, cds.location.partial_3) == ends


def test_only_the_outer_rows_open_a_cds():
    (cds,) = all_cds("CDS 1 3 + 0 ID=c;partial=true;start_range=.,1\nCDS 7 9 + 0 ID=c")
    assert cds.location.text == "join(<1..3,7..9)"
    (cds,) = all_cds("CDS 1 3 - 0 ID=c;partial=true;start_range=.,1\nCDS 7 9 - 0 ID=c")
    assert (cds.location.text, cds.partial_3) == ("complement(join(<1..3,7..9))", True)


@pytest.mark.parametrize(
    ("text", "pseudo"),
    [("CDS 1 9 + 0 ID=c;pseudo=true", True), ("CDS 1 9 + 0 ID=c;pseudo=false", False),
     ("gene 1 9 + . ID=g;pseudo=true\nCDS 1 9 + 0 ID=c;Parent=g", True),
     ("gene 1 9 + . ID=g;pseudogene=unknown\nmRNA 1 9 + . ID=t;Parent=g\nCDS 1 9 + 0 ID=c;Parent=t", True),
     ("pseudogene 1 9 + . ID=g\nCDS 1 9 + 0 ID=c;Parent=g", True),
     ("gene 1 9 + . ID=g\nCDS 1 9 + 0 ID=c;Parent=g", False),
     ("gene 1 9 + . ID=h;pseudo=true\nCDS 1 9 + 0 ID=c;Parent=g", False)],
)  # fmt: skip
def test_a_pseudogene_is_known_by_its_own_attributes_or_an_ancestors(text, pseudo):
    (cds,) = all_cds(text)
    assert cds.pseudo is pseudo


def test_names_come_from_the_cds_else_from_its_ancestors():
    (cds,) = all_cds(
        "gene 1 9 + . ID=g;Name=cox1;locus_tag=L1\nmRNA 1 9 + . ID=t;Parent=g;product=P1;Name=tt\n"
        "CDS 1 9 + 0 ID=c;Parent=t;protein_id=X1;product=P2"
    )
    assert (cds.gene, cds.locus_tag, cds.product, cds.protein_id) == ("cox1", "L1", "P2", "X1")


def test_exceptions_are_told():
    attributes = {"ID": ("c",), "exception": ("ribosomal slippage",), "transl_except": ("(pos:4..6", "aa:Sec)")}
    (group,) = group_cds([Row("s", "CDS", 1, 9, "+", 0, attributes)])
    cds = cds_of(group)
    assert (cds.exception, cds.transl_except[0].amino_acid) == ("ribosomal slippage", "SEC")


def test_a_cds_of_a_noncoding_rna_and_contradicting_phases_are_flagged():
    def noted(text):
        return [cds.noted for cds in all_cds(text)]

    assert noted("tRNA 1 9 + . ID=t\nCDS 1 9 + 0 ID=c;Parent=t") == [("parent_noncoding",)]
    for kind in ("mRNA", "transcript", "C_gene_segment"):
        assert noted(f"{kind} 1 9 + . ID=t\nCDS 1 9 + 0 ID=c;Parent=t") == [()]
    assert noted("CDS 1 4 + 0 ID=c\nCDS 7 11 + 2 ID=c") == [()]
    assert noted("CDS 1 4 - 1 ID=c\nCDS 7 11 - 0 ID=c") == [()]
    assert noted("CDS 1 4 + 0 ID=c\nCDS 7 11 + 1 ID=c") == [("phases_disagree",)]


def test_a_cds_without_a_strand_has_no_certain_letters():
    (cds,) = all_cds("CDS 1 9 . 0 ID=c")
    assert cds.location.unclear == "its strand is '.'"


def test_a_file_with_one_id_for_all_its_rows_is_grouped_in_linear_time():
    text = "".join(f"CDS {9 * k + 1} {9 * k + 9} + 0 ID=c\n" for k in range(20_000)) + "CDS 1 9 + 0 ID=c\n"
    given, begun = rows(text), time.process_time()
    (group,) = group_cds(given)
    assert len(group.rows) == 20_000
    assert time.process_time() - begun < 5  # 0.1 s; a comparison of each row with each other takes a minute


def test_parents_in_a_circle_end():
    (cds,) = all_cds("mRNA 1 9 + . ID=t;Parent=u\nmRNA 1 9 + . ID=u;Parent=t\nCDS 1 9 + 0 ID=c;Parent=t")
    assert cds.location.text == "1..9"


def test_a_region_tells_circle_taxon_and_organelle():
    (row,) = rows("region 1 100 + . ID=r;Is_circular=true;Dbxref=x:1,taxon:9606;genome=mitochondrion")
    assert region_of(row) == Region(100, circular=True, taxon="9606", organelle="mitochondrion")
    (row,) = rows("region 1 100 + . ID=r;genome=chromosome")
    assert region_of(row) == Region(100)


def test_versions_that_differ_are_told_by_name():
    check_seqids(["NC_1.1", "absent"], ["NC_1.1", "NC_2.1"])
    for annotated, sequence in (("NC_1", "NC_1.1"), ("NC_1.1", "NC_1"), ("NC_1.2", "NC_1.1")):
        with pytest.raises(InputError, match=f"of {annotated}, and the sequence is {sequence}"):
            check_seqids([annotated], [sequence])
