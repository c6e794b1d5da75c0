"""From a word of the command line to a codon table: a folder of results, a file, `latest`, or a run by its name."""

from __future__ import annotations

from pathlib import Path

from opengenome.cli.called import retry_command, typed
from opengenome.errors import UsageError
from opengenome.io.store import LATEST, LATEST_ADHOC, Store
from opengenome.io.usage_tables import UsageTable, read_file, read_results
from opengenome.orchestration import settings
from opengenome.orchestration.past import past_runs


def named_table(word: str) -> UsageTable:
    """The table that a user means. A path that exists comes before a run of that name.

    Raises UsageError if there is none, and as `read_results` and `read_file`.
    """
    path = Path(word)
    if path.is_file():
        return read_file(path)
    return read_results(path if path.is_dir() else _results_of(word))


def _results_of(run: str) -> Path:
    current = settings.load()
    if run in (LATEST, LATEST_ADHOC) and (current.results / run).is_dir():
        return current.results / run
    stack = settings.project_root() / "data" / "stack"  # results copied out of the containers
    known = past_runs(Store(current.store), (current.results, stack)).get(run)
    if known is None:
        advice = f"`{typed('runs')}` lists the runs."
        raise UsageError(f"There is no file, folder or run {run}", advice=advice)
    if known.results is None:
        raise UsageError(
            f"The run {run} has published no results", advice=f"To continue it: `{retry_command(run, '')}`."
        )
    return known.results
