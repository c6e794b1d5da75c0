"""The options of the commands that start no run."""

from __future__ import annotations

import argparse
from pathlib import Path

from opengenome import flow
from opengenome.cli.numbers import whole

EXPORTS = ("cut", "gcg", "kazusa", "python_codon_tables")  # as io.exports.EXPORTS, which takes long to import
_TABLE = f"a folder of results, the id of a run, `latest`, or a {flow.CSV} or {flow.PARQUET}"


def add_verify(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Checks folders of published files against the proof in each of them: its seal, the SHA-256 of each file, the"
        " 64 codons, and that CSV and Parquet are equal. Exits with 0 if all are verified, 1 if one is not, 2 if one is"
        " missing."
    )
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="results/<run>, or an --output")
    add_json(parser)


def add_runs(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Lists the runs of this checkout's store, results and Airflow, newest first. Airflow need not be running."
        f" `proven` is taken from the sealed {flow.VALIDATION}; `verify` checks every file."
    )
    parser.add_argument(
        "--last", type=whole("--last", 1, 10**6, "runs"), default=20, metavar="N", help="the N newest runs (default 20)"
    )
    add_json(parser)


def add_clean(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Removes whatever is older than an age and not needed by a kept run. Published runs and newer runs are kept. It"
        " is safe beside running runs, as long as no batch or input file takes longer than the age."
    )
    parser.add_argument(
        "--older-than", default="7d", metavar="AGE", help="days, hours or minutes: 7d (default), 12h, 30m"
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed, with sizes")
    add_json(parser)


def add_stack(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("init", help="make .env with fresh secrets; never changes an existing one")
    actions.add_parser("up", help="build the image, start the containers, wait until healthy")
    down = actions.add_parser("down", help="stop the containers after running batches have ended")
    down.add_argument("--volumes", action="store_true", help="also remove the database, the store and the results")
    actions.add_parser("status", help="list the containers and their health")
    logs = actions.add_parser("logs", help="show the last log lines of services")
    logs.add_argument("services", nargs="*", metavar="SERVICE")


def add_compare(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compares two codon tables: correlations, divergence, and the ratio of each codon's frequencies with a 95 %"
        " interval."
    )
    for name in ("a", "b"):
        parser.add_argument(name, metavar=name.upper(), help=_TABLE)
    parser.add_argument(
        "--top",
        type=whole("--top", 0, 64, "codons"),
        default=20,
        metavar="N",
        help="print the N codons that differ most (default 20)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE.csv", help="also write all 64 codons to this file")
    add_json(parser)


def add_export(parser: argparse.ArgumentParser) -> None:
    parser.description = "Writes a codon table as text that another program reads."
    parser.add_argument("table", metavar="TABLE", help=_TABLE)
    parser.add_argument(
        "--as",
        dest="form",
        required=True,
        choices=EXPORTS,
        help="cut: EMBOSS (cusp, .cut); gcg: GCG's codon frequency table; kazusa: the Codon Usage Database's text;"
        " python_codon_tables: that package's CSV",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file, not to standard output")
    add_json(parser)


def add_package(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, default=Path("opengenome.zip"), metavar="FILE.zip", help="(default opengenome.zip)"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="for scripts: print one JSON object to standard output, also for an error"
    )
