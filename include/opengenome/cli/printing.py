"""Print a finished run: the codon table, the ledger, its facts and the verdict. Numbers are shown as published."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from opengenome import flow
from opengenome.cli.facts import WARNING, Facts
from opengenome.cli.terminal import Shown, columns
from opengenome.core.coding import WITH_OTHERS, code_of_table
from opengenome.errors import ContractError, number_of, printable
from opengenome.orchestration.telling import found

_STOP = "*"


@dataclass(frozen=True, slots=True)
class View:
    """Which rows and columns of the table to show. top: rows at most. min_count: the least count of a shown row."""

    top: int = 20
    rscu: bool = False
    skip_stops: bool = False
    min_count: int = 0


def report(folder: Path, view: View) -> Iterator[Shown]:
    """A finished run, printed from the files in `folder`. Raises ContractError if they cannot be read."""
    try:
        with (folder / flow.CSV).open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        facts = Facts.of(folder)
        ledger = facts.summary["ledger"]
        yield found([int(row["count"]) for row in rows], ledger["sequences"], ledger["bases"])
        yield ""
        if view.top:
            if WITH_OTHERS in facts.summary.get("genetic_code", ()):
                yield Text(f"The amino acids are those of {printable(code_of_table(facts.summary))}", style="yellow")
            yield from table(rows, view)
            yield ""
        yield from _ledger(facts.summary)
        yield ""
        for line in facts.lines():
            yield Text(line, style="yellow") if line.startswith(WARNING) else line
        yield ""
        yield from _verdict(facts.validation)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ContractError(f"The results in {folder} cannot be read: {error!r}") from error


def table(rows: Sequence[dict[str, str]], view: View) -> Iterator[Shown]:
    """The codons by count, highest first, ties alphabetical; then how many rows are hidden, and why."""
    names = ["codon", "amino_acid", "count", "fraction", "per_thousand", *(["rscu"] if view.rscu else [])]
    ordered = sorted(rows, key=lambda row: (-int(row["count"]), row["codon"]))
    coding = [row for row in ordered if not (view.skip_stops and row["amino_acid"] == _STOP)]
    frequent = [row for row in coding if int(row["count"]) >= view.min_count]
    shown = frequent[: view.top]
    head = [name.replace("_", " ") for name in names]
    yield columns(head, ([_cell(row, name) for name in names] for row in shown), left=(0, 1))
    hidden = [
        (len(ordered) - len(coding), "stop codons (--skip-stops)"),
        (len(coding) - len(frequent), f"counted fewer than {view.min_count:,} times (--min-count)"),
        (len(frequent) - len(shown), f"beyond the first {view.top} (--top)"),
    ]
    if reasons := [f"{count} {reason}" for count, reason in hidden if count]:
        yield f"{len(ordered) - len(shown)} of {len(ordered)} codons are not shown: {', '.join(reasons)}"


def _cell(row: dict[str, str], column: str) -> str:
    value = row[column]
    if column == "count":
        return f"{int(value):,}"
    if column in ("codon", "amino_acid"):
        return printable(value)
    return f"{float(value):.3f}" if value else "–"  # empty for a family without counted codons


def _ledger(summary: dict[str, Any]) -> Iterator[Shown]:
    ledger = {key: int(value) for key, value in summary["ledger"].items()}
    offset, counted, ambiguous = ledger["offset"], ledger["counted"], ledger["ambiguous"]
    accounted = offset + 3 * (counted + ambiguous) + ledger["trailing"]
    verdict = ", all of them" if accounted == ledger["bases"] else f", NOT the {ledger['bases']:,} that were read"
    names, things = (_LEDGER_OF_CDS, "coding sequence") if "cds" in summary else (_LEDGER, "sequence")
    yield f"Ledger of {number_of(ledger['sequences'], things)}, accounting for every base:"
    grid = Table.grid(padding=(0, 1, 0, 0))
    for justify in ("left", "right", "left"):
        grid.add_column(justify=justify)
    for key, name, unit in names:
        grid.add_row(Padding(f"  {name}", (0, 3, 0, 0)), f"{ledger[key]:,}", unit)
    yield grid
    yield f"  {offset:,} + 3 × ({counted:,} + {ambiguous:,}) + {ledger['trailing']:,} = {accounted:,} bases{verdict}"


_LEDGER = (
    ("bases", "read by ingest", "bases"),
    ("offset", "before the frame", "bases"),
    ("counted", "counted", "codons"),
    ("ambiguous", "ambiguous, skipped", "codons"),
    ("trailing", "trailing", "bases"),
)
# Of CDS, ingest reads whole genomes too, and `offset` is what comes before the first codon that is counted.
_LEDGER_OF_CDS = (
    ("bases", "in those counted", "bases"),
    ("offset", "before the first codon", "bases"),
    *_LEDGER[2:],
)


def _verdict(validation: dict[str, Any]) -> Iterator[Shown]:
    laws: Iterable[dict[str, Any]] = validation["laws"]
    broken = [law for law in laws if not law["holds"]]
    if validation["proven"] and not broken:
        yield Text(f"Proven: all {len(validation['laws'])} laws hold", style="bold green")
        return
    yield Text(f"NOT proven: {len(broken)} of {len(validation['laws'])} laws are broken", style="bold red")
    yield from (f"  {printable(str(law['law']))}: {printable(str(law['detail']))}" for law in broken)
