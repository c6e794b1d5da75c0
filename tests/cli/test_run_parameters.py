"""The options of `analyze` become the parameters of the run; those of `test` select its tests."""

from __future__ import annotations

import os

import pytest

from opengenome.cli import arguments, testing
from opengenome.cli.arguments import parse
from opengenome.errors import UsageError
from opengenome.fields import lower


def test_only_parameters_that_the_user_gave_reach_the_run(tmp_path):
    given = parse(["analyze", "codon", "--input", f"{tmp_path}/a b.fasta", "--output", "out"])
    assert arguments.conf_of(given, os.path.abspath) == {"source": f"{tmp_path}/a b.fasta"}


def test_every_given_parameter_reaches_the_run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    line = "analyze codon --input a.fa dir/../b.fa --output out --batch-size 7 --max-batch-bases 9 --frame 1"
    given = parse([*line.split(), "--genetic-code", "11", "--allow-missing-codons", "--recount", "--no-per-sequence"])
    assert arguments.conf_of(given, os.path.abspath) == {
        "source": f"{tmp_path}/a.fa\n{tmp_path}/b.fa",
        "batch_size": 7,
        "max_batch_bases": 9,
        "frame": 1,
        "genetic_code": 11,
        "require_all_codons": "never",
        "recount": True,
        "per_sequence": False,
    }


def test_all_codons_can_be_required_or_not_but_not_both():
    line = ["analyze", "codon", "--input", "a", "--output", "o"]
    assert arguments.conf_of(parse([*line, "--require-all-codons"]), str)["require_all_codons"] == "always"
    assert "require_all_codons" not in arguments.conf_of(parse(line), str)
    with pytest.raises(UsageError, match="not allowed with"):
        parse([*line, "--require-all-codons", "--allow-missing-codons"])


def test_unknown_arguments_of_test_go_to_pytest():
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
def test_options_of_test_select_the_tests(options, pytest_arguments):
    given = parse(["test", *options])
    assert testing.Selection.of(given).arguments() == pytest_arguments


@pytest.mark.parametrize(
    ("sentence", "within"),
    [("GenBank, or FASTA", "GenBank, or FASTA"), ("NCBI code", "NCBI code"), ("Bases of A", "bases of A"), ("", "")],
)
def test_a_name_with_capitals_keeps_them_within_a_sentence(sentence, within):
    assert lower(sentence) == within
