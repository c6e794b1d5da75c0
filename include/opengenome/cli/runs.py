"""`runs`: list the runs, their states and where their results are, even while no Airflow is running."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from opengenome.cli.called import typed
from opengenome.cli.dag_runs import dag_runs
from opengenome.cli.embedded import in_use
from opengenome.cli.environment import Site
from opengenome.cli.notes import recall
from opengenome.cli.output import holds
from opengenome.cli.terminal import columns, lines, show
from opengenome.errors import number_of, printable
from opengenome.io.paths import path_of, text_of
from opengenome.io.store import Store
from opengenome.orchestration import settings
from opengenome.orchestration.past import PastRun, as_data, newest_first, past_runs, with_state

if TYPE_CHECKING:
    from rich.text import Text

_SHOWN = 60  # letters of a name


def runs(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """`opengenome runs`: two lines for each run, newest first."""
    site, current = Site.of_checkout(), settings.load()
    stack = site.root / "data" / "stack"  # results copied out of the containers
    found = past_runs(Store(current.store), (current.results, stack))
    for dag_run in dag_runs(site.home):
        found[dag_run.run] = with_state(found.get(dag_run.run), dag_run, living=in_use(site))
    newest = newest_first(found.values())
    shown, more = newest[: given.last], max(0, len(newest) - given.last)
    outputs = [_copy(site, run) for run in shown]
    given.answer["runs"] = [
        as_data(run) | {"results": run.results and text_of(run.results), "output": output and text_of(output)}
        for run, output in zip(shown, outputs, strict=True)
    ]
    given.answer["more"] = more
    if not shown:
        log_line(f"Nothing has run in this checkout yet. Try `{typed('demo')}`")
    elif not given.json:
        show(table(shown, outputs), sys.stdout)
        if more:
            show([f"{number_of(more, 'older run is', 'older runs are')} not shown (--last)"], sys.stdout)


def _copy(site: Site, run: PastRun) -> Path | None:
    """The folder that --output named, if it still holds this run."""
    output = recall(site, run.run)
    return output if output and holds(output, run.run) else None


def table(shown: list[PastRun], outputs: list[Path | None]) -> Iterator[Text]:
    """Two lines for each run: its time, id and state; below, its input and where its results are."""
    from rich.text import Text

    cells = [[run.when, printable(run.run), run.state, _PROVEN[run.proven]] for run in shown]
    head, *rows = lines([columns(["started (UTC)", "run", "state", "proven"], cells, left=range(4))])
    yield Text(head, style="bold")
    for row, run, output in zip(rows, shown, outputs, strict=True):
        yield Text(row, style="red" if run.proven is False else _COLOURS.get(run.state, ""))
        yield Text(f"{' ' * head.index('run')}{_input(run)} → {_where(run, output)}")


_COLOURS = {"published": "green", "failed": "red", "running": "cyan"}
_PROVEN = {True: "yes", False: "NO", None: "–"}


def _input(run: PastRun) -> str:
    first, *more = run.source.splitlines() or ["the landing folder"]
    name = _short(_named(path_of(first))) if run.source else first
    others = f" and {len(more):,} more" if more else ""
    files = f" ({run.files:,} files)" if run.files and run.files > 1 else ""
    return f"{name}{others}{files}"


def _named(path: Path) -> str:
    return "standard input" if path.parent == Site.of_checkout().standard_input else _from_here(path)


def _where(run: PastRun, output: Path | None) -> str:
    if run.results:
        return _from_here(output or run.results)
    if run.batches is not None:
        return f"nothing yet: {run.counted:,} of {run.batches:,} batches are counted"
    return "nothing"


def _from_here(path: Path) -> str:
    """A path as one would type it: relative if it is below the working directory."""
    here = Path.cwd()
    return printable(str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"…{text[1 - _SHOWN :]}"
