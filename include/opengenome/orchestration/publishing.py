"""Publishing: a proven report gets its place in one step, and the pointer to the newest run follows.

There are two pointers: `latest` for runs of the landing folder, `latest-adhoc` for runs that were given a source. A
pointer goes by the runs' own times, so a retry of an older run does not move it back.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opengenome.core import atomic
from opengenome.errors import ContractError, OpenGenomeError, StorageError
from opengenome.io import published, tables
from opengenome.io.exchange import locked, sync_folder
from opengenome.io.paths import path_of, text_of
from opengenome.io.placing import fill, only_ours, remove_unfinished, replaced
from opengenome.io.store import (
    LATEST,
    LATEST_ADHOC,
    Store,
    remove_folder,
    run_slug,
    storing,
)
from opengenome.orchestration.runs import Run

log = logging.getLogger(__name__)

# In each results folder: without it, the disk that should be there is not (`published_folders`).
RESULTS_MARKER = ".opengenome-results.json"
_REPAIR = "A retry of the run adds it up and proves it again."


def publish(run: Run, validation_sha256: str | None) -> Path:
    """Copy the proven report of a run to its place in the results folder; returns that place.

    What else lies there stays. Raises ContractError or LawError where a file is not the one that was proven,
    StorageError where the disk cannot take it. Then everything is as it was, or the place has no proof.
    """
    results = run.settings.results
    final = results / run.slug
    try:
        proof = published.read_proof(run.report)
        if validation_sha256 not in (None, proof.sha256):
            raise ContractError(f"{tables.VALIDATION} is not the one that validate wrote", file=run.report)
        with storing(results):
            results.mkdir(parents=True, exist_ok=True)
            with locked(results, log.info):
                # First, so that `clean` knows of these results before there are any.
                _remember(run.store, results)
                provenance = published.proven_document(run.report, proof, tables.PROVENANCE)
                if run_slug(provenance["run"]) != run.slug:
                    raise ContractError("The report is that of another run", file=run.report)
                if _is_written_file(final):
                    raise _in_the_way(final, "a folder for this run's results", "a file")
                remove_unfinished(final)
                if not (only_ours(final) and replaced(run.report, final, proof)):
                    fill(run.report, final, proof)
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
        log.info(f"{link.name} stays at {now['run']}, which is newer")
        return
    _clear_way(link)
    atomic.point(link, slug)
    sync_folder(results)


def _clear_way(link: Path) -> None:
    """Remove a copy of published files that lies in the place of a pointer: `cp -rL` makes one of it."""
    if _is_written_file(link):
        raise _in_the_way(link, "a link to the newest run", "a file")
    if link.is_symlink() or not link.is_dir():
        return
    if not only_ours(link):
        raise _in_the_way(link, "a link to the newest run", "a folder that holds other files")
    remove_folder(link)


def _is_written_file(path: Path) -> bool:
    """Whether somebody's words would be lost; an empty file holds none."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size > 0


def _in_the_way(path: Path, wanted: str, there: str) -> StorageError:
    """What is not ours stays."""
    return StorageError(
        f"{path.name} has to be {wanted}, and is {there}",
        file=path,
        advice="Move it away.",
    )


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
    if not _written(marker):  # which may name another store that publishes here as well
        _write_anew(marker, {"store": text_of(store.root)})
    if _written(entry) != {"results": name}:
        _write_anew(entry, {"results": name})


def _written(path: Path) -> dict[str, Any] | None:
    """The document in a file, or None where that is gone or damaged."""
    try:
        return tables.read_document(path)
    except ContractError:
        return None


def _write_anew(path: Path, document: dict[str, Any]) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()  # an empty one; another one is told by the system
    tables.write_document(path, document)


def published_folders(store: Store) -> Iterator[Path]:
    """Every results folder that runs of this store were published in.

    Raises ContractError where one of them is not there: nobody can tell then what its runs need.
    """
    with storing(store.results):
        files = sorted(store.results.glob("*.json"))
    for file in files:
        try:
            folder = path_of(str(tables.read_document(file)["results"]))
        except (ContractError, KeyError) as error:
            raise ContractError(
                "A file that says where runs of this store were published is damaged",
                file=file,
                advice="Publish a run there again, or remove the file if no results are left there.",
            ) from error
        if not (folder / RESULTS_MARKER).is_file():
            raise ContractError(
                f"Runs of this store were published in {folder}, which is no longer there",
                advice=f"Mount it again. If it is gone for good, or has another name now, remove {file}.",
            )
        yield folder
