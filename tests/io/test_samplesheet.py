"""A samplesheet gives the files, units and samples of its rows, or tells everything that is wrong with it."""

from __future__ import annotations

import gzip

import pytest

from opengenome.core.model import Mode
from opengenome.io import samplesheet
from opengenome.io.paths import path_of
from opengenome.io.schemas import Unit
from tests.io.samplesheets import FASTA, GFF, HEADER, names, read, refused


def test_each_row_gives_a_unit_of_its_files_and_its_code(put):
    rows = "one,,,a.gb,11,\ntwo,a.fa,a.gff,,,\nthree,b.fa,,,4,\n"
    sheet = read(put("sheet.csv", HEADER + rows))
    assert names(sheet) == ["a.gb", "a.gff", "a.fa", "b.fa"]
    assert sheet.units == (Unit("genbank", 1, 11), Unit("gff3", 2, 0), Unit("cds_fasta", 1, 4))
    assert [(sample.name, sample.files) for sample in sheet.samples] == [
        ("one", (0,)),
        ("two", (1, 2)),
        ("three", (3,)),
    ]


def test_a_code_is_read_as_pandas_writes_it_in_a_column_with_an_empty_cell(put):
    sheet = read(put("sheet.csv", HEADER + "one,,,a.gb,11.0,\ntwo,b.fa,,,04,\nthree,a.fa,a.gff,,,\n"))
    assert [unit.genetic_code for unit in sheet.units] == [11, 4, 0]
    assert [sample.columns["genetic_code"] for sample in sheet.samples] == ["11", "4", ""]


def test_all_columns_but_sample_and_files_belong_to_the_sample(put):
    sheet = read(put("sheet.csv", "sample,habitat,fasta,group,genetic_code\none,sea,a.fa,x,4\ntwo,,b.fa,,\n"))
    assert [sample.columns for sample in sheet.samples] == [
        {"habitat": "sea", "group": "x", "genetic_code": "4"},
        {"habitat": "", "group": "", "genetic_code": ""},
    ]


@pytest.mark.parametrize(
    "how", ["plain", "mark", "tabs", "semicolons", "DOS", "Mac", "quotes", "blanks", "short rows", "columns"]
)
def test_a_sheet_is_read_however_a_spreadsheet_writes_it(put, how):
    text = HEADER + "one,a.fa,,,,x\n"
    written = {
        "plain": text,
        "mark": "\ufeff" + text,
        "tabs": text.replace(",", "\t"),
        "semicolons": text.replace(",", ";"),
        "DOS": text.replace("\n", "\r\n"),
        "Mac": text.replace("\n", "\r"),
        "quotes": text.replace("one", '"one"').replace("a.fa", '"a.fa"'),
        "blanks": "\n" + text.replace(",", "\t ") + "\t\t\n\n",
        "short rows": HEADER + "one,a.fa\n",
        "columns": text.replace("\n", ",,\n"),
    }[how]
    sheet = read(put("sheet.tsv", written))
    assert names(sheet) == ["a.fa"]
    assert (sheet.samples[0].name, sheet.samples[0].columns) == (
        "one",
        {"genetic_code": "", "group": "" if how == "short rows" else "x"},
    )


def test_rows_of_one_sample_have_its_name_and_metadata_and_codes_of_their_own(put):
    sheet = read(put("sheet.csv", HEADER + "one,a.fa,,,1,x\ntwo,,,a.gb,,y\none,b.fa,,,2,x\n"))
    assert [(sample.name, sample.files, sample.columns["group"]) for sample in sheet.samples] == [
        ("one", (0,), "x"),
        ("two", (1,), "y"),
        ("one", (2,), "x"),
    ]
    assert [unit.genetic_code for unit in sheet.units] == [1, 0, 2]


def test_paths_are_relative_to_the_sheet_absolute_or_uris(put, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    there = put("deep/er.fa")
    sheet = put(
        "sheet.csv", f"sample,fasta\none,deep/er.fa\ntwo,{tmp_path}/in/a.fa\nthree,{(tmp_path / 'in/b.fa').as_uri()}\n"
    )
    assert [path_of(file.path) for file in read(sheet).files] == [there, tmp_path / "in/a.fa", tmp_path / "in/b.fa"]


def test_a_linked_sheet_is_read_beside_the_link(put, tmp_path):
    put("deep/a.fa", b">deep\nACG\n")
    sheet = put("sheet.csv", "sample,fasta\none,a.fa\n")
    link = tmp_path / "in/deep/link.csv"
    link.symlink_to(sheet)
    found = samplesheet.read(str(link), [tmp_path])
    assert found and path_of(found.files[0].path) == tmp_path / "in/deep/a.fa"


def test_compressed_files_are_recognised_by_content(put):
    put("a.data", gzip.compress(FASTA))
    assert read(put("sheet.csv", "sample,fasta\none,a.data\n")).files[0].compression == "gzip"


@pytest.mark.parametrize("section", [b"##FASTA\n>a\nATGTAA\n", b">a\nATGTAA\n"])
@pytest.mark.parametrize("filler", [0, (1 << 20) - len(GFF) - 1])  # the section begins in the second block
def test_gff_needs_no_fasta_if_it_holds_its_sequences_itself(put, section, filler):
    put("own.gff", GFF + b"#" * filler + b"\n" + section)
    assert read(put("sheet.csv", "sample,gff\none,own.gff\n")).units == (Unit("gff3", 1),)


@pytest.mark.parametrize(
    ("rows", "mode", "reason", "units"),
    [
        ("one,a.fa,,\n", "sequences", "no row of the samplesheet is annotated", 0),
        ("one,a.fa,a.gff,\n", "cds", "the samplesheet names coding sequences in GFF3", 1),
        ("one,,,a.gb\ntwo,a.fa,a.gff,\n", "cds", "the samplesheet names coding sequences in GenBank, GFF3", 2),
    ],
)
def test_annotation_decides_the_mode_unless_one_was_asked_for(put, rows, mode, reason, units):
    sheet = put("sheet.csv", "sample,fasta,gff,genbank\n" + rows)
    found = read(sheet, Mode.AUTO)
    assert (found.mode, found.reason, len(found.units)) == (mode, reason, units)
    asked = read(sheet, Mode.CDS)
    assert (asked.mode, asked.reason, len(asked.units)) == ("cds", "it was asked for", rows.count("\n"))


def test_a_missing_annotation_is_one_problem_and_not_also_one_of_the_mode(put):
    missing = put("sheet.csv", "sample,fasta,gff\none,a.fa,none.gff\n")
    assert refused(missing, Mode.AUTO).endswith("has a problem: row 2: gff none.gff: There is no such file")


def test_a_file_that_the_mode_does_not_count_is_refused_with_its_row(put):
    mixed = put("sheet.csv", "sample,fasta,gff,genbank\none,a.fa,,\ntwo,b.fa,a.gff,\nthree,,,a.gb\n")
    assert refused(mixed, Mode.AUTO).endswith("row 2: fasta a.fa is not annotated, and other rows are")
    assert refused(mixed, Mode.SEQUENCES).endswith("row 3: gff is annotation, and mode sequences counts whole records")
    assert len(read(mixed, Mode.CDS).units) == 3
