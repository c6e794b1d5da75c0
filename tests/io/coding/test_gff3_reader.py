"""The CDS of GFF3 have the letters that their rows name, base by base, whatever the rows look like."""

import bz2
import gzip
import lzma
import random

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from opengenome.annotation.cds import flags
from opengenome.annotation.rules import Rules, dropped
from opengenome.core.genetic_code import genetic_code
from opengenome.io.coding.interface import Codes
from tests.io.coding.gff3_files import SEQUENCE, cds_of, minus, plus, read, rows

GENE = "gene 1 60 + . ID=g;Name=abc\nmRNA 1 60 + . ID=t;Parent=g\npolypeptide 1 60 + . ID=p;Parent=t\n"
CIRCLE = "region 1 60 + . ID=r;Is_circular=true\n"

# (rows, letters of each CDS)
LETTERS = {
    "plus": ("CDS 4 9 + 0 ID=c", [plus(4, 9)]),
    "minus": ("CDS 4 9 - 0 ID=c", [minus(4, 9)]),
    "one base": ("CDS 4 4 + 0 ID=c", [plus(4, 4)]),
    "a one-base exon": ("CDS 4 4 + 0 ID=c\nCDS 8 9 + 2 ID=c", [plus(4, 4) + plus(8, 9)]),
    "plus, ascending": ("CDS 4 9 + 0 ID=c\nCDS 13 15 + 0 ID=c", [plus(4, 9) + plus(13, 15)]),
    "plus, descending": ("CDS 13 15 + 0 ID=c\nCDS 4 9 + 0 ID=c", [plus(4, 9) + plus(13, 15)]),
    "minus, ascending": ("CDS 4 9 - 0 ID=c\nCDS 13 15 - 0 ID=c", [minus(13, 15) + minus(4, 9)]),
    "minus, descending": ("CDS 13 15 - 0 ID=c\nCDS 4 9 - 0 ID=c", [minus(13, 15) + minus(4, 9)]),
    "part": (
        "CDS 4 9 - 0 ID=c;part=2/2\nCDS 13 15 + 0 ID=c;part=1/2",
        [plus(13, 15) + minus(4, 9)],
    ),
    "a part and a length of thousands of digits": (
        f"##sequence-region s 1 {'9' * 5000}\nCDS 4 9 + 0 ID=c;part={'9' * 5000}/2\nCDS 13 15 + 0 ID=c;part=1/2",
        [plus(4, 9) + plus(13, 15)],
    ),
    "trans-splicing": (
        "CDS 4 9 - 0 ID=c;exception=trans-splicing\nCDS 13 15 + 0 ID=c;exception=trans-splicing",
        [minus(4, 9) + plus(13, 15)],
    ),
    "slippage": ("CDS 4 9 + 0 ID=c\nCDS 9 14 + 0 ID=c", [plus(4, 9) + plus(9, 14)]),
    "slippage, minus": ("CDS 4 9 - 0 ID=c\nCDS 9 14 - 0 ID=c", [minus(9, 14) + minus(4, 9)]),
    "beyond the end of a circle": (CIRCLE + "CDS 58 63 + 0 ID=c", [plus(58, 60) + plus(1, 3)]),
    "beyond the end of a circle, minus": (CIRCLE + "CDS 58 63 - 0 ID=c", [minus(1, 3) + minus(58, 60)]),
    "two rows round the origin": (
        CIRCLE + "CDS 58 60 + 0 ID=c\nCDS 1 3 + 0 ID=c",
        [plus(58, 60) + plus(1, 3)],
    ),
    "no ID, two transcripts": (
        "mRNA 1 60 + . ID=t\nmRNA 1 60 + . ID=u\nCDS 4 9 + 0 Parent=t,u\nCDS 13 15 + 0 Parent=u",
        [plus(4, 9), plus(4, 9) + plus(13, 15)],
    ),
    "no ID, more transcripts than rows": (
        "mRNA 1 60 + . ID=t\nmRNA 1 60 + . ID=u\nmRNA 1 60 + . ID=v\nCDS 4 9 + 0 Parent=t,u;Parent=v",
        [plus(4, 9)] * 3,
    ),
    "mRNA and protein as Parents": (
        GENE + "CDS 4 9 + 0 Parent=t,p\nCDS 13 15 + 0 Parent=t,p",
        [plus(4, 9) + plus(13, 15)],
    ),
    "an ID for each row, as GeneDB": (
        GENE + "CDS 4 9 + 0 ID=c1;Parent=t\nCDS 13 15 + 0 ID=c2;Parent=t",
        [plus(4, 9) + plus(13, 15)],
    ),
    "the Parents last": ("CDS 4 9 + 0 Parent=t\nCDS 13 15 + 0 Parent=t\n" + GENE, [plus(4, 9) + plus(13, 15)]),
    "one ID for the CDS of two genes": (
        "gene 1 9 + . ID=g\ngene 13 20 + . ID=h\nCDS 4 9 + 0 ID=c;Parent=g\nCDS 13 15 + 0 ID=c;Parent=h",
        [plus(4, 9), plus(13, 15)],
    ),
    "a file that was appended to itself": ("CDS 4 9 + 0 ID=c\nCDS 4 9 + 0 ID=c", [plus(4, 9)]),
    "rows of GeneDB twice": (
        GENE + "CDS 4 9 + 0 ID=c1;Parent=t\nCDS 13 15 + 0 ID=c2;Parent=t\n" * 2,
        [plus(4, 9) + plus(13, 15)],
    ),
    "an accession as type": ("SO:0000316 4 9 + 0 ID=c", [plus(4, 9)]),
    "no CDS": (GENE, []),
}


@pytest.mark.parametrize(("text", "expected"), LETTERS.values(), ids=LETTERS)
def test_a_cds_has_the_letters_of_its_rows(tmp_path, text, expected):
    assert [one.letters.decode() for one in cds_of(tmp_path, text)] == expected


# (rows, its location, flags, the reason why it is dropped by default)
TOLD = {
    "phase 1": ("CDS 4 10 + 1 ID=c", "4..10", ("codon_start",), None),
    "phase 2": ("CDS 4 11 - 2 ID=c", "complement(4..11)", ("codon_start",), None),
    "phase 2 of the biologically first row": (
        "CDS 4 9 - 0 ID=c\nCDS 13 17 - 2 ID=c", "complement(join(4..9,13..17))", ("codon_start",), None,
    ),
    "phases of zero throughout, as GeneDB": (
        "CDS 4 10 + 0 ID=c\nCDS 13 17 + 0 ID=c", "join(4..10,13..17)", ("phases_disagree",), None,
    ),
    "a phase against the length": ("CDS 4 9 + 1 ID=c", "4..9", ("codon_start",), "length"),
    "partial": ("CDS 4 8 + 0 ID=c;partial=true;end_range=8,.", "4..>8", ("partial_3",), None),
    "partial, minus": ("CDS 4 8 - 0 ID=c;partial=true;start_range=.,4", "complement(<4..8)", ("partial_3",), None),
    "partial at 5'": ("CDS 4 8 - 0 ID=c;partial=true;end_range=8,.", "complement(4..>8)", ("partial_5",), "length"),
    "Prodigal": ("CDS 4 8 + 0 ID=c;partial=01", "4..>8", ("partial_3",), None),
    "Prodigal, whole": ("CDS 4 8 + 0 ID=c;partial=00", "4..8", (), "length"),
    "under a tRNA": ("tRNA 4 9 + . ID=t\nCDS 4 9 + 0 ID=c;Parent=t", "4..9", ("parent_noncoding",), None),
    "of a pseudogene": ("pseudogene 4 9 + . ID=g\nCDS 4 9 + 0 ID=c;Parent=g", "4..9", ("pseudo",), "pseudo"),
    "of a gene with pseudo": (
        "gene 4 9 + . ID=g;pseudo=true\nmRNA 4 9 + . ID=t;Parent=g\nCDS 4 9 + 0 ID=c;Parent=t", "4..9", ("pseudo",),
        "pseudo",
    ),
    "of a gene whose biotype is a pseudogene": (
        "gene 4 9 + . ID=g;biotype=polymorphic_pseudogene\nmRNA 4 9 + . ID=t;Parent=g\nCDS 4 9 + 0 ID=c;Parent=t",
        "4..9", ("pseudo",), "pseudo",
    ),
    "of a type that is a pseudogene": ("CDS 4 9 + 0 ID=c;gene_type=IG_V_pseudogene", "4..9", ("pseudo",), "pseudo"),
    "GENCODE, open at 3'": ("CDS 4 8 + 0 ID=c;tag=basic,cds_end_NF", "4..8", ("partial_3",), None),
    "GENCODE, open at 5'": (
        "CDS 4 8 - 2 ID=c;tag=cds_start_NF", "complement(4..8)", ("codon_start", "partial_5"), None,
    ),
    "Ensembl, open by the tag of its transcript": (
        "mRNA 4 8 + . ID=t;biotype=protein_coding;tag=cds_end_NF\nCDS 4 8 + 0 ID=c;Parent=t", "4..8",
        ("partial_3",), None,
    ),
    "an attribute pseudo without a value": ("CDS 4 9 + 0 ID=c;pseudo", "4..9", ("pseudo",), "pseudo"),
    "outside": ("CDS 58 63 + 0 ID=c", "58..63", (), "location"),
    "end before start": ("CDS 9 4 + 0 ID=c", "9..4", (), "location"),
    "no strand": ("CDS 4 9 . 0 ID=c", "4..9", (), "location"),
    "both strands, and nothing explains it": (
        "CDS 4 9 - 0 ID=c\nCDS 13 15 + 0 ID=c", "join(complement(4..9),13..15)", (), "location",
    ),
    "both strands": (
        "CDS 4 9 - 0 ID=c;exception=trans-splicing\nCDS 13 15 + 0 ID=c;exception=trans-splicing",
        "join(complement(4..9),13..15)", ("both_strands", "exception"), None,
    ),
    "slippage": (
        "CDS 4 9 + 0 ID=c;exception=ribosomal slippage\nCDS 9 14 + 0 ID=c;exception=ribosomal slippage",
        "join(4..9,9..14)", ("exception", "overlap"), None,
    ),
    "a row twice": ("CDS 4 9 + 0 ID=c\nCDS 4 9 + 0 ID=c", "4..9", ("repeated_row",), None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "location", "marks", "reason"), TOLD.values(), ids=TOLD)
def test_what_is_unusual_is_told(tmp_path, text, location, marks, reason):
    (one,) = cds_of(tmp_path, text)
    drop = dropped(one, Rules())
    assert (one.cds.location.text, drop and drop.reason.value) == (location, reason)
    assert set(marks) == set(flags(one.cds, one.placed))


def test_a_cds_is_of_the_taxon_of_the_shortest_region_around_it(tmp_path):
    regions = "region 1 60 + . ID=r;Dbxref=taxon:1\nregion 31 60 + . ID=q;Dbxref=taxon:2;genome=plastid\n"
    found = cds_of(tmp_path, regions + "CDS 4 9 + 0 ID=a\nCDS 34 39 - 0 ID=b\nCDS 28 33 + 0 ID=c")
    assert [(one.cds.taxon, one.cds.organelle) for one in found] == [("1", ""), ("2", "plastid"), ("1", "")]


def test_blanks_at_the_end_of_a_row_belong_to_no_attribute(tmp_path):
    (one,) = cds_of(tmp_path, "CDS 4 9 + 0 ID=a;Parent=g  \ngene 4 9 + . ID=g;pseudo=true")
    assert one.cds.pseudo


def test_rows_with_an_empty_parent_have_none_in_common(tmp_path):
    found = cds_of(tmp_path, "CDS 4 9 + 0 Parent=;gene=a\nCDS 13 18 + 0 Parent=;gene=b")
    assert [one.cds.location.text for one in found] == ["4..9", "13..18"]


def test_a_cds_is_told_with_its_names_and_those_of_its_sequence(tmp_path):
    text = (
        "##sequence-region s 1 60\n##species https://www.ncbi.nlm.nih.gov/Taxonomy/Browser/wwwtax.cgi?id=4932\n"
        "region 1 60 + . ID=s:1..60;Dbxref=taxon:559292;genome=mitochondrion;Is_circular=true;organism=A%20b\n"
        "gene 4 15 + . ID=g;locus_tag=L1;gene=cox1\nmRNA 4 15 + . ID=t;Parent=g\n"
        "CDS 4 9 + 0 ID=c;Parent=t;protein_id=P.1;product=a, b%2C 50%25 %C3%A9;transl_table=3;Dbxref=x:1\n"
        "CDS 13 15 + 0 ID=d;Parent=g;Note=it's\n"
    )
    first, second = (one.cds for one in cds_of(tmp_path, text))
    assert (first.seq_id, second.seq_id) == ("s_cds_P.1_1", "s_cds_2")
    assert (first.record, first.gene, first.locus_tag, first.gene_id) == ("s", "cox1", "L1", "g")
    assert (first.product, first.organism, first.taxon, first.organelle) == (
        "a, b, 50% é", "A b", "559292", "mitochondrion",
    )  # fmt: skip
    assert (first.genetic_code, first.code_source) == (3, "annotation")
    assert (second.genetic_code, second.code_source, second.gene_id) == (1, "parameter", "g")


def test_the_taxon_of_a_species_directive_is_that_of_the_sequences_after_it(tmp_path):
    first, second = (
        rows(f"##species {url}\nCDS 4 9 + 0 ID=c", name)
        for name, url in (("a", "http://www.ncbi.nlm.nih.gov/Taxonomy/Browser/wwwtax.cgi?id=1"), ("b", "Homo sapiens"))
    )
    found = read(tmp_path, "##gff-version 3\n" + first + second, f">a\n{SEQUENCE}\n>b\n{SEQUENCE}\n")
    assert [(cds[0].cds.taxon, cds[0].cds.organism) for _, cds in found] == [("1", ""), ("", "Homo sapiens")]


def test_the_code_is_that_of_the_annotation_else_of_the_samplesheet_else_of_the_run(tmp_path):
    codes = Codes(4, genetic_code(11))
    text = "CDS 4 9 + 0 ID=c;transl_table=2\nCDS 4 9 + 0 ID=d"
    assert [(one.code.id, one.cds.code_source) for one in cds_of(tmp_path, text, codes=codes)] == [
        (2, "annotation"), (4, "samplesheet"),
    ]  # fmt: skip
    (_, one) = cds_of(tmp_path, text, codes=Codes(0, genetic_code(11)))
    assert (one.code.id, one.cds.code_source) == (11, "parameter")


def test_prodigal_names_its_code_in_a_comment(tmp_path):
    text = (
        '# Sequence Data: seqnum=1;seqlen=60;seqhdr="s of a test"\n'
        '# Model Data: version=Prodigal.v2.6.3;run_type=Single;model="Ab initio";gc_cont=50;transl_table=25;uses_sd=1\n'
        "CDS 4 9 + 0 ID=1_1;partial=00"
    )
    (one,) = cds_of(tmp_path, text)
    assert (one.code.id, one.cds.code_source) == (25, "annotation")


TWO = ">b of a test\nACGT\nACGT\n\n>s\n" + SEQUENCE + "\n>empty\n"


def test_every_record_is_found_once_in_the_order_of_the_fasta(tmp_path):
    text = "##gff-version 3\n" + rows("CDS 4 9 + 0 ID=c\nCDS 13 15 + 0 ID=c") + rows("CDS 1 3 + 0 ID=d", "b")
    found = read(tmp_path, text, TWO)
    told = [(record.record, record.line, record.features, len(cds)) for record, cds in found]
    assert told == [("b", 1, 1, 1), ("s", 5, 2, 1), ("empty", 7, 0, 0)]


def test_cds_of_a_sequence_that_the_fasta_lacks_are_found_and_have_no_place(tmp_path):
    text = "##gff-version 3\n" + rows("CDS 4 9 + 0 ID=c") + rows("#\nCDS 4 9 + 0 ID=c\nCDS 4 9 + 0 ID=d", "gone")
    (_, here), (record, gone) = read(tmp_path, text, f">s\n{SEQUENCE}\n")
    assert [dropped(one, Rules()) for one in here] == [None]
    assert (record.record, record.line, record.features) == ("gone", 4, 2)
    for one in gone:
        drop = dropped(one, Rules(frozenset()))
        assert (drop.reason.value, drop.detail) == ("location", "its sequence, gone, is not in the FASTA a.fna")
    assert [one.cds.seq_id for one in gone] == ["gone_cds_1", "gone_cds_2"]


GFF3 = "##gff-version 3\n##sequence-region s 1 60\n" + rows(GENE + "CDS 4 9 + 0 ID=c;Parent=t;product=p%20q") + "###\n"
FASTA = f">s a\n{SEQUENCE[:30]}\n{SEQUENCE[30:]}\n"
FILES = {
    "two files": (GFF3, FASTA),
    "a section": (GFF3 + "##FASTA\n" + FASTA,),
    "a section with blanks before it": (GFF3 + "##FASTA \n\n" + FASTA,),
    "a header alone begins the section": (GFF3 + FASTA,),
    "its own file wins": (GFF3 + "##FASTA\n>s\nACGT\n", FASTA),
    "lines of DOS": (GFF3.replace("\n", "\r\n"), FASTA.replace("\n", "\r\n")),
    "lines of DOS and a section": ((GFF3 + "##FASTA\n" + FASTA).replace("\n", "\r\n"),),
    "lines of an old Mac": (GFF3.replace("\n", "\r"), FASTA.replace("\n", "\r")),
    "lines of an old Mac and a section": ((GFF3 + "##FASTA\n" + FASTA).replace("\n", "\r"),),
    "a byte order mark": ("\ufeff" + GFF3, "\ufeff" + FASTA),
    "no last line end": (GFF3.rstrip(), FASTA.rstrip()),
    "blank lines and comments": (GFF3.replace("\n", "\n\n \n# c\n#!x\n"), FASTA),
    "no first line": (GFF3.split("\n", 1)[1], FASTA),
    "bytes that are not UTF-8": (GFF3.encode().replace(b"abc", b"a\xe9c\xff"), FASTA),
    "an escaped name": (GFF3.replace("\ns\t", "\n%73\t"), FASTA),
    "lower case and U": (GFF3, FASTA.replace("T", "u").replace("A", "a")),
    "gzip": (gzip.compress(GFF3.encode()), gzip.compress(FASTA.encode())),
    "gzip of a section": (gzip.compress((GFF3 + "##FASTA\n" + FASTA).encode()),),
    "bzip2 and plain": (bz2.compress(GFF3.encode()), FASTA),
    "plain and xz": (GFF3, lzma.compress(FASTA.encode())),
    "zstd": (zstd.compress(GFF3.encode()), zstd.compress(FASTA.encode())),
}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_whatever_the_files_look_like_their_cds_is_the_same(tmp_path, files):
    ((record, (one,)),) = read(tmp_path, *files)
    assert (record.record, record.features, one.text) == ("s", 1, plus(4, 9))
    assert one.cds.product == "p q"


@pytest.mark.parametrize("block", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("kind", ["a section", "lines of DOS and a section", "lines of an old Mac and a section"])
def test_where_a_block_ends_changes_nothing(tmp_path, monkeypatch, block, kind):
    from opengenome.io.coding import gff3_text  # noqa: PLC0415

    monkeypatch.setattr(gff3_text, "_BLOCK_BYTES", block)
    ((record, (one,)),) = read(tmp_path, *FILES[kind])
    assert (record.line, record.features, one.text) == (9, 1, plus(4, 9))


def test_rows_that_wait_compressed_are_all_there(tmp_path, monkeypatch):
    from opengenome.io.coding import gff3_rows  # noqa: PLC0415

    monkeypatch.setattr(gff3_rows, "_PACKED_BYTES", 100)
    many = "\n".join(f"CDS {n} {n + 5} + 0 ID=c{n}" for n in range(1, 50))
    assert [one.letters.decode() for one in cds_of(tmp_path, many)] == [plus(n, n + 5) for n in range(1, 50)]


def test_a_record_longer_than_a_block_has_all_its_letters(tmp_path):
    letters = "".join(random.Random(3).choices("ACGTN", k=3_000_000))  # noqa: S311
    lines = "\n".join(letters[at : at + 71] for at in range(0, len(letters), 71))
    text = "##gff-version 3\n" + rows("CDS 1048570 1048590 + 0 ID=c\nCDS 2999998 3000000 + 0 ID=d")
    ((_, (first, second)), (other, _)) = read(tmp_path, text, f">s\n{lines}\n>t\nACG\n")
    assert (first.letters.decode(), second.letters.decode()) == (letters[1048569:1048590], letters[2999997:])
    assert other.line == 2 + len(lines.split("\n"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_order_of_the_rows_changes_nothing_but_the_order_of_the_cds(tmp_path_factory, data):
    # Rows on both strands without part= have no order but the file's.
    names = sorted(name for name in LETTERS if name not in ("trans-splicing", "no CDS"))
    text, expected = LETTERS[data.draw(st.sampled_from(names))]
    shuffled = data.draw(st.permutations(text.strip().split("\n")))
    found = cds_of(tmp_path_factory.mktemp("a"), "\n".join(shuffled))
    assert sorted(one.letters.decode() for one in found) == sorted(expected)
