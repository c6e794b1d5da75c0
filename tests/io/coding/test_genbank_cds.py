"""Each kind of location and qualifier, with the letters it must give, base by base."""

import pytest

from opengenome.annotation.cds import flags
from opengenome.core.genetic_code import genetic_code
from opengenome.io.coding import genbank
from opengenome.io.coding.interface import Codes
from tests.io.coding.genbanks import LETTERS, feature, only, read, reason, record

CIRCLE = "90 bp    DNA     circular UNK 01-JAN-1980"
OTHER_STRAND = dict(zip("acgt", "tgca", strict=True))


def up(first, last):
    return list(range(first, last + 1))


def down(first, last):
    return [-base for base in range(first, last - 1, -1)]


# Location: the bases it must give, from 1, negative on the other strand; and flags that it must have.
PLACES = {
    "4..9": (up(4, 9), ()),
    "complement(4..9)": (down(9, 4), ()),
    "join(1..3,7..9)": (up(1, 3) + up(7, 9), ()),
    "complement(join(1..3,7..9))": (down(9, 7) + down(3, 1), ()),
    "join(complement(7..9),complement(1..3))": (down(9, 7) + down(3, 1), ()),
    "order(1..3,7..9)": (up(1, 3) + up(7, 9), ("order",)),
    "join(complement(7..9),20..25)": (down(9, 7) + up(20, 25), ("both_strands",)),
    "join(20..25,complement(7..9))": (up(20, 25) + down(9, 7), ("both_strands",)),
    "join(4,7..8)": ([4, 7, 8], ()),
    "join(4..4,7..8)": ([4, 7, 8], ()),
    "complement(join(4,7..8))": ([-8, -7, -4], ()),
    "join(1..6,6..11)": (up(1, 6) + up(6, 11), ("overlap",)),
    "join(7..9,1..3)": (up(7, 9) + up(1, 3), ("out_of_order",)),
    "<1..9": (up(1, 9), ("partial_5",)),
    "1..>9": (up(1, 9), ("partial_3",)),
    "complement(<1..9)": (down(9, 1), ("partial_3",)),
    "join(<1,5..9)": ([1, *up(5, 9)], ("partial_5",)),
    "join(1..3,>5)": ([1, 2, 3, 5], ("partial_3",)),
    "(1.3)..9": (up(1, 9), ("uncertain_end",)),
    "one-of(3,9)..20": (up(3, 20), ("uncertain_end",)),
    "1 .. 3": (up(1, 3), ()),
    "join(1..3, 5..9)": (up(1, 3) + up(5, 9), ()),
    "join(1..3,\n5..9)": (up(1, 3) + up(5, 9), ()),
    "join(1..\n3,5..9)": (up(1, 3) + up(5, 9), ()),
    "X1.2:4..9": (up(4, 9), ()),
    "X1:4..9": (up(4, 9), ()),
    "join(W7:4..6,7..9)": (up(4, 9), ()),
}
ROUND = {
    "join(88..90,1..6)": up(88, 90) + up(1, 6),
    "88..6": up(88, 90) + up(1, 6),
    "complement(88..6)": down(6, 1) + down(90, 88),
    "complement(join(88..90,1..6))": down(6, 1) + down(90, 88),
}
NOWHERE = [
    "Y9.1:1..9", "join(1..3,Y9.1:7..9)", "1..", "..9", "3.9", "0..3", "85..99", "9..4", "4^5", "hello", "1..3 4..6",
    "join(1..3,gap(5),7..9)", "join(1..3,gap(),7..9)", "one-of(1..3,4..9)", "bond(1,9)", "join(1..3,7..9", "1..9)",
]  # fmt: skip


def letters_at(bases):
    return "".join(LETTERS[base - 1] if base > 0 else OTHER_STRAND[LETTERS[-base - 1]] for base in bases).encode()


@pytest.mark.parametrize("location", PLACES)
def test_a_cds_has_the_letters_of_its_location(tmp_path, location):
    bases, told = PLACES[location]
    spliced = only(tmp_path, record(feature(location, 'gene="g"')))
    assert spliced.letters == letters_at(bases)
    assert set(flags(spliced.cds, spliced.placed)) == set(told)
    assert spliced.cds.location.text == "".join(location.split())


@pytest.mark.parametrize("location", ROUND)
def test_a_cds_of_a_circle_goes_round_its_origin(tmp_path, location):
    assert only(tmp_path, record(feature(location), locus=CIRCLE)).letters == letters_at(ROUND[location])


@pytest.mark.parametrize("location", NOWHERE)
def test_a_cds_whose_place_cannot_be_told_is_dropped_for_its_location_and_no_other_is(tmp_path, location):
    [(found, cds)] = read(tmp_path, record(feature(location), feature("4..9")))
    assert [reason(spliced) for spliced in cds] == ["location", ""]
    assert cds[0].letters == b""
    assert found.features == 2


# A gene of nine codons, whose third is a stop of the standard code; 28 bases with an unfinished stop at the end.
GENE = "atggcctgagcagcagcagcagcatat"


@pytest.mark.parametrize(
    ("location", "qualifiers", "why"),
    [
        ("1..27", [], "internal_stop"),
        ("1..27", ["transl_table=4"], ""),
        ("1..27", ["transl_except=(pos:7..9,aa:Sec)"], ""),
        ("1..27", ["transl_except=(pos:7..\n9,aa:Sec)"], ""),
        ("1..27", ["transl_except=(pos:10..12,aa:Sec)"], "internal_stop"),
        ("1..27", ['exception="RNA editing"'], ""),
        ("1..27", ['exception="ribosomal\nslippage"'], "internal_stop"),
        ("1..27", ["ribosomal_slippage"], "internal_stop"),
        ("1..27", ["pseudo"], "pseudo"),
        ("1..27", ['pseudogene="unknown"'], "pseudo"),
        ("10..27", ["codon_start=1"], ""),
        ("9..27", ["codon_start=2"], ""),
        ("8..27", ["codon_start=3"], ""),
        ("8..27", ['codon_start="3"'], ""),
        ("8..27", ["codon_start=2"], "length"),
        ("10..>26", [], ""),
        ("10..26", [], "length"),
        ("10..25", ["transl_except=(pos:25,aa:TERM)"], ""),
        ("10..26", ["transl_except=(pos:25..26,aa:TERM)"], ""),
        ("complement(join(1..3,10..27))", ["transl_except=(pos:complement(1..3),aa:Met)"], ""),
    ],
)
def test_qualifiers_explain_or_drop_a_cds(tmp_path, location, qualifiers, why):
    assert reason(only(tmp_path, record(feature(location, *qualifiers), letters=GENE))) == why


def test_the_code_is_that_of_the_annotation_else_of_the_samplesheet_else_of_the_run(tmp_path):
    text = record(feature("1..9", "transl_table=11"), feature("1..9"))
    for codes, told in [
        (Codes(0, genetic_code(5)), [(11, "annotation"), (5, "parameter")]),
        (Codes(4, genetic_code(5)), [(11, "annotation"), (4, "samplesheet")]),
    ]:
        [(_, cds)] = read(tmp_path, text, codes=codes)
        assert [(one.cds.genetic_code, one.cds.code_source) for one in cds] == told
        assert [one.code.id for one in cds] == [code for code, _ in told]


def test_a_cds_tells_its_names_its_record_and_its_source(tmp_path):
    source = feature(
        "1..90", 'organism="Homo\nsapiens"', 'organelle="plastid:chloroplast"', 'db_xref="BOLD:1"',
        'db_xref="taxon:9606"', key="source",
    )  # fmt: skip
    told = ('gene="a"', 'locus_tag="T_1"', 'product="a long\nname ""x"""', 'protein_id="P.1"', "trans_splicing")
    [(_, [one, two])] = read(tmp_path, record(source, feature("1..9", *told), feature("4..9", 'gene="b"')))
    cds = one.cds
    assert (cds.seq_id, cds.record, two.cds.seq_id) == ("X1.2_cds_P.1_1", "X1.2", "X1.2_cds_2")
    assert (cds.gene, cds.locus_tag, cds.product, cds.protein_id) == ("a", "T_1", 'a long name "x"', "P.1")
    assert (cds.organism, cds.taxon, cds.organelle) == ("Homo sapiens", "9606", "plastid:chloroplast")
    assert (cds.gene_id, two.cds.gene_id) == ("T_1", "")
    assert cds.noted == ("trans_splicing",)


def test_a_cds_is_of_the_organism_of_the_shortest_source_around_it(tmp_path):
    host = feature("1..90", 'organism="Host"', 'db_xref="taxon:1"', key="source")
    virus = feature("complement(31..60)", 'organism="Virus"', 'organelle="plastid"', 'db_xref="taxon:2"', key="source")
    places = ("1..9", "join(31..33,55..60)", "complement(40..48)", "25..33", "join(61..63,1..3)")
    [(_, cds)] = read(tmp_path, record(host, virus, *map(feature, places)))
    host, virus = ("Host", "1", ""), ("Virus", "2", "plastid")
    told = [(one.cds.organism, one.cds.taxon, one.cds.organelle) for one in cds]
    assert told == [host, virus, virus, host, host]


def test_a_cds_outside_of_all_sources_is_of_the_organism_of_the_first(tmp_path):
    sources = [feature(at, f'organism="{name}"', key="source") for name, at in (("A", "1..30"), ("B", "31..60"))]
    [(_, cds)] = read(tmp_path, record(*sources, feature("28..36"), feature("70..78"), feature("40..48")))
    assert [one.cds.organism for one in cds] == ["A", "A", "B"]


@pytest.mark.parametrize("head", ["SOURCE      .\n  ORGANISM  .\n", "  ORGANISM  .\nCOMMENT     x\n", ""])
def test_a_dot_is_no_version_and_no_organism(tmp_path, head):
    text = record(feature("1..9"), head=head).replace("VERSION     X1.2", "VERSION     .")
    cds = only(tmp_path, text).cds
    assert (cds.record, cds.seq_id, cds.organism) == ("X1", "X1_cds_1", "")


def test_the_organism_may_be_the_last_line_of_the_header(tmp_path):
    cds = only(tmp_path, record(feature("1..9"), head="SOURCE\n  ORGANISM  Zea mays\n")).cds
    assert cds.organism == "Zea mays"


def test_the_organism_is_that_of_the_header_where_no_source_names_one(tmp_path):
    names = [
        "ORGANISM  Escherichia coli str.",
        "          K-12 of a long name",
        "          Bacteria; A;",
        "          B.",
    ]
    head = "".join(f"  {line}\n" for line in ("", *names))
    cds = only(tmp_path, record(feature("1..9"), head=head)).cds
    assert cds.organism == "Escherichia coli str. K-12 of a long name"


@pytest.mark.parametrize(
    ("gene", "pseudo"),
    [
        (feature("1..9", 'locus_tag="t"', "pseudo", key="gene"), True),
        (feature("1..9", 'locus_tag="t"', 'pseudogene="unitary"', key="gene"), True),
        (feature("1..9", 'gene="g"', "pseudo", key="gene"), True),
        (feature("1..9", "pseudo", key="gene"), True),
        (feature("1..8", "pseudo", key="gene"), False),
        (feature("1..9", 'locus_tag="u"', "pseudo", key="gene"), False),
        (feature("1..9", 'locus_tag="t"', key="gene") + feature("20..30", 'gene="g"', "pseudo", key="gene"), False),
        (feature("20..30", 'locus_tag="t"', "pseudo", key="gene"), False),
        (feature("1..9", 'gene="h"', "pseudo", key="gene"), False),
    ],
)
def test_a_cds_is_pseudo_where_its_own_gene_is(tmp_path, gene, pseudo):
    assert only(tmp_path, record(gene, feature("1..9", 'locus_tag="t"', 'gene="g"'))).cds.pseudo is pseudo


def test_a_cds_is_held_against_the_pseudogenes_that_may_be_its_gene_and_no_other(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(genbank, "_is_of", lambda gene, *_: asked.append(gene) or True)
    genes = [feature("1..9", f'gene="g{k}"', "pseudo", key="gene") for k in range(50)]
    [(_, found)] = read(tmp_path, record(*genes, *(feature("10..18", f'gene="g{k}"') for k in range(40, 60))))
    assert [one.cds.pseudo for one in found] == [True] * 10 + [False] * 10
    assert len(asked) == 10
