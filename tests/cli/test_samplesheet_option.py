"""--samplesheet is another name of --input for a table of samples; files of other options reach the run as paths."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from opengenome.cli import run_checks
from opengenome.cli.arguments import check, conf_of, parse
from opengenome.cli.inputs import absolute
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.errors import UsageError
from tests.published import write_published


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.fa").write_text(">a\nATGTAA\n")
    (tmp_path / "sheet.csv").write_text("sample,fasta\none,a.fa\n")
    return tmp_path


def conf(line: str) -> dict[str, Any]:
    given = parse(["analyze", "codon", "--output", "out", *line.split()])
    check(given)
    return conf_of(given, lambda path: str(absolute(path)))


@pytest.mark.parametrize("option", ["--samplesheet", "--input"])
def test_a_samplesheet_is_the_source_by_either_option(folder, option):
    assert conf(f"{option} sheet.csv") == {"source": f"{folder}/sheet.csv"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--samplesheet sheet.csv --input a.fa", "Argument --input: not allowed with argument --samplesheet."),
        ("--samplesheet sheet.csv sheet.csv", "Unexpected arguments: sheet.csv."),
        ("--samplesheet sheet.csv --samplesheet sheet.csv", "--samplesheet is given twice; it takes one value."),
        ("", "One of the arguments --input --samplesheet is required."),
        ("--samplesheet none.csv", "--samplesheet none.csv does not exist."),
        ("--samplesheet sheet.txt", "This is a table of text, which is not a supported input"),
        ("--input sheet.csv a.fa", "A samplesheet ends with .csv or .tsv and is the only source."),
    ],
)
def test_a_wrong_use_is_refused_in_the_words_of_the_user(folder, line, said):
    (folder / "sheet.txt").write_text("sample,fasta\none,a.fa\n")
    with pytest.raises(UsageError) as caught:
        conf(line)
    assert said in str(caught.value)


def test_the_problems_of_a_samplesheet_are_told_before_anything_starts(folder):
    (folder / "sheet.csv").write_text("sample,fasta\none,none.fa\n,a.fa\n")
    with pytest.raises(UsageError) as caught:
        conf("--samplesheet sheet.csv")
    assert caught.value.message == (
        "The samplesheet has 2 problems: row 2: fasta none.fa: There is no such file; row 3: the sample has no name"
    )


def test_the_wanted_mode_decides_what_a_samplesheet_may_name(folder):
    (folder / "a.gff").write_text("##gff-version 3\na\tx\tCDS\t1\t6\t.\t+\t0\tID=c\n")
    (folder / "sheet.csv").write_text("sample,fasta,gff\none,a.fa,a.gff\n")
    with pytest.raises(UsageError, match="gff is annotation, and mode sequences counts whole records"):
        conf("--samplesheet sheet.csv --mode sequences")


def test_a_samplesheet_for_the_stack_is_not_read_on_this_machine(folder):
    (folder / "sheet.csv").write_text("nonsense")
    assert conf("--samplesheet sheet.csv --on stack")["source"] == f"{folder}/sheet.csv"


def test_files_of_other_options_are_given_as_the_run_sees_them(folder):
    code = genetic_code(11).amino_acids
    (folder / "code.txt").write_text("".join(f"{codon},{code[k]}\n" for k, codon in enumerate(CODONS)))
    (folder / "ref.cut").write_text("gene\n")
    (folder / "trna.csv").write_text("CAG,3\n")
    found = conf("--input a.fa --code-table code.txt --reference ref.cut --trna trna.csv")
    assert found == {
        "source": f"{folder}/a.fa",
        "code_table": f"{folder}/code.txt",
        "reference": f"{folder}/ref.cut",
        "trna": f"{folder}/trna.csv",
    }


@pytest.mark.parametrize("reference", ["group:ribosomal", "analyze-20261126T000000Z-00000000"])
def test_a_reference_that_is_no_file_is_given_as_it_is(reference):
    given = parse(["analyze", "codon", "--output", "out", "--input", "a.fa", "--reference", reference])
    assert conf_of(given, str)["reference"] == reference


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--code-table none.txt", "none.txt"),
        ("--code-table a.fa", "64"),
        ("--code-table a.fa --genetic-code 11", "--genetic-code and --code-table exclude each other"),
        ("--trna a.fa", "a.fa"),
        ("--reference none", "There is no run none in the results"),
        ("--reference ./none.cut", "There is no such file"),
        ("--reference group:x", "--reference is the group x, and the run has no groups. Give --group-by too."),
        ("--group-by organisms", "--group-by is 'organisms', and the input has no such column. Choose one of record,"),
        ("--group-by organism --mode sequences", "Choose file."),
        ("--mode cds --drop none,pseudo", "--drop is none together with pseudo"),
        ("--mode cds --frame 1", "--frame is 1, but mode cds (it was asked for)"),
        ("--mode sequences --codon-pairs", "--codon-pairs is for coding sequences, but mode sequences (it was"),
    ],
)
def test_what_parameters_name_is_looked_at_before_anything_starts(options, said):
    with pytest.raises(UsageError) as caught:
        conf(f"--input a.fa {options}")
    assert said in str(caught.value)


def test_a_run_as_reference_is_looked_up_where_the_airflow_that_is_up_publishes(folder, monkeypatch):
    write_published(folder / "theirs" / "r1")
    up = SimpleNamespace(results=str(folder / "theirs"))
    monkeypatch.setattr(run_checks, "read_instance", lambda _: up)
    assert conf("--input a.fa --reference r1")["reference"] == "r1"
    monkeypatch.setattr(run_checks, "read_instance", lambda _: None)
    with pytest.raises(UsageError, match="There is no run r1"):
        conf("--input a.fa --reference r1")


def test_the_columns_of_a_samplesheet_are_known_before_anything_starts(folder):
    (folder / "sheet.csv").write_text("sample,fasta,habitat\none,a.fa,sea\n")
    assert conf("--samplesheet sheet.csv --group-by habitat")
    with pytest.raises(UsageError, match="Choose one of file, sample, habitat"):
        conf("--samplesheet sheet.csv --group-by organism")
    (folder / "sheet.csv").write_text("sample,fasta,GC3\none,a.fa,sea\n")
    with pytest.raises(UsageError, match="the column 'GC3' has a name"):
        conf("--samplesheet sheet.csv")


def test_what_parameters_name_is_not_looked_at_on_this_machine_for_the_stack():
    assert conf("--input a.fa --code-table none.txt --on stack")["code_table"] == "none.txt"
