"""The command line, and what can be said about it before anything starts."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any, cast

from opengenome.cli.inputs import check_inputs
from opengenome.cli.numbers import parameter, whole
from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.core.model import AllCodons
from opengenome.core.validation import COLLECTION
from opengenome.errors import UsageError
from opengenome.orchestration.settings import MAX_BATCHES

MEASUREMENTS = ("dag", "identity", "micro", "peers", "cusp", "codonw", "seqkit", "biopython", "gzip", "isal")


class Once(argparse.Action):
    """Keeps the value of an option, which may be given once: the last of two would win without a word."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        given = cast("Parser", parser).given
        if option and self.dest in given:
            parser.error(f"{option} is given twice; it takes one value")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """A parser, and so are its subcommands', in which an option that takes a value either collects or is given once.

    given: the options that were met so far. Nothing is abbreviated: `--to` would change its meaning with a new option.
    """

    def __init__(self, **told: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **told})
        self.given: set[str] = set()
        for name in (None, "store"):
            self.register("action", name, Once)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The arguments, with `command` set. Ends the process with 2 and a sentence where they cannot be read."""
    parser = _parser()
    found, rest = parser.parse_known_args(arguments)
    if rest and found.command != "test":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if found.command == "test":
        found.pytest_arguments = rest
    return found


def check(given: argparse.Namespace) -> None:
    """Cheap checks of `analyze codon`. Raises UsageError, and what check_inputs raises.

    The DAG checks everything again: it also has other callers.
    """
    if given.genetic_code is not None and given.genetic_code not in GENETIC_CODES:
        known = ", ".join(map(str, GENETIC_CODES))
        raise UsageError(f"--genetic-code {given.genetic_code} is no NCBI translation table; there are {known}")
    _check_output(given.output)
    check_inputs(given.input, given.on)


def _check_output(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output {folder} cannot be made a folder: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"--output {folder} cannot be written to")


def _parser() -> Parser:
    parser = Parser(
        prog="opengenome",
        description="Codon usage of nucleotide collections, counted in batches and proven.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="count a synthetic organelle-like collection: the whole thing, end to end")
    _add_view(demo)
    analyze = commands.add_parser("analyze", help="count your own data")
    kinds = analyze.add_subparsers(dest="kind", required=True, metavar="KIND")
    _add_codon(kinds.add_parser("codon", help="codon usage"))
    _add_retry(commands.add_parser("retry", help="run again what failed in a run, or single batches"))
    _add_verify(commands.add_parser("verify", help="check that results are what was proven"))
    _add_clean(commands.add_parser("clean", help="remove from the store what no kept run needs"))
    commands.add_parser("up", help="start Airflow with its web interface, on this machine only, until stopped")
    commands.add_parser("down", help="stop what `up` started")
    _add_stack(commands.add_parser("stack", help="Airflow on Postgres with a Spark cluster, in containers"))
    _add_package(commands.add_parser("package", help="a zip of what Spark executors need that lack this package"))
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
        help="FASTA (plain or .gz) or Parquet: files, folders, patterns; - reads standard input",
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
        type=whole("--genetic-code", min(GENETIC_CODES), max(GENETIC_CODES), "(an NCBI translation table)"),
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


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Checks folders of published files against the proof that lies in each: its seal, the SHA-256 of each file, the"
        " 64 codons, CSV = Parquet. Exits with 0 when all are verified, 1 when one is not, 2 when one is not there."
    )
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="results/<run>, or an --output")


def _add_clean(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Removes what is older than an age and needed by no run that is kept: published, or itself younger. May run"
        " beside runs, as long as no batch and no input file takes longer than the age."
    )
    parser.add_argument(
        "--older-than", default="7d", metavar="AGE", help="days, hours or minutes: 7d (default), 12h, 30m"
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what would go, and how large it is")


def _add_stack(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("init", help="make .env with fresh secrets; never changes one that is there")
    actions.add_parser("up", help="build the image, start everything, wait until it is well")
    down = actions.add_parser("down", help="stop everything, after the batches that run")
    down.add_argument("--volumes", action="store_true", help="also remove the database, the store and the results")
    actions.add_parser("status", help="what runs, and how it is")
    logs = actions.add_parser("logs", help="the last lines that services wrote")
    logs.add_argument("services", nargs="*", metavar="SERVICE")


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on",
        choices=("here", "stack"),
        default="here",
        help="an Airflow of this checkout (default), or the containers of `stack up`",
    )


def _add_package(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, default=Path("opengenome.zip"), metavar="FILE.zip", help="default opengenome.zip"
    )


def _add_bench(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--scale",
        type=float,
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
        help=f"not everything: {', '.join(MEASUREMENTS)}",
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
        type=whole("--top", 1, 10**6, "codons"),
        default=20,
        metavar="N",
        help="the N most frequent codons (default 20)",
    )
