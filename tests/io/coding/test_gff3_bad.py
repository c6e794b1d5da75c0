"""A GFF3 that cannot be read is refused in a sentence with file, line and advice."""

import gzip

import pytest

from opengenome.errors import InputError
from tests.io.coding.gff3_files import SEQUENCE, cds_of, read, rows

FASTA = f">s\n{SEQUENCE}\n"
VERSION = "##gff-version 3\n"
GTF = 's\tt\tCDS\t4\t9\t.\t+\t0\tgene_id "a"; transcript_id "b";\n'
GOOD = rows("CDS 4 9 + 0 ID=c")

# files, what the message says, where: file, line, record; a part of the advice
BAD = {
    "no sequence": ((VERSION + GOOD,), "has no sequences", ("a.gff3", None, None), "##FASTA"),
    "an empty section": ((VERSION + GOOD + "##FASTA\n",), "None of the sequences", ("a.gff3", None, None), "FASTA"),
    "an empty FASTA": ((VERSION + GOOD, ""), "the FASTA no sequence", ("a.gff3", None, None), "FASTA"),
    "GTF": ((VERSION + GTF, FASTA), 'those of GTF or GFF2: gene_id "a"', ("a.gff3", 2, None), "gffread"),
    "GFF2": (("##gff-version 2\n" + GOOD, FASTA), "This is not GFF3: ##gff-version 2", ("a.gff3", 1, None), "gffread"),
    "no attributes of GFF3": (
        (VERSION + rows("CDS 4 9 + 0 abc"), FASTA), "not those of GFF3: abc", ("a.gff3", 2, None), "name=value",
    ),
    "eight columns": (
        (VERSION + "s\tt\tCDS\t4\t9\t.\t+\t0\n", FASTA), "A row has 8 columns", ("a.gff3", 2, None), "truncated",
    ),
    "torn": ((VERSION + GOOD + GOOD[:12], FASTA), "A row has", ("a.gff3", 3, None), "truncated"),
    "torn after blank lines of DOS": (
        ((VERSION + "\n\n" + GOOD + GOOD[:12]).replace("\n", "\r\n"), FASTA), "A row has", ("a.gff3", 5, None), "trunc",
    ),
    "a place of thousands of digits": (
        (VERSION + rows(f"CDS 4 {'9' * 5000} + 0 ID=c"), FASTA),
        "(5,002 characters), and not two numbers", ("a.gff3", 2, "s"), "",
    ),
    "ten columns": (
        (VERSION + GOOD.rstrip() + "\tx\n", FASTA), "A row has 10 columns", ("a.gff3", 2, None), "%09",
    ),
    "a CDS of no sequence": (
        (VERSION + GOOD + GOOD.removeprefix("s"), FASTA), "names no sequence", ("a.gff3", 3, None), "",
    ),
    "blanks for tabs": (
        (VERSION + GOOD.replace("\t", "  "), FASTA), "A row has 1 column,", ("a.gff3", 2, None), "separated by tabs",
    ),
    "a start that is no number": (
        (VERSION + rows("CDS x 9 + 0 ID=c"), FASTA), "are 'x' and '9'", ("a.gff3", 2, "s"), "",
    ),
    "a CDS in small letters": (
        (VERSION + GOOD + rows("cds 4 9 + 0 ID=d"), FASTA), "The feature type is 'cds', not CDS", ("a.gff3", 3, None),
        "capital letters",
    ),
    "a phase of 3": ((VERSION + rows("CDS 4 9 + 3 ID=c"), FASTA), "phase of a CDS is '3'", ("a.gff3", 2, "s"), ""),
    "no such code": (
        (VERSION + rows("CDS 4 9 + 0 ID=c;transl_table=7"), FASTA), "transl_table='7'", ("a.gff3", 2, "s"), "They are",
    ),
    "a transl_except that cannot be read": (
        (VERSION + rows("CDS 4 9 + 0 ID=c;transl_except=abc"), FASTA), "transl_except='abc'", ("a.gff3", 2, "s"), "",
    ),
    "another version of the sequence": (
        (VERSION + rows("CDS 4 9 + 0 ID=c", "NC_1"), FASTA.replace("s", "NC_1.1")),
        "The annotation is of NC_1, and the sequence is NC_1.1", ("a.gff3", None, "NC_1"), "same version",
    ),
    "another version of one sequence of two": (
        (VERSION + GOOD + rows("CDS 4 9 + 0 ID=c", "NC_1.2"), FASTA + ">NC_1.1\nACGT\n"),
        "The annotation is of NC_1.2, and the sequence is NC_1.1", ("a.gff3", None, "NC_1.2"), "same version",
    ),
    "other names": (
        (VERSION + GOOD, FASTA.replace("s", "chr1") + ">chr2\nA\n"),
        "is in the FASTA a.fna: the annotation has s, and the FASTA chr1, chr2", ("a.gff3", None, None), "same names",
    ),
    "a sequence that occurs twice": (
        (VERSION + GOOD, FASTA + FASTA), "occurs twice in the FASTA", ("a.fna", 3, "s"), "Leave one",
    ),
    "a shorter sequence": (
        (VERSION + "##sequence-region s 1 70\n" + GOOD, FASTA), "of 70 bases, and that in the FASTA has 60",
        ("a.fna", 1, "s"), "one assembly",
    ),
    "a circle of another length": (
        (VERSION + rows("region 1 50 + . ID=r;Is_circular=true") + GOOD, FASTA),
        "of 50 bases, and that in the FASTA has 60", ("a.fna", 1, "s"), "one assembly",
    ),
    "a letter that is none": (
        (VERSION + GOOD, FASTA + ">t\nACGT\nAC!T\n"), "'!' is not an IUPAC", ("a.fna", 5, "2 (t)"), "Nucleotides",
    ),
    "a letter that is none in a section": (
        (VERSION + GOOD + "##FASTA\n" + FASTA + ">t\nACGT\nAC!T\n",),
        "'!' is not an IUPAC", ("a.gff3", 8, "2 (t)"), "Nucleotides",
    ),
    "text before the first header": (
        (VERSION + GOOD, "hello\n" + FASTA), "text before the first header", ("a.fna", 1, None), "begins with '>'",
    ),
    "protein": ((VERSION + GOOD, ">s\nMKVLE\n"), "not an IUPAC", ("a.fna", 2, "1 (s)"), "protein"),
    "a truncated gzip": (
        (gzip.compress((VERSION + GOOD * 5000).encode())[:-9], FASTA), "is truncated", ("a.gff3", None, None), "again",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "message", "where", "advice"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_its_place(tmp_path, files, message, where, advice):
    with pytest.raises(InputError) as caught:
        read(tmp_path, *files)
    error = caught.value
    assert message in error.message
    place = (str(error.where["file"]).rpartition("/")[2], error.where.get("line"), error.where.get("record"))
    assert place == where
    assert advice in error.advice


def test_a_line_that_does_not_end_is_refused_in_bounded_memory(tmp_path, monkeypatch):
    from opengenome.io.coding import gff3_text  # noqa: PLC0415

    monkeypatch.setattr(gff3_text, "_LONGEST_LINE", 1 << 16)
    with pytest.raises(InputError, match="A line is longer than 65,536 bytes"):
        read(tmp_path, VERSION + "x" * (3 << 20), FASTA)


def test_one_id_in_two_sequences_is_two_cds(tmp_path):
    text = VERSION + GOOD + rows("CDS 4 9 - 0 ID=c", "t")
    found = read(tmp_path, text, FASTA + FASTA.replace("s", "t"))
    assert [one.cds.location.text for _, cds in found for one in cds] == ["4..9", "complement(4..9)"]


def test_a_length_that_fits_is_no_reason_to_refuse(tmp_path):
    for told in ("##sequence-region s 1 60", "##sequence-region s 1 50", "##sequence-region s 5", "##species x"):
        assert len(cds_of(tmp_path, f"{told}\nCDS 4 9 + 0 ID=c")) == 1
