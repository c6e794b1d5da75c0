"""A samplesheet gives the files, units and samples of its rows, or tells everything that is wrong with it."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from opengenome.core.model import Mode
from opengenome.errors import InputError, UsageError
from opengenome.io import formats, given, samplesheet
from opengenome.io.formats.interface import Recognised
from opengenome.io.paths import path_of
from opengenome.io.schemas import Unit

HEADER = "sample,fasta,gff,genbank,genetic_code,group\n"
FASTA = b">a\nATGTAA\n"
GFF = b"##gff-version 3\na\tx\tCDS\t1\t6\t.\t+\t0\tID=c\n"
GENBANK = b"LOCUS       A 6 bp DNA linear\nORIGIN\n        1 atgtaa\n//\n"


def recognising(name: str, first: bytes) -> SimpleNamespace:
    """A format that only recognises its files."""

    def recognise(beginning):
        return Recognised(name, beginning.compression) if beginning.first.startswith(first) else None

    return SimpleNamespace(recognise=recognise, SUFFIXES=(), CAN_BE_EMPTY=False)


@pytest.fixture(autouse=True)
def annotated_formats(monkeypatch):
    for name, first in (("genbank", b"LOCUS"), ("gff3", b"##gff")):
        if name not in formats.FORMATS:
            monkeypatch.setitem(formats.FORMATS, name, recognising(name, first))


@pytest.fixture
def put(tmp_path):
    """Writes a file into the folder of the samplesheet."""
    (tmp_path / "in").mkdir()

    def write(name: str, data: bytes | str = FASTA) -> Path:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    for name, data in (("a.fa", FASTA), ("b.fa", FASTA), ("a.gff", GFF), ("a.gb", GENBANK)):
        write(name, data)
    return write


def read(sheet: Path, mode: Mode = Mode.CDS) -> samplesheet.Sheet:
    found = samplesheet.read(str(sheet), [sheet.parent], mode)
    assert found is not None
    return found


def names(sheet: samplesheet.Sheet) -> list[str]:
    return [path_of(file.path).name for file in sheet.files]


def refused(sheet: Path, mode: Mode = Mode.CDS) -> str:
    with pytest.raises(InputError) as caught:
        samplesheet.read(str(sheet), [sheet.parent], mode)
    assert caught.value.where["file"] == sheet
    return caught.value.message


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


def test_all_columns_but_sample_and_files_belong_to_the_sample(put):
    sheet = read(put("sheet.csv", "sample,habitat,fasta,group,genetic_code\none,sea,a.fa,x,4\ntwo,,b.fa,,\n"))
    assert [sample.columns for sample in sheet.samples] == [
        {"habitat": "sea", "group": "x", "genetic_code": "4"},
        {"habitat": "", "group": "", "genetic_code": ""},
    ]


@pytest.mark.parametrize("how", ["plain", "mark", "tabs", "semicolons", "DOS", "Mac", "quotes", "blanks", "short rows"])
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


def test_a_file_that_the_mode_does_not_count_is_refused_with_its_row(put):
    mixed = put("sheet.csv", "sample,fasta,gff,genbank\none,a.fa,,\ntwo,b.fa,a.gff,\nthree,,,a.gb\n")
    assert refused(mixed, Mode.AUTO).endswith("row 2: fasta a.fa is not annotated, and other rows are")
    assert refused(mixed, Mode.SEQUENCES).endswith("row 3: gff is annotation, and mode sequences counts whole records")
    assert len(read(mixed, Mode.CDS).units) == 3


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
        ("sample,fasta,", "a column has no name"),
        ("one,a.fa", "it is not a header"),
    ],
)
def test_a_wrong_header_is_refused_with_the_columns_there_are(put, header, said):
    sheet = put("sheet.csv", f"{header}\none,a.fa,x\n")
    assert refused(sheet) == f"The samplesheet has a problem: row 1: {said}"
    with pytest.raises(InputError, match="The columns are sample, fasta, gff, genbank, genetic_code, group; further"):
        samplesheet.read(str(sheet), [sheet.parent])


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
