"""A samplesheet with which something is wrong is refused: every problem is told, and nothing is looked up outside."""

from __future__ import annotations

import os

import pytest

from opengenome.errors import InputError, UsageError
from opengenome.io import given, samplesheet
from tests.io.samplesheets import FASTA, HEADER, read, refused


def test_every_problem_is_told_at_once_with_its_row(put, tmp_path):
    (tmp_path / "in/folder").mkdir()
    put("half.fa.part")
    put("note.txt", "hello\n")
    rows = [
        "one,none.fa,,,,",
        ",a.fa,,,,",
        "three,a.fa,,a.gb,,",
        "four,,,,,",
        "five,b.fa,,,7,",
        "six,b.fa,,,x,",
        "seven,,a.gff,,,",
        "eight,a.gb,,,,",
        "nine,note.txt,,,,",
        "ten,,,a.fa,,",
        "one,folder,,,,y",
        "twelve,half.fa.part,,,,",
        "thirteen,https://a.org/b.fa,,,,",
        "fourteen,b.fa,,,,,more",
        "fifteen,/dev/fd/0,,,,",
        "sixteen,a\x07b.fa,,,,",
    ]
    said = refused(put("sheet.csv", HEADER + "\n".join(rows) + "\n")).replace("; row", "\nrow").splitlines()
    assert said == [
        "The samplesheet has 20 problems: row 2: fasta none.fa: There is no such file",
        "row 3: the sample has no name",
        "row 4: it names fasta and genbank",
        "row 4: fasta a.fa: The same file is in row 3",
        "row 5: it names no file in fasta, gff, genbank",
        "row 6: there is no NCBI genetic code 7",
        "row 7: there is no NCBI genetic code x",
        "row 7: fasta b.fa: The same file is in row 6",
        "row 8: gff a.gff has no sequences (##FASTA), and the row names no fasta",
        "row 9: fasta a.gb: It is GenBank, not FASTA",
        "row 10: fasta note.txt: It is text, not FASTA",
        "row 11: genbank a.fa: It is FASTA, not GenBank",
        "row 12: the sample one has the group 'y', in row 2 ''",
        "row 12: fasta folder: Not a regular file",
        "row 13: fasta half.fa.part: Its name says that it is still being fetched or written",
        "row 14: fasta https://a.org/b.fa: It is a URL, which is not read",
        "row 15: it has more cells than the header",
        "row 15: fasta b.fa: The same file is in row 6",
        "row 16: fasta /dev/fd/0: /dev/fd/0 is a pipe, a device or a path of one process, and another process"
        " could not read it",
        "row 17: fasta a\\x07b.fa: There is no such file",
    ]


def test_a_thousand_problems_are_counted_and_the_first_twenty_told(put):
    said = refused(put("sheet.csv", "sample,fasta\n" + "".join(f"s{n},{n}.fa\n" for n in range(1000))))
    assert said.startswith("The samplesheet has 1,000 problems: row 2: fasta 0.fa")
    assert said.endswith("row 21: fasta 19.fa: There is no such file; and 980 more")


def test_metadata_that_would_not_fit_beside_every_sequence_are_refused(put):
    assert read(put("fits.csv", f"sample,fasta,a,b\none,a.fa,{'x' * 3000},{'y' * 1000}\n"))
    said = refused(put("long.csv", f"sample,fasta,a,b\none,a.fa,{'x' * 3000},{'y' * 1001}\n"))
    assert "row 2: its metadata have 4,001 characters, and at most 4,000 are read" in said


@pytest.mark.parametrize("there", ["x.fa", "nothing.fa", "", "x.fa/below"])
@pytest.mark.parametrize("way", ["{outside}/", "../secret/", "./linked/", "file://{outside}/"])
def test_outside_the_roots_nobody_learns_what_is_there(put, tmp_path, way, there):
    outside = tmp_path / "secret"
    outside.mkdir()
    (tmp_path / "in/linked").symlink_to(outside)
    sheet = put("sheet.csv", f"sample,fasta\none,{way.format(outside=outside)}{there}\n")
    said = set()
    for data in (b"hello", FASTA, None):
        (outside / "x.fa").write_bytes(data) if data else (outside / "x.fa").unlink()
        said.add(refused(sheet))
    assert len(said) == 1
    assert "is outside the folders that inputs may come from" in said.pop()


def test_a_sheet_outside_the_roots_is_refused_unread(put, tmp_path):
    with pytest.raises(UsageError, match="outside the folders"):
        samplesheet.read(str(put("sheet.csv", "x")), [tmp_path / "other"])


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Sample,fasta", "there is no column `Sample`, did you mean `sample`?"),
        ("sample,gff3,fasta", "there is no column `gff3`, did you mean `gff`?"),
        ("sample,gbk", "there is no column `gbk`, did you mean `genbank`?"),
        ("sample,fasta,genetic code", "there is no column `genetic code`, did you mean `genetic_code`?"),
        ("name,fasta", "the column `sample` is missing"),
        ("sample,file", "there is no column of files: fasta, gff, genbank"),
        ("sample,fasta,fasta", "the column `fasta` is there twice"),
        ("sample,fasta,", "column 3 has cells and no name"),
        ("one,a.fa", "it is not a header"),
    ],
)
def test_a_wrong_header_is_refused_with_the_columns_there_are(put, header, said):
    sheet = put("sheet.csv", f"{header}\none,a.fa,x\n")
    assert refused(sheet) == f"The samplesheet has a problem: row 1: {said}"
    with pytest.raises(InputError, match="The columns are sample, fasta, gff, genbank, genetic_code, group; further"):
        samplesheet.read(str(sheet), [sheet.parent])


def test_a_path_of_windows_is_refused_with_how_to_write_it(put):
    sheet = put("sheet.csv", "sample,fasta\none,data\\a.fa\n")
    with pytest.raises(InputError) as caught:
        samplesheet.read(str(sheet), [sheet.parent])
    assert caught.value.advice == "Paths are relative to the samplesheet. Write / between folders, not \\."


def test_two_wrong_names_are_told_together(put):
    said = refused(put("sheet.csv", "Sample,Fasta\none,a.fa\n"))
    assert said.count("did you mean") == 2
    assert "missing" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "row 1: there is no header"),
        (" \n,,\n", "row 1: there is no header"),
        (HEADER, "row 1: no row follows the header"),
        (HEADER + 'one,"a.fa,,,,\n', "row 2: it cannot be read: unexpected end of data"),
        (HEADER + f'one,"{"a" * 200_000}",,,,\n', "row 2: it cannot be read: field larger than field limit (131072)"),
    ],
)
def test_a_sheet_without_rows_or_with_torn_quotes_is_refused(put, text, said):
    assert refused(put("sheet.csv", text)) == f"The samplesheet has a problem: {said}"


def test_text_that_is_not_utf8_is_refused_with_its_line(put):
    sheet = put("sheet.csv", (HEADER + "one,a.fa,,,,\ntwö,b.fa,,,,\n").encode("latin-1"))
    with pytest.raises(InputError, match=r"not UTF-8 text \(file .*sheet.csv, line 3\)"):
        read(sheet)


def test_a_sheet_that_is_too_large_is_refused_before_it_is_read(put, monkeypatch):
    monkeypatch.setattr(given, "_MOST_BYTES", 1 << 20)
    assert refused(put("sheet.csv", "a" * (2 << 20))) == "The samplesheet is larger than 1 MB"


def test_two_names_of_one_file_are_counted_once_or_refused(put, tmp_path):
    os.link(tmp_path / "in/a.fa", tmp_path / "in/hard.fa")
    (tmp_path / "in/soft.fa").symlink_to(tmp_path / "in/a.fa")
    said = refused(put("sheet.csv", "sample,fasta\none,a.fa\ntwo,hard.fa\nthree,soft.fa\n"))
    assert said.count("The same file is in row 2") == 2


@pytest.mark.parametrize(
    "source", ["{in}/a.fa", "{in}", "{in}/none.csv", "{in}/*.csv", "{in}/s.csv\n{in}/a.fa", "{in}/fasta.csv"]
)
def test_any_other_source_is_no_samplesheet(put, tmp_path, source):
    put("s.csv", HEADER)
    put("fasta.csv", FASTA)
    assert samplesheet.read(source.replace("{in}", str(tmp_path / "in")), [tmp_path / "in"]) is None


def test_a_code_of_thousands_of_digits_is_refused_in_a_short_sentence(put):
    said = refused(put("sheet.csv", HEADER + f"one,a.fa,,,{'9' * 5000},\n"))
    assert "row 2: there is no NCBI genetic code 9999" in said
    assert len(said) < 400
