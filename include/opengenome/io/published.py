"""Verify a folder of published files against its proof, and copy it.

validation.json is the proof. It is sealed, and it holds the SHA-256 of each proven file. report.json is sealed too. It
holds the SHA-256 of the proof, and of each view that was made of the proven files.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from opengenome import flow
from opengenome.core import atomic
from opengenome.errors import ContractError, LawError, OpenGenomeError
from opengenome.flow import VIEWS, is_view
from opengenome.io import members, tables
from opengenome.io.store import storing, write_atomically
from opengenome.io.tables import VALIDATION

_BLOCK = 1 << 20
_NAMED = 5  # files that a proof does not list are named
_REPLACED = "being_replaced"  # in a validation.json that proves nothing: the names of files that are being replaced


@dataclass(frozen=True, slots=True)
class Proof:
    """What a folder says of itself. files: the SHA-256 of each file but validation.json, whose own is `sha256`."""

    laws: int
    files: dict[str, str]
    sha256: str


def one_folder(path: Path) -> Path:
    """Resolve a path once, because a link to the newest run may lead to another folder a moment later."""
    return Path(os.path.realpath(path))


def read_proof(folder: Path) -> Proof:
    """Raises ContractError if the proof is missing or damaged, LawError if it says that a law is broken."""
    path = folder / VALIDATION
    text = tables.read_bytes(path)
    document = tables.parse_document(text, path)
    try:
        laws, files = document["laws"], {str(name): str(digest) for name, digest in document["files"].items()}
        broken = [str(law["law"]) for law in laws if law["holds"] is not True]
        proven = document["proven"] is True and bool(laws)
    except (KeyError, TypeError, AttributeError) as error:
        raise ContractError(f"{VALIDATION} is damaged: {error!r}", file=path) from error
    if _REPLACED in document:
        raise ContractError(f"{VALIDATION} says that its files are being replaced, or that this was stopped", file=path)
    if broken or not proven:
        raise LawError(f"{VALIDATION} says that validation failed", file=path)
    members.check_listed(files, path)
    views = _views(folder, tables.seal_of(text))
    return Proof(len(laws), files | views, hashlib.sha256(text).hexdigest())


def expected(folder: Path, validation: str | None, views: str | None = None) -> Proof:
    """The proof of a folder; its validation.json and report.json have to have these SHA-256, where they are given.

    Raises as `read_proof`, and ContractError for another file.
    """
    proof = read_proof(folder)
    if validation not in (None, proof.sha256):
        raise ContractError(f"{VALIDATION} is not the one that {flow.VALIDATE} wrote", file=folder)
    if views not in (None, proof.files.get(VIEWS)):
        raise ContractError(f"{VIEWS} is not the one that {flow.REPORT} wrote", file=folder)
    return proof


def write_views(folder: Path, views: Mapping[str, bytes], missing: Mapping[str, str]) -> str:
    """Write views of a proven folder, and the list of them last. Returns the SHA-256 of the list.

    missing: why a view could not be made, by its name.
    """
    proof = tables.seal_of(tables.read_bytes(folder / VALIDATION))
    for name, data in views.items():
        write_atomically(folder / name, _writer(data))
    files = {name: hashlib.sha256(data).hexdigest() for name, data in views.items()}
    return tables.write_document(folder / VIEWS, {"proof": proof, "files": files, "missing": dict(missing)})


def remove_views(folder: Path) -> None:
    """Remove the views in a folder and the list of them, whether they fit or not. Raises StorageError.

    A link in the place of a folder of ours is removed too: nothing is removed or written where it leads.
    """
    with storing(folder):
        for place in (folder / name for name in members.FOLDERS):
            if place.is_symlink():
                place.unlink()
        for name in filter(is_view, members.ours(folder)):
            (folder / name).unlink()
        (folder / VIEWS).unlink(missing_ok=True)


def _writer(data: bytes) -> Callable[[BinaryIO], object]:
    return lambda file: file.write(data)


def _views(folder: Path, proof: str) -> dict[str, str]:
    """The SHA-256 of each view and of the list of them; none if the folder has no views.

    proof: the seal of the folder's validation.json. Raises ContractError if the list is not about that one.
    """
    path = folder / VIEWS
    if not os.path.lexists(path):
        if there := sorted(filter(is_view, members.ours(folder))):
            raise ContractError(f"{VIEWS} is missing, which has to list {there[0]}", file=path)
        return {}
    text = tables.read_bytes(path)
    document = tables.parse_document(text, path)
    try:
        files = {str(name): str(digest) for name, digest in document["files"].items()}
        of = document["proof"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ContractError(f"{VIEWS} is damaged: {error!r}", file=path) from error
    if of != proof:
        raise ContractError(f"{VIEWS} belongs to another {VALIDATION}", file=path)
    if others := sorted(name for name in files if not is_view(name)):
        raise ContractError(f"{VIEWS} lists {others[0]!r}, which is not a view of results", file=path)
    return files | {VIEWS: hashlib.sha256(text).hexdigest()}


def listed(folder: Path) -> set[str]:
    """The files that a folder's validation.json and report.json list, proven or being replaced."""
    names: list[Any] = []
    for list_ in (VALIDATION, VIEWS):
        with contextlib.suppress(ContractError, KeyError, TypeError):
            document = tables.read_document(folder / list_)
            names += [list_, *document["files"], *document.get(_REPLACED, ())]
    return set(filter(members.is_ours, map(str, names)))


def withdraw(folder: Path, names: Collection[str]) -> None:
    """Replace the proof of a folder by one that proves nothing. names: of the files that will be replaced or removed.

    A later process thereby knows which files are ours, even if this one is killed.
    """
    document = {"proven": False, "laws": [], "files": {}, _REPLACED: sorted(names)}
    tables.write_document(folder / VALIDATION, document)


def verify(folder: Path) -> Proof:
    """Verify a folder and return its proof. Raises the first of its `faults`."""
    folder = one_folder(folder)
    for fault in faults(folder):
        raise fault
    return read_proof(folder)


def faults(folder: Path) -> Iterator[OpenGenomeError]:
    """Every difference between a folder and its proof, as errors; none means that the folder is verified."""
    folder = one_folder(folder)
    try:
        proof = read_proof(folder)
    except OpenGenomeError as error:
        yield error
        return
    sound = True
    for name, digest in proof.files.items():
        try:
            check_digest(folder / name, digest)
        except ContractError as error:
            sound = False
            yield error
    try:
        if others := members.unlisted(folder, proof.files):
            yield _unlisted(folder, others)
    except ContractError as error:
        yield error
    if sound:
        from opengenome.io.agreement import check_content  # here: imports numpy, which `runs` does not need

        try:
            check_content(folder, proof.files)
        except ContractError as error:
            yield error


def proven_document(folder: Path, proof: Proof, name: str) -> dict[str, Any]:
    """One of the sealed files that a proof lists. Raises ContractError if it is another file."""
    path = folder / name
    text = tables.read_bytes(path)
    _compare(path, hashlib.sha256(text).hexdigest(), proof.files[name])
    return tables.parse_document(text, path)


def copy_file(source: Path, target: Path, sha256: str, mode: int = 0o666) -> None:
    """Copy a published file atomically. mode: as in open(2). Raises ContractError for another SHA-256."""

    def write(file: BinaryIO) -> None:
        digest = hashlib.sha256()
        for block in _blocks(source):
            digest.update(block)
            file.write(block)
        _compare(source, digest.hexdigest(), sha256)

    write_atomically(target, write, mode)
    check_digest(target, sha256)


def link_file(source: Path, target: Path, sha256: str) -> None:
    """Give a published file a second name, or copy it where the disk refuses. It is read-only then. Raises as above."""
    if atomic.link(source, target):
        check_digest(target, sha256)
    else:
        copy_file(source, target, sha256, atomic.READ_ONLY)


def check_files(folder: Path, proof: Proof) -> None:
    """Raises ContractError if a file that the proof lists cannot be read or has another SHA-256."""
    for name, digest in proof.files.items():
        check_digest(folder / name, digest)


def check_digest(path: Path, sha256: str) -> None:
    """Raises ContractError if a published file cannot be read or has another SHA-256."""
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    _compare(path, digest.hexdigest(), sha256)


def _blocks(path: Path) -> Iterator[bytes]:
    """The content of a file. Raises ContractError if it cannot be read."""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except OSError as error:
        raise ContractError(f"{members.name_of(path)} cannot be read: {error.strerror}", file=path) from error


def _compare(path: Path, found: str, proven: str) -> None:
    if found != proven:
        name = members.name_of(path)
        raise ContractError(f"{name} is not the file that was proven: its SHA-256 differs", file=path)


def _unlisted(folder: Path, names: list[str]) -> ContractError:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    away = "move them away" if len(names) > 1 else "move it away"
    return ContractError(f"{VALIDATION} does not list {', '.join(names[:_NAMED])}{more}: {away}", file=folder)
