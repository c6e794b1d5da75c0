"""What the command refuses before anything starts, and with which exit code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opengenome.cli import analyze, testing
from opengenome.cli.__main__ import FAILED, USAGE, main
from opengenome.cli.arguments import parse


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    path = tmp_path / "a b.fasta"
    path.write_text(">r\nACGTAC\n")
    return path


@pytest.fixture(autouse=True)
def no_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object) -> None:
        raise AssertionError("Airflow was started")

    monkeypatch.setattr(analyze, "place", started)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--frame", "3"], "--frame is 3"),
        (["--frame", "-1"], "--frame is -1"),
        (["--batch-size", "0"], "--batch-size is 0"),
        (["--max-batch-bases", "0"], "--max-batch-bases is 0"),
        (["--genetic-code", "7"], "--genetic-code 7"),
        (["--top", "0"], "--top is 0"),
        (["--min-count", "-1"], "--min-count is -1"),
    ],
)
def test_a_bad_option_is_usage_said_in_one_line(fasta, tmp_path, capsys, options, words):
    code = main(["analyze", "codon", "--input", str(fasta), "--output", str(tmp_path / "out"), *options])
    said = capsys.readouterr().err
    assert code == USAGE
    assert words in said
    assert said.count("\n") == 1


def test_an_output_that_is_a_file_is_usage(fasta, capsys):
    assert main(["analyze", "codon", "--input", str(fasta), "--output", str(fasta)]) == USAGE
    assert "cannot be made a folder" in capsys.readouterr().err


def test_a_missing_input_fails_at_once_and_is_named(tmp_path, capsys):
    code = main(["analyze", "codon", "--input", str(tmp_path / "no.fa"), "--output", str(tmp_path / "out")])
    assert code == FAILED
    assert "no.fa does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line", [[], ["analyze"], ["analyze", "protein"], ["up", "--port", "1"], ["demo", "--input", "x"]]
)
def test_an_unreadable_command_line_ends_with_2(line):
    with pytest.raises(SystemExit) as ended:
        main(line)
    assert ended.value.code == USAGE


def test_the_run_is_told_only_what_the_user_gave(fasta):
    given = parse(["analyze", "codon", "--input", str(fasta), "--output", "out"])
    assert analyze.conf_of(given, os.path.abspath) == {"source": str(fasta)}


def test_every_given_parameter_reaches_the_run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    line = "analyze codon --input a.fa dir/../b.fa --output out --batch-size 7 --max-batch-bases 9 --frame 1"
    given = parse([*line.split(), "--genetic-code", "11", "--allow-missing-codons"])
    assert analyze.conf_of(given, os.path.abspath) == {
        "source": f"{tmp_path}/a.fa\n{tmp_path}/b.fa",
        "batch_size": 7,
        "max_batch_bases": 9,
        "frame": 1,
        "genetic_code": 11,
        "require_all_codons": False,
    }


def test_what_test_does_not_know_goes_to_pytest():
    given = parse(["test", "--fast", "-k", "codon", "tests/core", "-x"])
    assert given.fast
    assert given.pytest_arguments == ["-k", "codon", "tests/core", "-x"]


@pytest.mark.parametrize(
    ("options", "pytest_arguments"),
    [
        ([], []),
        (["--fast"], ["-m", "not e2e"]),
        (["--faults", "--fault-seed", "7"], ["tests/faults", "--faults", "--fault-seed", "7"]),
        (["--stack", "-x"], ["tests/stack", "--stack", "-x"]),
        (["-k", "codons"], ["-k", "codons"]),
    ],
)
def test_what_is_tested_is_chosen_by_options_and_the_rest_goes_to_pytest(options, pytest_arguments):
    given = parse(["test", *options])
    assert testing.Selection.of(given).arguments() == pytest_arguments
