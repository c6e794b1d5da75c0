"""The state of earlier runs, read from files alone: published results and what other runs left in the store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opengenome.errors import ContractError, OpenGenomeError
from opengenome.io import batches, published, schemas, tables
from opengenome.io.paths import path_of
from opengenome.io.store import LATEST, LATEST_ADHOC, Store, storing
from opengenome.orchestration.runs import INPUTS, PLAN

PUBLISHED, UNFINISHED = "published", "unfinished"


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run. started: ISO 8601, UTC; empty if unknown. source: as the user gave it; empty for the landing folder.

    proven: what the sealed validation.json says; None if there is none yet. files: number of input files. batches:
    number of planned ones. counted: those that are committed. None means unknown. results: the published folder.
    """

    run: str
    state: str
    started: str = ""
    source: str = ""
    proven: bool | None = None
    files: int | None = None
    batches: int | None = None
    counted: int | None = None
    results: Path | None = None


def past_runs(store: Store, results: Iterable[Path]) -> dict[str, PastRun]:
    """Every run of a store and of results folders, by its id. The facts of an unreadable file stay unknown.

    results: folders of published runs, in addition to those that the store remembers.
    """
    runs: dict[str, PastRun] = {}
    for folder in dict.fromkeys(map(_real, (*results, *_remembered(store)))):
        for entry in _folders(folder):
            run = _published(entry)
            runs.setdefault(run.run, run)
    known = {run.results.name for run in runs.values() if run.results}
    for entry in _folders(store.root / "runs"):
        if entry.name not in known:
            run = _unpublished(store, entry)
            runs.setdefault(run.run, run)
    return runs


def _remembered(store: Store) -> Iterator[Path]:
    for file in sorted(store.results.glob("*.json")):
        try:
            yield path_of(str(tables.read_document(file)["results"]))
        except (ContractError, KeyError):
            continue


def _published(folder: Path) -> PastRun:
    run = PastRun(folder.name, PUBLISHED, results=folder)
    try:
        provenance = tables.read_document(folder / tables.PROVENANCE)
        planned = len(provenance["batches"])
        run = replace(run, run=str(provenance["run"]), started=str(provenance["started"]), counted=planned)
        run = replace(run, source=str(provenance["source"]), files=len(provenance["inputs"]), batches=planned)
    except (ContractError, KeyError, TypeError):
        pass
    return replace(run, proven=_proven(folder))


def _unpublished(store: Store, folder: Path) -> PastRun:
    run = PastRun(folder.name, UNFINISHED)
    try:
        inputs = schemas.read_run_inputs(folder / INPUTS)
        source = str(inputs.parameters.get("source", ""))
        run = replace(run, run=inputs.run, started=inputs.started, source=source, files=len(inputs.files))
        planned = schemas.read_plan(folder / PLAN).batches
        counted = sum(batches.is_committed(store.batch(batch.key)) for batch in planned)
        run = replace(run, batches=len(planned), counted=counted)
    except OpenGenomeError:  # the run ended before this file was written, or the file is damaged
        pass
    report = folder / "report"
    return replace(run, proven=_proven(report)) if (report / tables.VALIDATION).exists() else run


def _proven(folder: Path) -> bool:
    try:
        published.read_proof(folder)
    except OpenGenomeError:
        return False
    return True


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))


def _folders(parent: Path) -> list[Path]:
    """The folders of runs in a folder, without the pointers and hidden folders."""
    if not parent.is_dir():
        return []
    with storing(parent):
        pointers = (LATEST, LATEST_ADHOC)
        visible = [path for path in parent.iterdir() if path.name[0] != "." and path.name not in pointers]
        return sorted(filter(Path.is_dir, visible))


def as_data(run: PastRun) -> dict[str, Any]:
    """A run as JSON values, without its folder."""
    names = ("run", "state", "proven", "started", "source", "files", "batches", "counted")
    return {name: getattr(run, name) for name in names}
