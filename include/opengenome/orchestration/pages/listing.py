"""All runs, page by page, as the pages inside Airflow list them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from opengenome.errors import readable
from opengenome.io.paths import path_of, shown
from opengenome.io.store import Store
from opengenome.orchestration.past import DagRun, PastRun, newest_first, past_run, past_runs, with_state
from opengenome.orchestration.runs import Run
from opengenome.orchestration.settings import Settings

MOST = 1000  # folders of each kind that are looked at, and runs that Airflow is asked for
PER_PAGE = 50


@dataclass(frozen=True)
class Listing:
    """A page of runs, the newest first. number: from 1. pages: how many there are. cut: whether MOST was reached."""

    runs: list[PastRun]
    number: int
    pages: int
    total: int
    cut: bool


def listing(settings: Settings, known: Iterable[DagRun], page: int) -> Listing:
    """known: the runs that Airflow knows. page: from 1; beyond the last, the last is shown."""
    found = past_runs(Store(settings.store), (settings.results,), MOST)
    cut = len(found) >= MOST
    for dag_run in known:
        found[dag_run.run] = with_state(found.get(dag_run.run), dag_run, living=True)
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(page, 1), pages)
    shown_ones = newest_first(found.values())[(page - 1) * PER_PAGE : page * PER_PAGE]
    return Listing(shown_ones, page, pages, len(found), cut)


def one(run: Run, run_id: str, known: Iterable[DagRun]) -> PastRun | None:
    """One run; None if nobody knows it. known: that run, if Airflow knows it."""
    found = past_run(run.store, (run.settings.results,), run.slug)
    for dag_run in known:
        if dag_run.run == run_id:
            return with_state(found, dag_run, living=True)
    return found


def input_of(run: PastRun) -> str:
    """The input of a run in a few words."""
    first, *more = run.source.splitlines() or [""]
    name = readable(shown(path_of(first))) if first else "the landing folder"
    others = f" and {len(more):,} more" if more else ""
    files = f" ({run.files:,} files)" if run.files and run.files > 1 else ""
    return f"{name}{others}{files}"
