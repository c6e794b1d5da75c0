"""Find what no kept run needs, in the store and in the results, and remove it without harm to a run beside it.

Kept is a run that is published, or whose folder is young. It may be published in any results folder that the store
remembers, also in that of another checkout. What a kept run names stays; so does all that is young, since a run may be
about to name it. Whatever goes is first renamed, which takes it away from everybody at once; then the
question is asked again, and a folder that came into use in between is put back. A run that comes later does not find
it, and counts anew.
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
# The key of a batch or an ingested file; engine 1 made shorter ones. What is called otherwise is not ours.
_KEY = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Garbage:
    """A file or folder of the store or the results that nobody needs. bytes: of its files. why: in a few words."""

    path: Path
    bytes: int
    why: str


@dataclass(frozen=True)
class Cleaning:
    """One cleaning of a store. before: what was changed later (seconds since 1970) is young. dry: remove nothing.

    results: the results folder of the settings, which may never have been made.
    """

    store: Store
    results: Path
    before: float
    dry: bool = False
    _gone: set[Path] = field(default_factory=set, init=False)
    _read: dict[tuple[Path, int, int], frozenset[Path]] = field(default_factory=dict, init=False)
    _results: list[Path] = field(default_factory=list, init=False)  # with published runs

    def garbage(self) -> Iterator[Garbage]:
        """Everything that is garbage, each thing yielded when it has been removed (unless dry).

        Runs go first, because a run that has gone names nothing. Raises ContractError where a kept run does not tell
        what it names or a results folder is not there, StorageError where something may not be removed, EngineError
        beside another cleaning.
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
        """What failed attempts left in the folder of a batch that stays."""
        damaged = batch / DAMAGED
        if (
            damaged.is_file() and not damaged.is_symlink() and newest(batch) < self.before
        ):  # it was written long before it was set aside
            yield from self._unless(damaged, "it did not verify and was set aside", _never)
        for attempt in _folders(batch / "attempts"):
            yield from self._unless(attempt, "no committed output names this attempt", self._needed_attempt)

    def _temporaries(self) -> Iterator[Garbage]:
        for parent, folders, files in os.walk(self.store.root):
            for path in (Path(parent, name) for name in (*folders, *files) if is_temporary(name)):
                if not path.is_symlink():  # we make none in the store
                    yield from self._unless(path, "a process that was killed left it", _never)
            folders[:] = [name for name in folders if Path(parent, name) not in self._gone]

    def _unless(self, path: Path, why: str, needed: Callable[[Path], bool]) -> Iterator[Garbage]:
        """The thing, removed, unless it is young or needed."""
        if newest(path) >= self.before or needed(path):
            return
        garbage = Garbage(path, size(path), why)
        if self.dry or self._remove(path, needed):
            self._gone.add(path)
            yield garbage

    def _remove(self, path: Path, needed: Callable[[Path], bool]) -> bool:
        """Whether it went. `needed` is asked about the old name while the thing has a new one."""
        aside = temporary_beside(path)
        with storing(path.parent), contextlib.suppress(FileNotFoundError):  # gone meanwhile
            try:
                path.rename(aside)
            except OSError as error:
                if error.errno != CANNOT_MOVE:
                    raise
                # A folder of a lower layer of an overlay. A run that is planned right now may miss it, and says so.
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
        """Where a batch was counted anew, an earlier attempt still is what earlier runs have published."""
        return _committed_attempt(attempt) or self._named(attempt)

    def _named(self, folder: Path) -> bool:
        """Whether a run that is kept names this folder: a batch, an attempt, an ingested file. Read from disk now."""
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
                # As plain JSON, not by the schemas: what a run of an earlier version counted is kept as well.
                self._read[version] = frozenset(_folders_named(json.loads(read_bytes(document)), self.store))
            return self._read[version]
        except (FileNotFoundError, NotADirectoryError):
            return frozenset()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ContractError) as error:
            if not document.exists():  # gone meanwhile
                return frozenset()
            raise ContractError(
                f"It cannot be read what a kept run names ({error})", file=document, advice="Mend or remove that run."
            ) from error


def _folders_named(document: dict[str, Any], store: Store) -> Iterator[Path]:
    """The folders of batches, attempts and ingested files that a list of inputs, a plan or a provenance names."""
    for batch in document.get("batches", ()):
        yield store.batch(batch["key"])
        for part in batch.get("per_sequence", ()):  # by name: the store may have been called otherwise
            yield store.batch(batch["key"]) / "attempts" / Path(part).parent.name
        yield from (store.ingest(Path(chunk["path"]).parent.name) for chunk in batch.get("chunks", ()))
    yield from (store.ingest(entry["key"]) for entry in document.get("entries", ()))


def _committed_attempt(attempt: Path) -> bool:
    """Whether the manifest of its batch names parts of this attempt. One that cannot be read may name anything."""
    batch = attempt.parent.parent
    try:
        manifest, _ = batches.load_manifest(batch / batches.MANIFEST)
    except ContractError:
        return batches.is_committed(batch)
    return any(Path(part.name).parts[:2] == ("attempts", attempt.name) for part in manifest.parts)


def _never(_: Path) -> bool:
    return False


def _leftover(name: str) -> bool:
    """Whether a publication was at work on what is called so; earlier versions called the old folder .old."""
    return is_temporary(name) or bool(re.fullmatch(r"\..+\.[0-9a-f]{8}\.old", name))


def _entries(folder: Path) -> list[Path]:
    """What lies in a results folder. Raises ContractError where that cannot be read: nobody knows then what is kept."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise ContractError(f"The results in {folder} cannot be read: {error.strerror}", file=folder) from error


def _folders(parent: Path) -> list[Path]:
    """The folders in a folder of the store; none behind a symbolic link, which may lead anywhere."""
    if parent.is_symlink() or not parent.is_dir():
        return []
    with os.scandir(parent) as entries:
        return sorted(Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name[0] != ".")


def _everything(path: Path) -> Iterator[os.stat_result]:
    """The stat of a file or folder and of all below, symbolic links as themselves; what goes meanwhile is left out."""
    with contextlib.suppress(FileNotFoundError):
        yield path.lstat()
    for parent, folders, files in () if path.is_symlink() else os.walk(path):
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):
                yield Path(parent, name).lstat()


def newest(path: Path) -> float:
    """When something in it changed last, seconds since 1970."""
    return max((status.st_mtime for status in _everything(path)), default=float("inf"))


def size(path: Path) -> int:
    return sum(status.st_size for status in _everything(path) if not stat.S_ISDIR(status.st_mode))


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Two cleanings would take each other's renamed folders for garbage."""
    folder = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EngineError(f"Another `clean` is at work in {root}") from error
        yield
    finally:
        os.close(folder)
