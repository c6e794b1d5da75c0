"""Publishing: a proven report gets its place in one step, and the pointer to the newest run follows.

There are two pointers: `latest` for runs of the landing folder, `latest-adhoc` for runs that were given a source. A
pointer goes by the runs' own times, so a retry of an older run does not move it back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opengenome.errors import ContractError, OpenGenomeError
from opengenome.io import published, tables
from opengenome.io.exchange import locked, replace_folder, sync_folder
from opengenome.io.paths import path_of, text_of
from opengenome.io.store import (
    LATEST,
    LATEST_ADHOC,
    Store,
    json_writer,
    run_slug,
    sealed,
    storing,
    temporary_beside,
    temporary_folder,
    write_once,
)
from opengenome.orchestration.runs import Run

# In each results folder: without it, the disk that should be there is not (`published_folders`).
RESULTS_MARKER = ".opengenome-results.json"
_REPAIR = "Run `./opengenome retry` with the id of the run: it is added up and proven again."


def publish(run: Run, validation_sha256: str | None) -> Path:
    """Copy the proven report of a run to its place in the results folder; returns that place.

    Raises ContractError or LawError where a file is not the one that was proven, StorageError where the disk cannot
    take it. Then everything is as it was.
    """
    results = run.settings.results
    final = results / run.slug
    try:
        proof = published.read_proof(run.report)
        if validation_sha256 not in (None, proof.sha256):
            raise ContractError(f"{tables.VALIDATION} is not the one that validate wrote", file=run.report)
        with storing(results):
            results.mkdir(parents=True, exist_ok=True)
            with locked(results, print):
                # First, so that `clean` knows of these results before there are any.
                _remember(run.store, results)
                with temporary_folder(final) as folder:
                    for name, sha256 in proof.files.items():
                        published.copy_file(run.report / name, folder / name, sha256)
                    published.copy_file(run.report / tables.VALIDATION, folder / tables.VALIDATION, proof.sha256)
                    provenance = tables.read_document(folder / tables.PROVENANCE)
                    if run_slug(provenance["run"]) != run.slug:
                        raise ContractError("The report is that of another run", file=run.report)
                    replace_folder(folder, final)
                _point(results, final.name, provenance)
    except OpenGenomeError as error:
        error.advice = error.advice or _REPAIR
        raise
    return final


def _point(results: Path, slug: str, provenance: dict[str, Any]) -> None:
    """Let the pointer of this kind of run name it, unless that names a newer run."""
    link = results / _pointer(provenance)
    now = _named_by(link)
    if now and _pointer(now) == link.name and _moment(now) > _moment(provenance):
        print(f"{link.name} stays at {now['run']}, which is newer")
        return
    temporary = temporary_beside(link)
    try:
        temporary.symlink_to(slug)
        temporary.replace(link)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(results)


def _pointer(provenance: dict[str, Any]) -> str:
    return LATEST_ADHOC if provenance["source"] else LATEST


def _moment(provenance: dict[str, Any]) -> datetime:
    """The run's own time. Raises ValueError where there is none that can be read."""
    moment = datetime.fromisoformat(provenance["run_after"] or provenance["started"])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _named_by(link: Path) -> dict[str, Any] | None:
    """The provenance of the run that a pointer names; None where it was removed or cannot be read."""
    try:
        provenance = tables.read_document(link / tables.PROVENANCE)
        _moment(provenance), _pointer(provenance), provenance["run"]
    except (OpenGenomeError, KeyError, TypeError, ValueError):
        return None
    return provenance


def _remember(store: Store, results: Path) -> None:
    """Have the store know of this results folder, which may be that of another checkout than the next one's."""
    store.mark()
    name = text_of(results)
    marker, entry = results / RESULTS_MARKER, store.results / f"{hashlib.sha256(name.encode()).hexdigest()}.json"
    for path, document in ((marker, {"store": text_of(store.root)}), (entry, {"results": name})):
        if not path.exists():
            write_once(path, json_writer(sealed(document)))


def published_folders(store: Store) -> Iterator[Path]:
    """Every results folder that runs of this store were published in.

    Raises ContractError where one of them is not there: nobody can tell then what its runs need.
    """
    with storing(store.results):
        files = sorted(store.results.glob("*.json"))
    for file in files:
        folder = path_of(str(tables.read_document(file).get("results")))
        if not (folder / RESULTS_MARKER).is_file():
            raise ContractError(
                f"Runs of this store were published in {folder}, which is no longer there",
                advice=f"Mount it again. If it is gone for good, or has another name now, remove {file}.",
            )
        yield folder
