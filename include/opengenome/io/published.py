"""Verify a folder of published files against its proof, and copy it.

validation.json is the proof. It is sealed, and it holds the SHA-256 of every other file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from opengenome.core import atomic
from opengenome.errors import ContractError, LawError, OpenGenomeError
from opengenome.io import members, tables
from opengenome.io.store import write_atomically
from opengenome.io.tables import VALIDATION

_BLOCK = 1 << 20
_NAMED = 5  # files that a proof does not list are named
_REPLACED = "being_replaced"  # in a validation.json that proves nothing: the names of files that are being replaced


@dataclass(frozen=True, slots=True)
class Proof:
    """The content of a validation.json. files: the SHA-256 of each other file, by name. sha256: of its own bytes."""

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
    return Proof(len(laws), files, hashlib.sha256(text).hexdigest())


def listed(folder: Path) -> set[str]:
    """The files that the validation.json of a folder lists, proven or being replaced; none if it cannot be read."""
    try:
        document = tables.read_document(folder / VALIDATION)
        return set(filter(members.is_ours, map(str, [*document["files"], *document.get(_REPLACED, ())])))
    except (ContractError, KeyError, TypeError):
        return set()


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
