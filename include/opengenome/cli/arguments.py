"""The command line, and what can be said about it before anything starts."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from opengenome.cli import options
from opengenome.cli.called import typed
from opengenome.cli.inputs import check_inputs
from opengenome.cli.numbers import between, one_of, parameter, whole
from opengenome.cli.output import check_writable
from opengenome.cli.parser import Parser
from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.core.model import AllCodons
from opengenome.core.validation import COLLECTION
from opengenome.errors import UsageError
from opengenome.orchestration.settings import MAX_BATCHES

_DESCRIPTION = "Codon usage of nucleotide collections, counted in batches and proven."
_PEERS = ("cusp", "codonw", "seqkit", "biopython", "gzip", "isal")
MEASUREMENTS = ("dag", "busy", "command", "identity", "micro", "peers", *_PEERS)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The arguments, with `command` set. Raises UsageError where they cannot be read; --help ends the process."""
    parser = _parser()
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
        raise UsageError(f"Too many words: {' '.join(rest)}", advice=f"`{typed(f'help {addressed.words}')}` says more.")
    if found.command == "test":
        found.pytest_arguments = rest
    found.json = getattr(found, "json", False)
    return found


def help_of(words: Iterable[str]) -> str:
    """The help of a subcommand; of the whole command without words. Raises UsageError where there is none."""
    parser, rest = _parser().addressed(words)
    if rest:
        parser.refuse_word(rest[0])
    while len(parser.subcommands) == 1:  # nobody asks for `help analyze` to be told to ask for `help analyze codon`
        (parser,) = parser.subcommands.values()
    return parser.format_help()


def short_help() -> str:
    """What can be done, for who typed nothing else."""
    words = {
        "demo": "try it, with nothing set up",
        "analyze codon --input genomes/ --output usage": "count your own data",
        "runs": "what ran, and where its results are",
        "up": "start Airflow with its web interface",
        "help": "list every command; `help analyze` lists its options",
    }
    width = max(len(typed(word)) for word in words if " " not in word)
    below = f"\n{'':{width + 2}}"  # under a line that is longer than the others
    lines = (f"  {typed(word):{width}}{below if ' ' in word else ''}  {told}" for word, told in words.items())
    return "\n".join((_DESCRIPTION, "", *lines))


def check(given: argparse.Namespace) -> None:
    """Cheap checks of `analyze codon`. Raises UsageError.

    The DAG checks everything again: it also has other callers.
    """
    check_writable(given.output)
    check_inputs(given.input, given.on)


def _parser() -> Parser:
    parser = Parser(
        prog="opengenome",
        description=_DESCRIPTION,
        epilog=f"`{typed('help COMMAND')}` says more about one of them.",
    )
    parser.add_argument("--version", action="store_true", help="versions of this command and of what it stands on")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    demo = commands.add_parser("demo", help="count a synthetic organelle-like collection: the whole thing, end to end")
    _add_view(demo)
    analyze = commands.add_parser("analyze", help="count your own data")
    kinds = analyze.add_subparsers(dest="kind", required=True, metavar="KIND")
    _add_codon(kinds.add_parser("codon", help="codon usage"))
    _add_retry(commands.add_parser("retry", help="run again what failed in a run, or single batches"))
    options.add_runs(
        commands.add_parser("runs", help="list the runs: what became of them, and where their results are")
    )
    options.add_verify(commands.add_parser("verify", help="check that results are what was proven"))
    options.add_clean(commands.add_parser("clean", help="remove from the store what no kept run needs"))
    up = commands.add_parser("up", help="start Airflow with its web interface, on this machine only, until stopped")
    up.add_argument(
        "--port",
        type=whole("--port", 1, 65_535, ""),
        metavar="N",
        help="where it listens (default: the first free one from 8080)",
    )
    commands.add_parser("down", help="stop what `up` started")
    options.add_stack(commands.add_parser("stack", help="Airflow on Postgres with a Spark cluster, in containers"))
    helping = commands.add_parser("help", help="what the command, or one of its commands, can do")
    helping.add_argument("words", nargs="*", metavar="COMMAND")
    options.add_package(
        commands.add_parser("package", help="a zip of what Spark executors need that lack this package")
    )
    _add_bench(commands.add_parser("bench", help="measure the pipeline beside cusp, codonW and others"))
    test = commands.add_parser("test", help="linters, types, boundaries and tests; other arguments go to pytest")
    test.add_argument(
        "--fast",
        action="store_true",
        help="without the tests that take minutes: the real DAG with the real Spark, memory, every damage",
    )
    test.add_argument(
        "--faults", action="store_true", help="only the long form of the fault and fuzz tests (about half an hour)"
    )
    test.add_argument("--stack", action="store_true", help="only the tests of the containers; needs a docker engine")
    parser.describe()
    return parser


def _add_codon(parser: argparse.ArgumentParser) -> None:
    # No defaults here for what the DAG has defaults for: they live in one place, its trigger form.
    add = parser.add_argument
    add(
        "--input",
        nargs="+",
        action="extend",
        required=True,
        metavar="PATH",
        help="FASTA (plain or compressed) or Parquet: files, folders, patterns; - reads standard input",
    )
    add("--output", type=Path, required=True, metavar="DIR", help="folder that receives the results; made if missing")
    add("--batch-size", type=parameter("batch_size"), metavar="N", help="sequences per batch at most (default 5000)")
    add(
        "--max-batch-bases",
        type=parameter("max_batch_bases"),
        metavar="N",
        help="bases per batch at most; whichever comes first",
    )
    add(
        "--frame",
        type=parameter("frame"),
        metavar="0|1|2",
        help="bases skipped at the start of every sequence (default 0)",
    )
    add(
        "--genetic-code",
        type=one_of("--genetic-code", GENETIC_CODES, "NCBI translation table"),
        metavar="ID",
        help="NCBI translation table (default 1; 11 plastids, 2 and 5 mitochondria)",
    )
    inputs = parser.add_mutually_exclusive_group()
    inputs.add_argument(
        "--verify-inputs",
        action="store_const",
        const="always",
        help="read known inputs again and compare their content (default: where their stat is no proof)",
    )
    inputs.add_argument(
        "--trust-stat",
        action="store_const",
        const="never",
        dest="verify_inputs",
        help="never read known inputs again, on any disk",
    )
    codons = parser.add_mutually_exclusive_group()
    codons.add_argument(
        "--require-all-codons",
        action="store_const",
        const=str(AllCodons.ALWAYS),
        help=f"fail when a codon never occurs (default: from {COLLECTION:,} counted codons on, else a warning)",
    )
    codons.add_argument(
        "--allow-missing-codons",
        action="store_const",
        const=str(AllCodons.NEVER),
        dest="require_all_codons",
        help="never fail for it; the warning names them",
    )
    add(
        "--recount",
        action="store_true",
        help="count every batch again, and fail where one gives anything but what is committed",
    )
    add(
        "--no-per-sequence",
        action="store_const",
        const=False,
        dest="per_sequence",
        help="do not keep the table of 64 counts for each sequence",
    )
    _add_place(parser)
    _add_view(parser)


def _add_retry(parser: argparse.ArgumentParser) -> None:
    parser.usage = "opengenome retry RUN [--batch N [N ...]] [options]"  # after RUN, which --batch would take for an N
    parser.description = (
        "Runs again what failed in a run and what follows from it; everything else keeps what it did. A run that failed"
        " before its batches were planned starts over, with the parameters that it had."
    )
    parser.add_argument("run", metavar="RUN", help="the run's id, as `analyze` and Airflow print it")
    parser.add_argument(
        "--batch",
        type=whole("--batch", 1, MAX_BATCHES, "(the number of a batch)"),
        nargs="+",
        action="extend",
        metavar="N",
        help="only these batches and what follows; N as in the label: 3 is `batch 3/7`, in Airflow map index 2",
    )
    _add_place(parser)
    _add_view(parser)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on",
        choices=("here", "stack"),
        default="here",
        help="an Airflow of this checkout (default), or the containers of `stack up`",
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
    add("--output", type=Path, metavar="FILE.json", help="also write everything that was measured")
    add(
        "--only",
        nargs="+",
        action="extend",
        choices=MEASUREMENTS,
        metavar="NAME",
        help="not everything: dag, or of it only busy (the DAG beside one busy process) or command (`analyze codon`"
        " with the start and stop of its Airflow); identity (other batch sizes and masters); micro (the parts);"
        f" peers, or of them only {', '.join(_PEERS)}",
    )


def _add_view(parser: argparse.ArgumentParser) -> None:
    shown = parser.add_argument_group("what is printed (the files always hold everything)")
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
