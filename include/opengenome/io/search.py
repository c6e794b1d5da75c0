"""Find the input files of a source: paths, folders (searched in depth) and globs. Report what is passed over."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from opengenome.core.model import PassedOver, SourceFile
from opengenome.errors import EngineError, InputError, UsageError, Where
from opengenome.io import globs, naming, paths, sources
from opengenome.io.formats import FORMATS
from opengenome.io.formats.interface import Recognised
from opengenome.io.identity import Settler
from opengenome.io.lakes import Lakes, is_unfinished
from opengenome.io.opening import READABLE
from opengenome.io.paths import shown
from opengenome.io.refusals import LOOK_AFTER
from opengenome.io.roots import Roots, of_a_process, short
from opengenome.io.store import STORE_MARKER

_EXAMPLES = 5
_CHECK = "Check the path, as the machine that runs Airflow sees it."
_NO_PATH = (errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class NothingFoundError(InputError):
    """The source names nothing to count."""


@dataclass(frozen=True, slots=True)
class Found:
    """files: sorted within a line of the source, each once. passed_over: what was found but is not counted.

    named: paths of files that the source names one by one. All others lay in a folder, or matched a glob.
    links: for a file that a link led to, its path → that of the link, since people name the links.
    """

    files: tuple[SourceFile, ...]
    passed_over: tuple[PassedOver, ...]
    named: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)


def search(source: str, roots: Iterable[Path], store: Path | None = None) -> Found:
    """The input files named by `source`: in each line a path, a file URI, a folder or a glob.

    store: the configured one. Neither it nor any other store is searched. Raises NothingFoundError if a line names
    nothing to count, InputError for a file that looks like input and cannot be read, UsageError for a path outside
    `roots` once links are resolved. Outside, nothing is looked up, so that nobody learns what is there.
    """
    searcher = _Searcher(Roots(roots), store)
    lines = [line for line in source.split("\n") if line.strip()]
    if not lines:
        raise InputError("No source was given", advice="Give a path, a directory or a glob.")
    for line in lines:
        searcher.line(line)
    return searcher.found()


class _Searcher:
    """Collects files, each once, and what is passed over."""

    def __init__(self, roots: Roots, store: Path | None) -> None:
        self._roots, self._store = roots, store
        self._lakes, self._settler = Lakes(), Settler()
        self._files: dict[str, SourceFile] = {}
        self._named: set[str] = set()
        self._over: dict[str, str] = {}
        self._same: dict[object, tuple[SourceFile, Path]] = {}  # each file with the first name it was found by
        self._recognised: dict[Path, tuple[SourceFile, Recognised]] = {}
        self._walked: set[Path] = set()  # folders of the current line, links resolved
        self._taken = 0  # files of the current line

    def found(self) -> Found:
        over = (PassedOver(path, why) for path, why in self._over.items() if path not in self._files)
        names = ((file.path, paths.text_of(name)) for file, name in self._same.values())
        links = {path: name for path, name in names if path != name}
        return Found(tuple(self._files.values()), tuple(over), frozenset(self._named), links)

    def line(self, line: str) -> None:
        """Take the files that one line names."""
        self._taken = 0
        self._walked.clear()
        if paths.is_url(line.strip()):
            raise UsageError(f"{short(line)} is a URL, which is not read", advice="Fetch the file and give its path.")
        try:
            path, literal = self._roots.meant(line)
            self._take_line(path, literal)
            is_folder = path.is_dir()
        except PermissionError as error:
            place = error.filename or short(line)
            raise InputError("The path may not be read: permission denied", file=place, advice=READABLE) from error
        except OSError as error:
            if error.errno in _NO_PATH:
                raise InputError(f"Not a path: {error.strerror}", file=short(line), advice=_CHECK) from error
            raise EngineError(
                f"The folder cannot be read: {error.strerror}",
                file=error.filename or short(line),
                advice=LOOK_AFTER,
            ) from error
        if not self._taken:
            advice = instead(self.found().passed_over)
            place = "The folder" if is_folder else "The glob's match"
            where: Where = {"folder": short(line)} if is_folder else {"pattern": short(line)}
            raise NothingFoundError(
                f"{place} holds no FASTA, GenBank, GFF3 or Parquet file to count", advice=advice, **where
            )

    def _take_line(self, path: Path, literal: bool) -> None:
        if path.is_dir():
            self._walk(path)
        elif os.path.lexists(path):
            self._take(path, searched=False)
        elif literal or not (matches := globs.matches(path, self._roots.resolved)):
            either = "" if literal else ", and no match for it as a glob"
            raise NothingFoundError(f"There is no such file or directory{either}", file=short(path), advice=_CHECK)
        else:
            for match in matches:
                self._walk(match)

    def _walk(self, start: Path) -> None:
        """Take all files in and below a folder, each folder once whatever links lead to it; or a file of a glob."""
        _refuse_unfinished(start, start.parts)
        folder = start if start.is_dir() else start.parent
        if paths.seen_by_one_process(self._roots.resolved(folder)):
            raise of_a_process(start)
        if self._lies_in_a_store(self._roots.resolved(folder)):
            self._pass_over(start, "a store of OpenGenome")
            return
        if start.is_dir() and self._roots.resolved(start) in self._walked:
            return  # two matches of a glob, one below the other
        waiting = [start]
        while waiting:
            path = waiting.pop()
            if path.name.startswith(".") and path is not start:
                self._pass_over(path, "hidden")
            elif path.is_dir():
                waiting += reversed(list(self._entries(path)))
            else:
                self._take(path, searched=True)

    def _entries(self, folder: Path) -> Iterator[Path]:
        resolved = self._roots.resolved(folder)
        _refuse_unfinished(folder, (folder.name, *resolved.parts))
        if naming.says_unfinished(folder.name) and naming.says_sequence(folder.name):
            raise _unfinished(folder)  # as Safari's
        if resolved in self._walked:
            self._pass_over(folder, "searched already, under another name")
        elif paths.seen_by_one_process(resolved):
            self._pass_over(folder, "not a folder on a disk")
        elif self._is_store(resolved):
            self._pass_over(folder, "a store of OpenGenome")
        else:
            self._walked.add(resolved)
            yield from sorted(folder.iterdir())

    def _lies_in_a_store(self, folder: Path) -> bool:
        above = (place for place in (folder, *folder.parents) if self._roots.hold(place))
        return any(map(self._is_store, above))

    def _is_store(self, folder: Path) -> bool:
        return folder == self._store or (folder / STORE_MARKER).is_file()

    def _take(self, path: Path, *, searched: bool) -> None:
        """Take a file. searched: it was found in a folder or by a glob, and may be passed over; else it was named."""
        lenient = searched and not naming.says_sequence(path.name)
        resolved = self._behind_links(path, lenient=lenient)
        if resolved is None:
            return
        if searched and (other := naming.says_other(path.name)):
            self._pass_over(path, other)
            return
        if not resolved.is_file():
            self._irregular(path, lenient=lenient, searched=searched)
            return
        unfinished = naming.says_unfinished(path.name)
        if unfinished and naming.says_sequence(path.name):
            raise _unfinished(path)
        if resolved not in self._recognised:
            self._recognised[resolved] = sources.inspect(resolved, self._settler.stat)
        file, recognised = self._recognised[resolved]
        if recognised.what and ((lenient and not recognised.fasta) or (searched and recognised.aside)):
            self._pass_over(path, recognised.what)
        elif not recognised.format:
            raise recognised.refusal(file.path, named=not searched)
        elif unfinished and searched:
            raise _unfinished(path)
        else:
            if FORMATS[recognised.format].IN_TABLES:
                for name, root in itertools.product((resolved, _absolute(path)), self._roots.folders):
                    self._lakes.refuse(name, root)
            same = self._keep(path, file, sources.itself(resolved, file))
            if not searched:
                self._named.add(same.path)

    def _keep(self, path: Path, file: SourceFile, itself: object) -> SourceFile:
        """Count a file, once under whatever names. Returns it as it was first found."""
        self._taken += 1
        same, name = self._same.setdefault(itself, (file, _absolute(path)))
        self._files[same.path] = same
        if name != _absolute(path):
            self._pass_over(path, f"the same file as {shown(name)}")
        return same

    def _behind_links(self, path: Path, *, lenient: bool) -> Path | None:
        """The file that a path leads to. None for a broken link, which is then passed over."""
        try:
            resolved = self._roots.resolved(path)
            why = _no_file(path) if path.is_symlink() else ""
        except InputError:
            if not lenient:
                raise
            resolved, why = path, "a link that leads in a circle"
        if not why:
            return resolved
        if not lenient:
            raise InputError(f"{shown(path)} is {why}", advice="Repair the link, or remove it.")
        self._pass_over(path, why)
        return None

    def _irregular(self, path: Path, *, lenient: bool, searched: bool) -> None:
        if lenient:
            self._pass_over(path, "not a regular file")
        elif searched:
            raise InputError("Not a regular file", file=path, advice="Give a file on a disk.")
        else:
            raise of_a_process(path)

    def _pass_over(self, path: Path, why: str) -> None:
        self._over.setdefault(paths.text_of(_absolute(path)), why)


def _unfinished(path: Path) -> InputError:
    return InputError(
        "The file's name says that it is still being fetched or written",
        file=path,
        advice=f"Wait until it is complete; if it is, give it a name without {path.suffix}.",
    )


def _refuse_unfinished(path: Path, parts: tuple[str, ...]) -> None:
    for name in filter(is_unfinished, parts):
        raise InputError(
            f"A folder {name} means that a write of Spark or Hadoop is unfinished or failed",
            file=path,
            advice="Wait for the write, or write the data again; then remove the folder.",
        )


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (links stay)


def _no_file(link: Path) -> str:
    """What is wrong with a link; "" if it leads to a file or folder."""
    if paths.belongs_to_a_process(link):
        return "a link to a path of one process"
    return "" if link.exists() else f"a link to {shown(link.readlink())}, which is not there"


def instead(over: tuple[PassedOver, ...]) -> str:
    """What was found where nothing is counted: a sentence."""
    if not over:
        return "It is empty."
    more = f" and {len(over) - _EXAMPLES:,} more" if len(over) > _EXAMPLES else ""
    return f"Passed over: {'; '.join(examples(over))}{more}."


def examples(over: tuple[PassedOver, ...]) -> list[str]:
    """The first few passed-over files, for people."""
    return [f"{shown(paths.path_of(one.path))}: {one.why}" for one in over[:_EXAMPLES]]
