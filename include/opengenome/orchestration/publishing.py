"""Publish a proven report in one step, then move the pointer to the newest run.

There are two pointers: `latest` for runs of the landing folder, `latest-adhoc` for runs that were given a source. A
pointer is ordered by the runs' own times, so a retry of an older run does not move it back.
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

# A file in each results folder. If it is missing, the disk is not mounted (`published_folders`).
RESULTS_MARKER = ".opengenome-results.json"
_REPAIR = "A retry of the run aggregates and validates it again."


def publish(run: Run, validation_sha256: str | None, views_sha256: str | None = None) -> Path:
    """Copy the proven files of a run and their views to its folder in the results; returns that folder.

    Other files there stay. Raises ContractError or LawError if a file is not the one that was proven, StorageError if
    it cannot be written. Then either nothing has changed, or the folder has no proof.
    """
    results = run.settings.results
    final = results / run.slug
    try:
        proof = published.expected(run.report, validation_sha256, views_sha256)
        with storing(results):
            results.mkdir(parents=True, exist_ok=True)
            with locked(results, log.info):
                # First, so that `clean` knows of this results folder before it holds a run.
                _remember(run.store, results)
                provenance = published.proven_document(run.report, proof, tables.PROVENANCE)
                if run_slug(provenance["run"]) != run.slug:
                    raise ContractError("The report belongs to another run", file=run.report)
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
    """Point to this run, unless the pointer of its kind already names a newer one."""
    link = results / _pointer(provenance)
    now = _named_by(link)
    if now and _pointer(now) == link.name and _moment(now) > _moment(provenance):
        log.info(f"{link.name} stays at {now['run']}, which is newer")
        return
    _clear_way(link)
    atomic.point(link, slug)
    sync_folder(results)


def _clear_way(link: Path) -> None:
    """Remove a copy of published files in the place of a pointer: `cp -rL` turns a link into a copy."""
    if _is_written_file(link):
        raise _in_the_way(link, "a link to the newest run", "a file")
    if link.is_symlink() or not link.is_dir():
        return
    if not only_ours(link):
        raise _in_the_way(link, "a link to the newest run", "a folder that holds other files")
    remove_folder(link)


def _is_written_file(path: Path) -> bool:
    """Whether replacing this file would lose data; an empty file holds none."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size > 0


def _in_the_way(path: Path, wanted: str, there: str) -> StorageError:
    """The error for a path that is not ours, which is never replaced."""
    return StorageError(
        f"{path.name} has to be {wanted}, and is {there}",
        file=path,
        advice="Move it away.",
    )


def _pointer(provenance: dict[str, Any]) -> str:
    return LATEST_ADHOC if provenance["source"] else LATEST


def _moment(provenance: dict[str, Any]) -> datetime:
    """The run's own time. Raises ValueError if it cannot be read."""
    moment = datetime.fromisoformat(provenance["run_after"] or provenance["started"])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _named_by(link: Path) -> dict[str, Any] | None:
    """The provenance of the run that a pointer names; None if it was removed or cannot be read."""
    try:
        provenance = tables.read_document(link / tables.PROVENANCE)
        _moment(provenance), _pointer(provenance), provenance["run"]
    except (OpenGenomeError, KeyError, TypeError, ValueError):
        return None
    return provenance


def _remember(store: Store, results: Path) -> None:
    """Record this results folder in the store, because other checkouts may publish from the same store."""
    store.mark()
    name = text_of(results)
    marker, entry = results / RESULTS_MARKER, store.results / f"{hashlib.sha256(name.encode()).hexdigest()}.json"
    if not _written(marker):  # it may name another store that publishes here too
        _write_anew(marker, {"store": text_of(store.root)})
    if _written(entry) != {"results": name}:
        _write_anew(entry, {"results": name})


def _written(path: Path) -> dict[str, Any] | None:
    """The document in a file, or None if it is missing or damaged."""
    try:
        return tables.read_document(path)
    except ContractError:
        return None


def _write_anew(path: Path, document: dict[str, Any]) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()  # works for an empty folder; for any other the system raises an error
    tables.write_document(path, document)


def published_folders(store: Store) -> Iterator[Path]:
    """Every results folder that runs of this store were published in.

    Raises ContractError if one of them is missing: what its runs need is then unknown.
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
