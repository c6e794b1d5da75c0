"""Find entries of the store and the results that no kept run needs, and remove them safely beside running runs.

A run is kept if it is published or its folder is young. It may be published in any results folder that the store
remembers, including that of another checkout. Whatever a kept run names is kept. So is everything young, because a run
may be about to name it. An unused entry is first renamed, so that no run can find it any more. Then it is checked
again: an entry that came into use in between is put back. A later run does not find a removed entry and counts again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opengenome.core.atomic import is_temporary, temporary_beside
from opengenome.errors import ContractError, EngineError
from opengenome.io import batches
from opengenome.io.exchange import locked
from opengenome.io.store import (
    CANNOT_MOVE,
    Store,
    commit_folder,
    read_bytes,
    remove_in_place,
    storing,
)
from opengenome.io.tables import PROVENANCE
from opengenome.orchestration.publishing import published_folders
from opengenome.orchestration.runs import INPUTS, PLAN

DAMAGED = Path(batches.MANIFEST).with_suffix(".damaged.json").name
# The key of a batch or an ingested file; engine 1 made shorter ones. A folder with any other name is not ours.
_KEY = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Garbage:
    """An unused file or folder of the store or the results. bytes: of its files. why: a few words."""

    path: Path
    bytes: int
    why: str


@dataclass(frozen=True)
class Cleaning:
    """One cleaning of a store. before: seconds since 1970; whatever changed later is young. dry: remove nothing.

    results: the results folder of the settings, which may not exist.
    """

    store: Store
    results: Path
    before: float
    dry: bool = False
    _gone: set[Path] = field(default_factory=set, init=False)
    _read: dict[tuple[Path, int, int], frozenset[Path]] = field(default_factory=dict, init=False)
    _results: list[Path] = field(default_factory=list, init=False)  # with published runs

    def garbage(self) -> Iterator[Garbage]:
        """Yield each unused file or folder after removing it (unless dry).

        Runs come first, because a removed run names nothing. Raises ContractError if a kept run cannot be read or a
        results folder is missing, StorageError if something cannot be removed, EngineError beside another cleaning.
        """
        if not self.store.root.is_dir():
            return
        with _alone(self.store.root):
            self._results.extend(dict.fromkeys([*published_folders(self.store), *filter(Path.is_dir, [self.results])]))
            yield from self._runs()
            for folder in _folders(self.store.root / "batches"):
                why = "no kept run names it" if batches.is_committed(folder) else "it was never committed"
                whole = list(self._unless(folder, why, self._named)) if _KEY.fullmatch(folder.name) else []
                yield from whole or self._inside(folder)
            for folder in _folders(self.store.root / "ingest"):
                if _KEY.fullmatch(folder.name):
                    yield from self._unless(folder, "no kept run names it", self._named)
            yield from self._temporaries()
        for results in self._results:
            if any(_leftover(path.name) for path in _entries(results)):
                with locked(results, print):
                    for path in filter(lambda path: _leftover(path.name), _entries(results)):
                        yield from self._unless(path, "a publication that was killed left it", _never)

    def _runs(self) -> Iterator[Garbage]:
        for folder in _folders(self.store.root / "runs"):
            yield from self._unless(folder, "its run is not published", self._published)

    def _inside(self, batch: Path) -> Iterator[Garbage]:
        """What failed attempts left in the folder of a kept batch."""
        damaged = batch / DAMAGED
        if (
            damaged.is_file() and not damaged.is_symlink() and newest(batch) < self.before
        ):  # the whole batch: the manifest itself was written long before it was set aside
            yield from self._unless(damaged, "it did not verify and was set aside", _never)
        for attempt in _folders(batch / "attempts"):
            yield from self._unless(attempt, "no committed output names this attempt", self._needed_attempt)

    def _temporaries(self) -> Iterator[Garbage]:
        for parent, folders, files in os.walk(self.store.root):
            for path in (Path(parent, name) for name in (*folders, *files) if is_temporary(name)):
                if not path.is_symlink():  # we make no links in the store
                    yield from self._unless(path, "a process that was killed left it", _never)
            folders[:] = [name for name in folders if Path(parent, name) not in self._gone]

    def _unless(self, path: Path, why: str, needed: Callable[[Path], bool]) -> Iterator[Garbage]:
        """Remove the path and yield it, unless it is young or needed."""
        if newest(path) >= self.before or needed(path):
            return
        garbage = Garbage(path, size(path), why)
        if self.dry or self._remove(path, needed):
            self._gone.add(path)
            yield garbage

    def _remove(self, path: Path, needed: Callable[[Path], bool]) -> bool:
        """Whether the path was removed. It is renamed before `needed` is asked about the old name."""
        aside = temporary_beside(path)
        with storing(path.parent), contextlib.suppress(FileNotFoundError):  # gone meanwhile
            try:
                path.rename(aside)
            except OSError as error:
                if error.errno != CANNOT_MOVE:
                    raise
                # A folder in a lower layer of an overlay. A run that is being planned may miss it; that run says so.
                remove_in_place(path)
                return True
            if newest(aside) >= self.before or needed(path):
                commit_folder(aside, path)
                return False
            remove_in_place(aside)
            return True
        return False

    def _published(self, run: Path) -> bool:
        return any((results / run.name).exists() for results in self._results)

    def _needed_attempt(self, attempt: Path) -> bool:
        """Earlier runs may have published an earlier attempt of a batch that was counted again."""
        return _committed_attempt(attempt) or self._named(attempt)

    def _named(self, folder: Path) -> bool:
        """Whether a kept run names this folder (a batch, an attempt, an ingested file), by what is on disk now."""
        return any(folder in self._names(document) for document in self._documents())

    def _documents(self) -> Iterator[Path]:
        for run in _folders(self.store.root / "runs"):
            if run not in self._gone:
                yield from (run / INPUTS, run / PLAN)
        for results in self._results:
            yield from (entry / PROVENANCE for entry in _entries(results) if not _leftover(entry.name))

    def _names(self, document: Path) -> frozenset[Path]:
        try:
            status = document.stat()
            version = (document, status.st_mtime_ns, status.st_ino)
            if version not in self._read:
                # As plain JSON, not by the schemas: runs of earlier versions are kept as well.
                self._read[version] = frozenset(_folders_named(json.loads(read_bytes(document)), self.store))
            return self._read[version]
        except (FileNotFoundError, NotADirectoryError):
            return frozenset()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ContractError) as error:
            if not document.exists():  # gone meanwhile
                return frozenset()
            raise ContractError(
                f"The file that says what a kept run needs cannot be read ({error})",
                file=document,
                advice="Repair or remove that run.",
            ) from error


def _folders_named(document: dict[str, Any], store: Store) -> Iterator[Path]:
    """The folders of batches, attempts and ingested files that a list of inputs, a plan or a provenance names."""
    for batch in document.get("batches", ()):
        yield store.batch(batch["key"])
        for part in batch.get("per_sequence", ()):  # by name: the store may have been moved
            yield store.batch(batch["key"]) / "attempts" / Path(part).parent.name
        yield from (store.ingest(Path(chunk["path"]).parent.name) for chunk in batch.get("chunks", ()))
    yield from (store.ingest(entry["key"]) for entry in document.get("entries", ()))


def _committed_attempt(attempt: Path) -> bool:
    """Whether the manifest of its batch names parts of this attempt. An unreadable manifest may name any attempt."""
    batch = attempt.parent.parent
    try:
        manifest, _ = batches.load_manifest(batch / batches.MANIFEST)
    except ContractError:
        return batches.is_committed(batch)
    return any(Path(part.name).parts[:2] == ("attempts", attempt.name) for part in manifest.parts)


def _never(_: Path) -> bool:
    return False


def _leftover(name: str) -> bool:
    """Whether this is a name that a publication uses while it works; earlier versions used the suffix .old."""
    return is_temporary(name) or bool(re.fullmatch(r"\..+\.[0-9a-f]{8}\.old", name))


def _entries(folder: Path) -> list[Path]:
    """The entries of a results folder. Raises ContractError if it cannot be read: kept runs are then unknown."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise ContractError(f"The results in {folder} cannot be read: {error.strerror}", file=folder) from error


def _folders(parent: Path) -> list[Path]:
    """The folders in a folder of the store. Symbolic links are not followed, because they may lead anywhere."""
    if parent.is_symlink() or not parent.is_dir():
        return []
    with os.scandir(parent) as entries:
        return sorted(Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name[0] != ".")


def _everything(path: Path) -> Iterator[os.stat_result]:
    """The stat of a file or folder and of all below it, without following links or failing on what disappears."""
    with contextlib.suppress(FileNotFoundError):
        yield path.lstat()
    for parent, folders, files in () if path.is_symlink() else os.walk(path):
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):
                yield Path(parent, name).lstat()


def newest(path: Path) -> float:
    """When something in it last changed, in seconds since 1970."""
    return max((status.st_mtime for status in _everything(path)), default=float("inf"))


def size(path: Path) -> int:
    """The bytes that removing it frees. A file that has another name, as in results, frees none."""
    return sum(
        status.st_size for status in _everything(path) if not stat.S_ISDIR(status.st_mode) and status.st_nlink == 1
    )


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the lock of the store: two cleanings would remove each other's renamed folders."""
    folder = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EngineError(f"Another `clean` is running in {root}") from error
        yield
    finally:
        os.close(folder)
