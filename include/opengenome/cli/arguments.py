"""The command line: its options, its help, and cheap checks before anything starts."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from opengenome.cli import options
from opengenome.cli.called import typed
from opengenome.cli.inputs import check_inputs, seen_here
from opengenome.cli.numbers import between, whole
from opengenome.cli.output import check_writable
from opengenome.cli.parser import Parser
from opengenome.errors import UsageError
from opengenome.flow import MAX_BATCHES
from opengenome.io.paths import is_uri, path_of

_DESCRIPTION = "Counts the codons of nucleotide collections in batches and proves the result."
_PEERS = ("cusp", "codonw", "seqkit", "biopython", "gzip", "isal")
_PARTS = ("micro", "coding", "measures", "report", "release")
MEASUREMENTS = ("dag", "busy", "command", "identity", *_PARTS, "peers", *_PEERS)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The arguments, with `command` set. Raises UsageError for invalid ones; --help ends the process."""
    parser = _parser(arguments)
    addressed, rest = parser.addressed(arguments)
    if arguments[:1] != ["test"]:
        addressed.refuse_empty(rest)
    asks_for_help = rest[:1] in (["-h"], ["--help"], ["--version"])
    if addressed.subcommands and not asks_for_help:
        addressed.refuse_word(rest[0] if rest else "")
    free = arguments[:1] in (["test"], ["help"])
    if not free:
        addressed.refuse_unknown(rest)
    found, rest = parser.parse_known_args(arguments)
    if rest and found.command != "test":
        raise UsageError(
            f"Unexpected arguments: {' '.join(rest)}", advice=f"`{typed(f'help {addressed.words}')}` says more."
        )
    if found.command == "test":
        found.pytest_arguments = rest
    found.json = getattr(found, "json", False)
    if found.command == "analyze":
        from opengenome.cli.params_file import fill_in
        from opengenome.parameters import RunParameters

        fill_in(found, RunParameters)
        # A run records an odd path as a file URI, and its parameters can be given back.
        found.source = [os.fspath(path_of(text)) if is_uri(text) else text for text in found.source]
    return found


def help_of(words: Iterable[str]) -> str:
    """The help of a subcommand, or of the whole command without words. Raises UsageError for an unknown one."""
    words = list(words)
    parser, rest = _parser(words).addressed(words)
    if rest:
        parser.refuse_word(rest[0])
    while len(parser.subcommands) == 1:  # `help analyze` shows the help of `analyze codon`
        (parser,) = parser.subcommands.values()
    return parser.format_help()


def short_help() -> str:
    """The most useful commands, for a user who typed no arguments."""
    words = {
        "demo": "try it; needs no data and no setup",
        "analyze codon --input genomes/ --output usage": "count your own data",
        "runs": "list the runs and where their results are",
        "up": "start Airflow with its web interface",
        "help": "list every command; `help analyze` lists its options",
    }
    width = max(len(typed(word)) for word in words if " " not in word)
    below = f"\n{'':{width + 2}}"  # below a line that is longer than the others
    lines = (f"  {typed(word):{width}}{below if ' ' in word else ''}  {meaning}" for word, meaning in words.items())
    return "\n".join((_DESCRIPTION, "", *lines))


def check(given: argparse.Namespace) -> None:
    """Cheap checks of `analyze codon`. Raises UsageError.

    The DAG checks everything again, because it has other callers too.
    """
    from opengenome.cli.run_checks import check_run

    check_writable(given.output)
    sheet = check_inputs(given.source, given.on, given.source_option or "--input", given.mode)
    if given.on == "here":
        check_run(conf_of(given, seen_here), sheet)


def conf_of(given: argparse.Namespace, source: Callable[[str], str]) -> dict[str, Any]:
    """The run's parameters: only those the user gave; the DAG has the defaults. source: `Place.source`."""
    from opengenome.cli.run_options import given_parameters
    from opengenome.parameters import PARAMETERS, RunParameters

    conf = given_parameters(given, RunParameters) | {"source": "\n".join(map(source, given.source))}
    files = {name for name, parameter in PARAMETERS.items() if parameter.about.path and conf.get(name)}  # "" is none
    return conf | {name: source(conf[name]) for name in files if Path(conf[name]).exists()}


def _parser(words: Sequence[str] = ("analyze",)) -> Parser:
    """words: the first arguments. The options of `analyze` are made only if it is named, because that takes 0.1 s."""
    parser = Parser(
        prog="opengenome",
        description=_DESCRIPTION,
        epilog=f"`{typed('help COMMAND')}` shows the options of a command.",
    )
    parser.add_argument("--version", action="store_true", help="versions of this command, Airflow, Spark and Java")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    demo = commands.add_parser("demo", help="count a synthetic organelle-like collection, from start to results")
    _add_view(demo)
    analyze = commands.add_parser("analyze", help="count your own data")
    kinds = analyze.add_subparsers(dest="kind", required=True, metavar="KIND")
    codon = kinds.add_parser("codon", help="count codons and write the codon usage table")
    if "analyze" in words:
        _add_codon(codon, needed=not any(word.partition("=")[0] == "--params" for word in words))
    _add_retry(commands.add_parser("retry", help="retry the failed tasks of a run, or single batches"))
    options.add_runs(commands.add_parser("runs", help="list the runs, their states and where their results are"))
    options.add_verify(commands.add_parser("verify", help="check that results are exactly what was proven"))
    options.add_compare(commands.add_parser("compare", help="compare two codon tables"))
    options.add_export(commands.add_parser("export", help="write a codon table for EMBOSS, GCG and other programs"))
    options.add_clean(commands.add_parser("clean", help="remove unused entries from the store, and old logs"))
    up = commands.add_parser("up", help="start Airflow with its web interface, on this machine only, until stopped")
    up.add_argument(
        "--port",
        type=whole("--port", 1, 65_535, ""),
        metavar="N",
        help="the port to listen on (default: the first free one from 8080)",
    )
    commands.add_parser("down", help="stop the Airflow that `up` started")
    options.add_stack(commands.add_parser("stack", help="Airflow on Postgres with a Spark cluster, in containers"))
    helping = commands.add_parser("help", help="show this help, or that of a command")
    helping.add_argument("words", nargs="*", metavar="COMMAND")
    options.add_package(commands.add_parser("package", help="make a zip for Spark executors that lack this package"))
    _add_bench(commands.add_parser("bench", help="measure the pipeline and compare it with cusp, codonW and others"))
    test = commands.add_parser("test", help="run linters, type checks and tests; other arguments go to pytest")
    test.add_argument(
        "--fast",
        action="store_true",
        help="without the tests that take minutes: the real DAG with the real Spark, memory, every kind of damage",
    )
    test.add_argument(
        "--faults", action="store_true", help="only the long form of the fault and fuzz tests (about half an hour)"
    )
    test.add_argument("--stack", action="store_true", help="only the tests of the containers; needs a docker engine")
    parser.describe()
    return parser


def _add_codon(parser: argparse.ArgumentParser, *, needed: bool) -> None:
    from opengenome.cli.run_options import add_parameters
    from opengenome.parameters import RunParameters

    parser.epilog = "`--input -` reads standard input."
    parser.add_argument(
        *("--output", "--outdir"),
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the results; created if missing",
    )
    parser.add_argument(
        "--params",
        type=Path,
        metavar="FILE",
        help="YAML or JSON with the parameters below by their names, such as pipeline_info/params.json of an earlier"
        " run; what is also on the command line is taken from there",
    )
    add_parameters(parser, RunParameters, needed=needed)
    _add_place(parser)
    _add_view(parser)


def _add_retry(parser: argparse.ArgumentParser) -> None:
    parser.usage = "opengenome retry RUN [--batch N [N ...]] [options]"  # RUN first: --batch would take it for an N
    parser.description = (
        "Retries the failed tasks of a run and the tasks that depend on them; the other tasks are not run again. A run"
        " that failed before its batches were planned starts over with the same parameters."
    )
    parser.add_argument("run", metavar="RUN", help="the run's id, as `analyze` and Airflow print it")
    parser.add_argument(
        "--batch",
        type=whole("--batch", 1, MAX_BATCHES, "(the number of a batch)"),
        nargs="+",
        action="extend",
        metavar="N",
        help="only these batches and the tasks after them; N as in the label: 3 is `batch 3/7`, map index 2 in Airflow",
    )
    _add_place(parser)
    _add_view(parser)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on",
        choices=("here", "stack"),
        default="here",
        help="where to run: an Airflow of this checkout (default), or the containers of `stack up`",
    )


def _add_bench(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--scale",
        type=between("--scale", 0.001, 4),
        default=0.05,
        metavar="X",
        help="share of OpenGenome2's organelles, 0.001 to 4; 1.0 is 2,816,827,506 nt (default 0.05)",
    )
    add("--output", type=Path, metavar="FILE.json", help="also write all measurements to this file")
    add(
        "--only",
        nargs="+",
        action="extend",
        choices=MEASUREMENTS,
        metavar="NAME",
        help="measure only these: dag, or its parts busy (the DAG beside one busy process) and command (`analyze codon`"
        " with the start and stop of its Airflow); identity (other batch sizes and masters); micro (kernels, ingest and"
        " single submits); coding (the coding sequences of GenBank, beside Biopython); measures (of CDS, beside codonW"
        " and codon-bias); report (the task `report`, its page in Chromium, beside MultiQC); release (a GenBank file of"
        " 3 GB at scale 1 through the DAG, beside gzip -dc);"
        f" peers, or of them {', '.join(_PEERS)}",
    )


def _add_view(parser: argparse.ArgumentParser) -> None:
    shown = parser.add_argument_group("printed table (the files always hold everything)")
    shown.add_argument("--rscu", action="store_true", help="with relative synonymous codon usage")
    shown.add_argument("--skip-stops", action="store_true", help="without stop codons")
    shown.add_argument(
        "--min-count",
        type=whole("--min-count", 0, 10**18, "times"),
        default=0,
        metavar="N",
        help="only codons counted at least N times",
    )
    shown.add_argument(
        "--top",
        type=whole("--top", 0, 10**6, "codons"),
        default=20,
        metavar="N",
        help="the N most frequent codons (default 20; 0: none)",
    )
    options.add_json(parser)
