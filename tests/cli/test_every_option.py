"""Promises about every option that takes a value, including options that are added later."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from opengenome.cli.__main__ import USAGE, main
from opengenome.cli.arguments import _parser, parse
from opengenome.cli.parser import Once, Parser
from opengenome.cli.run_options import _Listed
from opengenome.errors import UsageError


def options(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, argparse.Action]]:
    """Every option of the command that takes a value, whichever subcommand it is of."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from options(below)
        elif action.option_strings and action.nargs != 0:
            yield parser, action


EVERY = [*options(_parser())]


def test_the_options_of_nested_commands_are_found():
    found = {(parser.prog, action.dest) for parser, action in EVERY}
    assert {("opengenome analyze codon", "source"), ("opengenome retry", "batch"), ("opengenome bench", "only")} < found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["verify", ""], "An argument of `verify` is empty"),
        (["verify", "a", ""], "An argument of `verify` is empty"),
        (["retry", ""], "An argument of `retry` is empty"),
        (["retry", "r", "--rscu", ""], "An argument of `retry` is empty"),
        (["help", ""], "An argument of `help` is empty"),
        ([""], "The first argument is empty"),
        *(
            ([*parser.prog.split()[1:], *given], f"{option} is empty")
            for parser, action in EVERY
            for option in action.option_strings
            for given in ([option, ""], [f"{option}="])
        ),
    ],
)
def test_an_empty_argument_is_refused_because_it_would_mean_the_working_directory(line, words, capsys):
    """Covers every option that takes a value."""
    assert main(line) == USAGE
    assert capsys.readouterr().err == f"error: {words}. If it is a shell variable, it is not set.\n"


@pytest.mark.parametrize(
    ("parser", "action"), EVERY, ids=[f"{parser.prog} {action.option_strings[0]}" for parser, action in EVERY]
)
def test_an_option_given_twice_counts_twice_or_is_refused_by_name(parser, action):
    """Covers every option that takes a value."""
    assert isinstance(parser, Parser)
    word = str(next(iter(action.choices))) if action.choices else "none" if action.dest == "drop" else "1"
    for other in parser._actions:
        other.required = False
    for group in parser._mutually_exclusive_groups:
        group.required = False
    option = action.option_strings[0]
    places = ["r"] if parser.prog.endswith("retry") else []
    twice = [*places, option, word, option, word]
    if isinstance(action, argparse._AppendAction | _Listed):
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
def test_options_that_collect_keep_earlier_values(line, name, values):
    assert getattr(parse(line.split()), name) == values
