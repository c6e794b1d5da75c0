"""What `analyze` and `retry` refuse before anything starts, and with which exit code."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from opengenome.cli import analyze
from opengenome.cli.__main__ import FAILED, USAGE, main
from opengenome.errors import InputError


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
        (
            ["--genetic-code", "7"],
            "--genetic-code is 7. It takes the number of an NCBI translation table: 1, 2, 3",
        ),
        (
            ["--genetic-code", "99"],
            "--genetic-code is 99. It takes the number of an NCBI translation table: 1, 2, 3",
        ),
        (
            ["--max-batch-bases", "1,000,000,000"],
            "which is not a whole number in digits, without commas. It takes 1 to",
        ),
        (["--input", ""], "--input is empty. If it is a shell variable"),
        (["--batch-size", ""], "--batch-size is empty"),
        (["--batch-size="], "--batch-size is empty"),
        (["--on", "zz\udcff"], r"(choose from"),
        (["--on", "zz\udcff"], r"zz\xff"),
        (
            ["--batch-size", "1e6"],
            "--batch-size is 1e6, which is not a whole number in digits. It takes 1 to 1,000,000,000",
        ),
        (["--batch-size", "2.5"], "--batch-size is 2.5, which is not a whole"),
        (["--batch-size", "-1"], "--batch-size is -1, which is out of bounds"),
        (["--batch-size", "1000000001"], "out of bounds. It takes 1 to 1,000,000,000 sequences"),
        (["--max-batch-bases", "9" * 5000], "--max-batch-bases is 999999"),
        (["--max-batch-bases", str(2**63)], "It takes 1 to 1,000,000,000,000,000 bases"),
        (["--frame", "x"], "--frame is x. It takes one of 0, 1, 2."),
        (["--genetic-code", "eleven"], "--genetic-code is eleven. It takes the number"),
        (["--top", str(10**30)], "--top is 1000"),
        (["--min-count", "1_000"], "--min-count is 1_000, which is not a whole number"),
        (["--top", "-1"], "--top is -1"),
        (["--min-count", "-1"], "--min-count is -1"),
    ],
)
def test_a_bad_option_is_a_usage_error_in_one_line(fasta, tmp_path, capsys, options, words):
    code = main(["analyze", "codon", "--input", str(fasta), "--output", str(tmp_path / "out"), *options])
    said = capsys.readouterr().err
    assert code == USAGE
    assert words in said
    assert said.count("\n") == 1


def test_a_missing_input_fails_at_once_and_is_named(tmp_path, capsys):
    code = main(["analyze", "codon", "--input", str(tmp_path / "no.fa"), "--output", str(tmp_path / "out")])
    assert code == USAGE
    assert "no.fa does not exist" in capsys.readouterr().err


def test_an_output_that_is_a_file_is_a_usage_error(fasta, capsys):
    assert main(["analyze", "codon", "--input", str(fasta), "--output", str(fasta)]) == USAGE
    assert "is a file, not a folder" in capsys.readouterr().err


def test_an_output_that_is_a_link_to_itself_is_a_usage_error(fasta, tmp_path, capsys):
    (tmp_path / "loop").symlink_to("loop")
    assert main(["analyze", "codon", "--input", str(fasta), "--output", str(tmp_path / "loop")]) == USAGE
    assert "is a link that leads to itself. Repair or remove the link" in capsys.readouterr().err


def test_a_failed_command_leaves_no_output_folder(fasta, tmp_path, monkeypatch):
    """Neither the folder nor its parents: there are no results."""
    before = sorted(tmp_path.rglob("*"))

    def fails(*_):
        raise InputError("no")

    monkeypatch.setattr(analyze, "place", fails)
    line = ["analyze", "codon", "--input", str(fasta), "--output", str(tmp_path / "a" / "b" / "out")]
    assert main(line) == FAILED
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["x" * 300, "a.fasta/out", "loop", "sealed/out", "sealed"])
def test_an_output_that_cannot_be_written_is_refused_before_anything_starts(name, fasta, tmp_path, capsys):
    (tmp_path / "a.fasta").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    if "sealed" in name:
        seal(tmp_path / "sealed")
    line = ["analyze", "codon", "--input", str(fasta), "--output", str(tmp_path / name)]
    assert main(line) == USAGE
    assert "--output" in capsys.readouterr().err


def seal(folder: Path) -> None:
    """Make a folder that nobody can write to, not even root."""
    folder.mkdir()
    if os.geteuid():
        folder.chmod(0o500)
    elif subprocess.run(["chattr", "+i", folder], check=False, capture_output=True).returncode:
        pytest.skip("root may write everywhere here")


@pytest.fixture(autouse=True)
def unsealed(tmp_path: Path) -> Iterator[None]:
    yield
    sealed = tmp_path / "sealed"
    if sealed.exists():
        subprocess.run(["chattr", "-i", sealed], check=False, capture_output=True)
        sealed.chmod(0o700)


@pytest.mark.parametrize("number", ["0", "1e1", "1001", "-1"])
def test_an_impossible_batch_number_is_a_usage_error_in_one_line(capsys, number):
    assert main(["retry", "r", "--batch", number]) == USAGE
    said = capsys.readouterr().err
    assert f"--batch is {number}, which is" in said
    assert said.count("\n") == 1
