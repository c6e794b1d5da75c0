"""The help of the command and of its subcommands, and its version."""

from __future__ import annotations

import re

import pytest

from opengenome import ENGINE_VERSION, __version__
from opengenome.cli import version
from opengenome.cli.__main__ import DONE, main
from opengenome.cli.arguments import _parser


@pytest.mark.parametrize("command", _parser().subcommands)
def test_the_help_of_each_command_begins_with_what_it_does(command, capsys):
    assert main(["help", command]) == DONE
    assert re.match(r"usage: opengenome .*?\n\n[A-Z].*\n\n", capsys.readouterr().out, re.DOTALL)


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
def test_the_whole_command_and_each_subcommand_have_help(line, words, capsys):
    assert main(line) == DONE
    said = capsys.readouterr().out
    assert all(word in said for word in words)


def test_the_version_names_airflow_spark_python_and_java(capsys):
    assert main(["--version"]) == DONE
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"opengenome {__version__} (counting engine {ENGINE_VERSION})"
    assert re.fullmatch(r"Airflow 3\.\S+ · Spark 4\.\S+ · Python 3\.\S+ · Java .+", second)


@pytest.mark.parametrize(
    ("script", "word"), [("exit 1", "does not start"), ("sleep 60", "does not answer"), (None, "not found")]
)
def test_the_version_is_printed_even_if_java_fails(script, word, tmp_path, monkeypatch, capsys):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    if script:
        java.write_text(f"#!/bin/sh\nexec {script}\n" if "sleep" in script else f"#!/bin/sh\n{script}\n")
        java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(version, "_JAVA_SECONDS", 0.3)
    assert main(["--version"]) == DONE
    assert capsys.readouterr().out.endswith(f"Java {word}\n")
