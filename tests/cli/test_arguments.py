"""What the command refuses before anything starts, and with which exit code."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from opengenome import ENGINE_VERSION, __version__
from opengenome.cli import analyze, testing, version
from opengenome.cli.__main__ import DONE, FAILED, USAGE, main
from opengenome.cli.arguments import _parser, parse
from opengenome.cli.parser import Once, Parser
from opengenome.errors import InputError, UsageError
from opengenome.synthetic import SCALES


def options(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, argparse.Action]]:
    """Every option of the command that takes a value, whichever subcommand it is of."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from options(below)
        elif action.option_strings and action.nargs != 0:
            yield parser, action


EVERY = [*options(_parser())]


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
        (["--max-batch-bases", "1,000,000,000"], "which is no whole number in digits, without commas. It takes 1 to"),
        (["--input", ""], "--input is empty. If it is a variable"),
        (["--batch-size", ""], "--batch-size is empty"),
        (["--batch-size="], "--batch-size is empty"),
        (["--on", "zz\udcff"], r"(choose from"),
        (["--on", "zz\udcff"], r"zz\xff"),
        (
            ["--batch-size", "1e6"],
            "--batch-size is 1e6, which is no whole number in digits. It takes 1 to 1,000,000,000",
        ),
        (["--batch-size", "2.5"], "--batch-size is 2.5, which is no whole"),
        (["--batch-size", "-1"], "--batch-size is -1, which is out of bounds"),
        (["--batch-size", "1000000001"], "out of bounds. It takes 1 to 1,000,000,000 sequences"),
        (["--max-batch-bases", "9" * 5000], "--max-batch-bases is 999999"),
        (["--max-batch-bases", str(2**63)], "It takes 1 to 1,000,000,000,000,000 bases"),
        (["--frame", "x"], "--frame is x. It takes one of 0, 1, 2."),
        (["--genetic-code", "eleven"], "--genetic-code is eleven. It takes the number"),
        (["--top", str(10**30)], "--top is 1000"),
        (["--min-count", "1_000"], "--min-count is 1_000, which is no whole number"),
        (["--top", "-1"], "--top is -1"),
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
    assert "is a file, not a folder" in capsys.readouterr().err


def test_an_output_that_is_a_link_to_itself_is_no_file(fasta, tmp_path, capsys):
    (tmp_path / "loop").symlink_to("loop")
    assert main(["analyze", "codon", "--input", str(fasta), "--output", str(tmp_path / "loop")]) == USAGE
    assert "is a link that leads in a circle. Mend the link" in capsys.readouterr().err


def test_a_missing_input_fails_at_once_and_is_named(tmp_path, capsys):
    code = main(["analyze", "codon", "--input", str(tmp_path / "no.fa"), "--output", str(tmp_path / "out")])
    assert code == USAGE
    assert "no.fa does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("analyse codon", "There is no command `analyse`. Did you mean `analyze`?"),
        ("analyze", "Write `./opengenome analyze codon …`"),
        ("analyze --input x", "Write `./opengenome analyze codon …`"),
        ("analyze protein", "There is no command `analyze protein`. Known: codon."),
        ("stack", "`stack` needs a word that says what: init, up, down, status, logs"),
        ("help analyse", "Did you mean `analyze`?"),
        ("help bench more", "There is no command `bench more`. `./opengenome help bench` lists"),
        ("version", "There is no command `version`"),
        ("--verbose", "There is no option --verbose"),
        ("demo --input x", "There is no option --input of `demo`. `./opengenome help demo` lists"),
        ("analyze codons", "There is no command `analyze codons`. Did you mean `analyze codon`?"),
        ("clean --older-than -1d", "--older-than is -1d, which is not an age. An age is 1 to 999,999 days"),
        ("bench --scale inf", "--scale is inf, which is no number from 0.001 to 4"),
        ("bench --scale -1", "--scale is -1, which is no number from 0.001 to 4"),
        (
            "analyze codon --input a --ouput b",
            "There is no option --ouput of `analyze codon`. Did you mean `--output`?",
        ),
        ("analyze codon --input a", "required: --output. `./opengenome help analyze codon` lists"),
        ("down now", "Unexpected arguments: now"),
        ("up --port http", "--port is http, which is no whole number in digits"),
        ("up --port 0", "--port is 0, which is out of bounds. It takes 1 to 65,535."),
        ("up --port 65536", "--port is 65536, which is out of bounds. It takes 1 to 65,535."),
        ("runs --last 0", "--last is 0"),
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_2_and_one_sentence(line, words, capsys):
    assert main(line.split()) == USAGE
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["verify", ""], "A word after `verify` is empty"),
        (["verify", "a", ""], "A word after `verify` is empty"),
        (["retry", ""], "A word after `retry` is empty"),
        (["retry", "r", "--rscu", ""], "A word after `retry` is empty"),
        (["help", ""], "A word after `help` is empty"),
        ([""], "The first word is empty"),
        *(
            ([*parser.prog.split()[1:], *given], f"{option} is empty")
            for parser, action in EVERY
            for option in action.option_strings
            for given in ([option, ""], [f"{option}="])
        ),
    ],
)
def test_no_word_is_empty_for_an_empty_path_is_the_working_directory(line, words, capsys):
    """Every option that takes a value, also one that is added later."""
    assert main(line) == USAGE
    assert capsys.readouterr().err == f"error: {words}. If it is a variable of the shell, it is not set.\n"


@pytest.mark.parametrize("command", _parser().subcommands)
def test_the_help_of_each_command_begins_with_what_it_does(command, capsys):
    assert main(["help", command]) == DONE
    assert re.match(r"usage: opengenome .*?\n\n[A-Z].*\n\n", capsys.readouterr().out, re.DOTALL)


def test_the_bounds_of_the_benchmark_are_those_of_the_collection():
    for scale in SCALES:
        assert parse(["bench", "--scale", str(scale)]).scale == scale


def test_no_word_at_all_is_answered_by_what_can_be_done(capsys):
    assert main([]) == USAGE
    said = capsys.readouterr().err
    assert "./opengenome demo" in said
    assert len(said.splitlines()) < 10
    assert max(map(len, said.splitlines())) < 80


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["help"], ["analyze", "runs", "--version"]),
        (["--help"], ["analyze", "runs", "--version"]),
        (["help", "analyze"], ["--input", "--recount", "--no-per-sequence", "--json"]),
        (["help", "analyze", "codon"], ["--input"]),
        (["analyze", "codon", "--help"], ["--input"]),
        (["help", "up"], ["--port"]),
    ],
)
def test_help_is_there_for_the_whole_and_for_each_command(line, words, capsys):
    assert main(line) == DONE
    said = capsys.readouterr().out
    assert all(word in said for word in words)


def test_the_version_names_what_it_stands_on(capsys):
    assert main(["--version"]) == DONE
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"opengenome {__version__} (counting engine {ENGINE_VERSION})"
    assert re.fullmatch(r"Airflow 3\.\S+ · Spark 4\.\S+ · Python 3\.\S+ · Java .+", second)


@pytest.mark.parametrize(
    ("script", "word"), [("exit 1", "that does not start"), ("sleep 60", "that does not answer"), (None, "not found")]
)
def test_the_version_is_told_whatever_java_is(script, word, tmp_path, monkeypatch, capsys):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    if script:
        java.write_text(f"#!/bin/sh\nexec {script}\n" if "sleep" in script else f"#!/bin/sh\n{script}\n")
        java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(version, "_JAVA_SECONDS", 0.3)
    assert main(["--version"]) == DONE
    assert capsys.readouterr().out.endswith(f"Java {word}\n")


def test_a_failed_command_leaves_no_output_folder(fasta, tmp_path, monkeypatch):
    """Neither the folder nor those above it: there is nothing to put in."""
    before = sorted(tmp_path.rglob("*"))

    def fails(*_):
        raise InputError("no")

    monkeypatch.setattr(analyze, "place", fails)
    line = ["analyze", "codon", "--input", str(fasta), "--output", str(tmp_path / "a" / "b" / "out")]
    assert main(line) == FAILED
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["x" * 300, "a.fasta/out", "loop", "sealed/out", "sealed"])
def test_an_output_that_cannot_be_written_is_told_before_anything_starts(name, fasta, tmp_path, capsys):
    (tmp_path / "a.fasta").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    if "sealed" in name:
        seal(tmp_path / "sealed")
    line = ["analyze", "codon", "--input", str(fasta), "--output", str(tmp_path / name)]
    assert main(line) == USAGE
    assert "--output" in capsys.readouterr().err


def seal(folder: Path) -> None:
    """A folder that nobody can write to, root neither."""
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


def test_the_run_is_told_only_what_the_user_gave(fasta):
    given = parse(["analyze", "codon", "--input", str(fasta), "--output", "out"])
    assert analyze.conf_of(given, os.path.abspath) == {"source": str(fasta)}


def test_every_given_parameter_reaches_the_run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    line = "analyze codon --input a.fa dir/../b.fa --output out --batch-size 7 --max-batch-bases 9 --frame 1"
    given = parse([*line.split(), "--genetic-code", "11", "--allow-missing-codons", "--recount", "--no-per-sequence"])
    assert analyze.conf_of(given, os.path.abspath) == {
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
    assert analyze.conf_of(parse([*line, "--require-all-codons"]), str)["require_all_codons"] == "always"
    assert "require_all_codons" not in analyze.conf_of(parse(line), str)
    with pytest.raises(UsageError, match="not allowed with"):
        parse([*line, "--require-all-codons", "--allow-missing-codons"])


@pytest.mark.parametrize("number", ["0", "1e1", "1001", "-1"])
def test_a_batch_that_no_run_has_is_usage_said_in_one_line(capsys, number):
    assert main(["retry", "r", "--batch", number]) == USAGE
    said = capsys.readouterr().err
    assert f"--batch is {number}, which is" in said
    assert said.count("\n") == 1


def test_what_test_does_not_know_goes_to_pytest():
    given = parse(["test", "--fast", "-k", "codon", "tests/core", "-x"])
    assert given.fast
    assert given.pytest_arguments == ["-k", "codon", "tests/core", "-x"]


def test_the_walk_meets_options_of_nested_commands():
    found = {(parser.prog, action.dest) for parser, action in EVERY}
    assert {("opengenome analyze codon", "source"), ("opengenome retry", "batch"), ("opengenome bench", "only")} < found


@pytest.mark.parametrize(
    ("parser", "action"), EVERY, ids=[f"{parser.prog} {action.option_strings[0]}" for parser, action in EVERY]
)
def test_an_option_given_twice_counts_twice_or_is_refused_by_name(parser, action):
    """Also an option that is added later: this walks all that there are."""
    assert isinstance(parser, Parser)
    word = str(next(iter(action.choices))) if action.choices else "1"
    for other in parser._actions:
        other.required = False
    option = action.option_strings[0]
    places = ["r"] if parser.prog.endswith("retry") else []
    twice = [*places, option, word, option, word]
    if isinstance(action, argparse._AppendAction):
        assert len(getattr(parser.parse_args(twice), action.dest)) == 2
        return
    assert isinstance(action, Once)
    with pytest.raises(UsageError, match=f"{option} is given twice"):
        parser.parse_args(twice)


@pytest.mark.parametrize(
    ("line", "name", "values"),
    [
        ("analyze codon --output o --input a --input b c", "source", ["a", "b", "c"]),
        ("retry RUN --batch 1 --batch 3", "batch", [1, 3]),
        ("bench --only dag --only micro", "only", ["dag", "micro"]),
    ],
)
def test_options_that_collect_keep_what_was_given_before(line, name, values):
    assert getattr(parse(line.split()), name) == values


def test_no_option_can_be_abbreviated():
    with pytest.raises(UsageError, match=r"no option --to of `demo`\. Did you mean `--top`"):
        parse(["demo", "--to", "5"])


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
