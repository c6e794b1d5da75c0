"""An invalid command line is refused with one sentence and a suggestion."""

from __future__ import annotations

import pytest

from opengenome.cli.__main__ import USAGE, main
from opengenome.cli.arguments import parse
from opengenome.errors import UsageError
from opengenome.synthetic import SCALES


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("analyse codon", "There is no command `analyse`. Did you mean `analyze`?"),
        ("analyze", "Write `./opengenome analyze codon …`"),
        ("analyze --input x", "Write `./opengenome analyze codon …`"),
        ("analyze protein", "There is no command `analyze protein`. Known: codon."),
        ("stack", "`stack` needs one of: init, up, down, status, logs"),
        ("help analyse", "Did you mean `analyze`?"),
        ("help bench more", "There is no command `bench more`. `./opengenome help bench` lists"),
        ("version", "There is no command `version`"),
        ("--verbose", "There is no option --verbose"),
        ("demo --input x", "There is no option --input of `demo`. `./opengenome help demo` lists"),
        ("analyze codons", "There is no command `analyze codons`. Did you mean `analyze codon`?"),
        ("clean --older-than -1d", "--older-than is -1d, which is not an age. An age is 1 to 999,999 days"),
        ("bench --scale inf", "--scale is inf, which is not a number from 0.001 to 4"),
        ("bench --scale -1", "--scale is -1, which is not a number from 0.001 to 4"),
        (
            "analyze codon --input a --ouput b",
            "There is no option --ouput of `analyze codon`. Did you mean `--output`?",
        ),
        ("analyze codon --input a", "required: --output/--outdir. `./opengenome help analyze codon` lists"),
        ("down now", "Unexpected arguments: now"),
        ("up --port http", "--port is http, which is not a whole number in digits"),
        ("up --port 0", "--port is 0, which is out of bounds. It takes 1 to 65,535."),
        ("up --port 65536", "--port is 65536, which is out of bounds. It takes 1 to 65,535."),
        ("runs --last 0", "--last is 0"),
    ],
)
def test_an_invalid_command_line_ends_with_2_and_one_sentence(line, words, capsys):
    assert main(line.split()) == USAGE
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_without_arguments_the_command_lists_what_it_can_do(capsys):
    assert main([]) == USAGE
    said = capsys.readouterr().err
    assert "./opengenome demo" in said
    assert len(said.splitlines()) < 10
    assert max(map(len, said.splitlines())) < 80


def test_no_option_can_be_abbreviated():
    with pytest.raises(UsageError, match=r"no option --to of `demo`\. Did you mean `--top`"):
        parse(["demo", "--to", "5"])


def test_the_bounds_of_the_benchmark_are_those_of_the_collection():
    for scale in SCALES:
        assert parse(["bench", "--scale", str(scale)]).scale == scale
