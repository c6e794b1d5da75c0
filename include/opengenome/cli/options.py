"""The options of the commands that start no run."""

from __future__ import annotations

import argparse
from pathlib import Path

from opengenome import flow
from opengenome.cli.numbers import whole


def add_verify(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Checks folders of published files against the proof that lies in each: its seal, the SHA-256 of each file, the"
        " 64 codons, CSV = Parquet. Exits with 0 when all are verified, 1 when one is not, 2 when one is not there."
    )
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="results/<run>, or an --output")
    add_json(parser)


def add_runs(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Lists the runs of this checkout's store, results and Airflow, newest first, whether that Airflow is up or not."
        f" `proven` is what the sealed {flow.VALIDATION} says; `verify` looks at every file."
    )
    parser.add_argument(
        "--last", type=whole("--last", 1, 10**6, "runs"), default=20, metavar="N", help="the N newest (default 20)"
    )
    add_json(parser)


def add_clean(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Removes what is older than an age and needed by no run that is kept: published, or itself younger. May run"
        " beside runs, as long as no batch and no input file takes longer than the age."
    )
    parser.add_argument(
        "--older-than", default="7d", metavar="AGE", help="days, hours or minutes: 7d (default), 12h, 30m"
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what would go, and how large it is")
    add_json(parser)


def add_stack(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("init", help="make .env with fresh secrets; never changes one that is there")
    actions.add_parser("up", help="build the image, start everything, wait until it is well")
    down = actions.add_parser("down", help="stop everything, after the batches that run")
    down.add_argument("--volumes", action="store_true", help="also remove the database, the store and the results")
    actions.add_parser("status", help="what runs, and how it is")
    logs = actions.add_parser("logs", help="the last lines that services wrote")
    logs.add_argument("services", nargs="*", metavar="SERVICE")


def add_package(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, default=Path("opengenome.zip"), metavar="FILE.zip", help="default opengenome.zip"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="for scripts: one JSON object on standard output, also for an error"
    )
