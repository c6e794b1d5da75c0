"""Verify a folder of published files against its proof, and copy it.

validation.json is the proof. It is sealed, and it holds the SHA-256 of every other file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opengenome.core.alphabet import CODONS
from opengenome.errors import ContractError, LawError, OpenGenomeError
from opengenome.io import tables
from opengenome.io.store import write_atomically
from opengenome.io.tables import REPORT, VALIDATION


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
    if broken or not proven:
        raise LawError(f"{VALIDATION} says that validation failed", file=path)
    if not set(files) >= set(REPORT):
        raise ContractError(f"{VALIDATION} does not list {', '.join(REPORT)}", file=path)
    return Proof(len(laws), files, hashlib.sha256(text).hexdigest())


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
            _proven_bytes(folder / name, digest)
        except ContractError as error:
            sound = False
            yield error
    if sound:
        try:
            _check_content(folder)
        except ContractError as error:
            yield error


def proven_document(folder: Path, proof: Proof, name: str) -> dict[str, Any]:
    """One of the sealed files that a proof lists. Raises ContractError if it is another file."""
    return tables.parse_document(_proven_bytes(folder / name, proof.files[name]), folder / name)


def copy_file(source: Path, target: Path, sha256: str) -> None:
    """Copy a published file atomically. Raises ContractError for another SHA-256."""
    data = _proven_bytes(source, sha256)
    write_atomically(target, lambda file: file.write(data))
    _proven_bytes(target, sha256)


def _proven_bytes(path: Path, sha256: str) -> bytes:
    data = tables.read_bytes(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ContractError(f"{path.name} is not the file that was proven: its SHA-256 differs", file=path)
    return data


def _check_content(folder: Path) -> None:
    """Check what readers rely on besides the digests: CSV = Parquet, 64 codons, and the total of the summary."""
    table = tables.read_codon_table(folder)
    if table["codon"] != list(CODONS):
        raise ContractError(f"The codon table does not have each of the {len(CODONS)} codons once", file=folder)
    counts: list[Any] = table["count"]
    if any(type(count) is not int or count < 0 for count in counts):
        raise ContractError("The codon table has a count that is not a whole number", file=folder)
    summary, provenance = (tables.read_document(folder / name) for name in (tables.SUMMARY, tables.PROVENANCE))
    if sum(counts) != summary.get("codons"):
        raise ContractError(f"The codon table and {tables.SUMMARY} differ in the number of codons", file=folder)
    if not isinstance(provenance.get("run"), str):
        raise ContractError(f"{tables.PROVENANCE} does not name its run", file=folder)
