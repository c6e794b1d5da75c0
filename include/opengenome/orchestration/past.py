"""The state of earlier runs, read from files alone: published results and what other runs left in the store."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from opengenome.core.model import Mode
from opengenome.errors import ContractError, OpenGenomeError
from opengenome.flow import VIEWS
from opengenome.io import batches, published, schemas, tables
from opengenome.io.paths import path_of
from opengenome.io.store import LATEST, LATEST_ADHOC, Store, storing
from opengenome.orchestration.runs import INPUTS, PLAN

PUBLISHED, UNFINISHED = "published", "unfinished"
_REMEMBERED = 4096  # runs whose facts a process keeps until their files change


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run. started: ISO 8601, UTC; empty if unknown. source: as the user gave it; empty for the landing folder.

    proven: what the sealed validation.json says; None if there is none yet. files: number of input files. batches:
    number of planned ones. counted: those that are committed. sequences, bases: planned, or counted if published.
    codons: counted. None means unknown. results: the published folder.
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
    mode: str = ""
    sequences: int | None = None
    bases: int | None = None
    codons: int | None = None

    @property
    def moment(self) -> datetime:
        """When the run started; long ago if unknown."""
        try:
            moment = datetime.fromisoformat(self.started)
        except ValueError:
            return datetime.min.replace(tzinfo=UTC)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def when(self) -> str:
        """The same for people, UTC."""
        return f"{self.moment.astimezone(UTC):%Y-%m-%d %H:%M}" if self.moment.year > 1 else "–"


class DagRun(NamedTuple):
    """A run as Airflow knows it. state: Airflow's. started: ISO 8601, UTC. source: the parameter; may be empty.

    note: on the run; of a failed one the reason, unless a person wrote another.
    """

    run: str
    state: str
    started: str
    source: str
    note: str = ""


def newest_first(runs: Iterable[PastRun]) -> list[PastRun]:
    return sorted(runs, key=lambda run: (run.moment, run.run), reverse=True)


def with_state(known: PastRun | None, dag_run: DagRun, *, living: bool) -> PastRun:
    """A run with its state in Airflow's database. living: whether its Airflow is running."""
    if known and known.state == PUBLISHED:
        return known
    run = known or PastRun(dag_run.run, UNFINISHED, source=dag_run.source)
    run = replace(run, started=run.started or dag_run.started)
    if dag_run.state in ("queued", "running"):
        return replace(run, state=dag_run.state if living else UNFINISHED)
    if dag_run.state == "success":  # a scheduled run that found nothing, or whose results were removed
        return replace(run, state="removed" if known else "skipped")
    return replace(run, state=dag_run.state)


def past_runs(store: Store, results: Iterable[Path], most: int | None = None) -> dict[str, PastRun]:
    """Every run of a store and of results folders, by its id. The facts of an unreadable file stay unknown.

    results: folders of published runs, in addition to those that the store remembers. most: how many folders are read
    at most, of each of the two kinds; the newest ones.
    """
    published_ones = [entry for folder in results_folders(store, results) for entry in _folders(folder)]
    names = {entry.name for entry in published_ones}
    others = [entry for entry in _folders(store.root / "runs") if entry.name not in names]
    runs: dict[str, PastRun] = {}
    for entry in _newest(published_ones, most):
        run = _published(entry, stamps(entry, *_FACTS))
        runs.setdefault(run.run, run)
    for entry in _newest(others, most):
        run = _unpublished(store, entry)
        runs.setdefault(run.run, run)
    return runs


def past_run(store: Store, results: Iterable[Path], slug: str) -> PastRun | None:
    """One run; None if it left nothing. slug: its id as a path component."""
    for folder in results_folders(store, results):
        if (folder / slug).is_dir():
            return _published(folder / slug, stamps(folder / slug, *_FACTS))
    folder = store.run(slug)
    return _unpublished(store, folder) if folder.is_dir() else None


def results_folders(store: Store, results: Iterable[Path]) -> list[Path]:
    """The given folders of published runs and those that the store remembers, each once, without links."""
    return list(dict.fromkeys(map(_real, (*results, *_remembered(store)))))


def _remembered(store: Store) -> Iterator[Path]:
    for file in sorted(store.results.glob("*.json")):
        try:
            yield path_of(str(tables.read_document(file)["results"]))
        except (ContractError, KeyError):
            continue


Stamps = tuple[tuple[int, int, int] | None, ...]
_FACTS = (tables.PROVENANCE, tables.SUMMARY, tables.VALIDATION, VIEWS)  # what their proof depends on


def stamps(folder: Path, *names: str) -> Stamps:
    """What changes with the content of each file; None if it cannot be asked."""
    found: list[tuple[int, int, int] | None] = []
    for name in names:
        try:
            seen = (folder / name).stat()
            found.append((seen.st_ino, seen.st_ctime_ns, seen.st_size))
        except OSError:
            found.append(None)
    return tuple(found)


@lru_cache(_REMEMBERED)
def _published(folder: Path, _: Stamps) -> PastRun:
    run = PastRun(folder.name, PUBLISHED, results=folder)
    proof = _proof(folder)

    def document(name: str) -> dict[str, Any]:
        return published.proven_document(folder, proof, name) if proof else tables.read_document(folder / name)

    try:
        provenance = document(tables.PROVENANCE)
        planned = len(provenance["batches"])
        run = replace(run, run=str(provenance["run"]), started=str(provenance["started"]), counted=planned)
        run = replace(run, source=str(provenance["source"]), files=len(provenance["inputs"]), batches=planned)
        summary = document(tables.SUMMARY)
        run = replace(run, mode=str(summary.get("mode", Mode.SEQUENCES)), codons=int(summary["codons"]))
        run = replace(run, sequences=int(summary["sequences"]), bases=int(summary["bases"]))
    except (ContractError, KeyError, TypeError, ValueError):
        return replace(run, proven=False)
    return replace(run, proven=proof is not None)


def _unpublished(store: Store, folder: Path) -> PastRun:
    run, keys = _planned(folder, stamps(folder, INPUTS, PLAN))
    if run.batches is not None:
        with contextlib.suppress(OpenGenomeError):
            run = replace(run, counted=sum(batches.is_committed(store.batch(key)) for key in keys))
    report = folder / "report"
    return replace(run, proven=_proof(report) is not None) if (report / tables.VALIDATION).exists() else run


@lru_cache(_REMEMBERED)
def _planned(folder: Path, _: Stamps) -> tuple[PastRun, tuple[str, ...]]:
    """What was planned, and the keys of the batches."""
    run = PastRun(folder.name, UNFINISHED)
    try:
        inputs = schemas.read_run_inputs(folder / INPUTS)
        source = str(inputs.parameters.get("source", ""))
        run = replace(run, run=inputs.run, started=inputs.started, source=source, files=len(inputs.files))
        run = replace(run, mode=str(inputs.mode))
        planned = schemas.read_plan(folder / PLAN).batches
        run = replace(run, sequences=sum(batch.sequences for batch in planned), batches=len(planned))
        return replace(run, bases=sum(batch.bases for batch in planned)), tuple(batch.key for batch in planned)
    except OpenGenomeError:  # the run ended before this file was written, or the file is damaged
        return run, ()


def _proof(folder: Path) -> published.Proof | None:
    """None if the files are not proven."""
    try:
        return published.read_proof(folder)
    except OpenGenomeError:
        return None


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


def newest_folders(parent: Path, most: int) -> list[Path]:
    """The folders of runs in a folder that changed last, the newest first."""
    return sorted(_folders(parent), key=_changed, reverse=True)[:most]


def _newest(folders: list[Path], most: int | None) -> list[Path]:
    """The folders in their order, but only so many of them: those that changed last."""
    if most is None or len(folders) <= most:
        return folders
    kept = set(sorted(folders, key=_changed, reverse=True)[:most])
    return [folder for folder in folders if folder in kept]


def _changed(folder: Path) -> float:
    with contextlib.suppress(OSError):
        return folder.stat().st_mtime
    return 0.0


def as_data(run: PastRun) -> dict[str, Any]:
    """A run as JSON values, without its folder."""
    names = ("run", "state", "proven", "started", "source", "files", "batches", "counted")
    return {name: getattr(run, name) for name in names}
