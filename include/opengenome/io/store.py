"""The store: the layout of ingested entries, batches and runs, and how to write, seal, read and remove their files.

<store>/ingest/<file key>/       records.parquet, shards, manifest.json
<store>/batches/<batch key>/     manifest.json, attempts/<attempt>/part-*.parquet, tables/<key>.<SHA-256>.parquet,
                                 attempts/<attempt>/pairs-*.parquet with --codon-pairs
<store>/runs/<run>/              inputs.json.gz, plan.json, batches/<number>.json, reports.json, report/
<store>/results/<key>.json       the path of a results folder that names batches of this store
<store>/opengenome-store.json    marks this folder as a store
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from opengenome.core import atomic
from opengenome.core.atomic import is_temporary, temporary_beside
from opengenome.errors import NEW_RUN, ContractError, EngineError, StorageError
from opengenome.io.refusals import LOOK_AFTER, MAY_PASS, OF_ONE_NAME, refusal

COMMIT = "manifest.json"  # the commit of an entry or a batch: without it, neither exists
# The error of rename(2) for a folder in a lower layer of an overlay, such as a container's image.
CANNOT_MOVE = errno.EXDEV
STORE_MARKER = "opengenome-store.json"  # a file that marks the root of a store
LATEST, LATEST_ADHOC = "latest", "latest-adhoc"  # links beside the published runs


class Store:
    """The folders of a store, below its root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def ingest(self, key: str) -> Path:
        return self.root / "ingest" / key

    def batch(self, key: str) -> Path:
        return self.root / "batches" / key

    def run(self, run: str) -> Path:
        return self.root / "runs" / run

    @property
    def results(self) -> Path:
        """The folder with one file for each results folder, which holds its path."""
        return self.root / "results"

    def mark(self) -> None:
        """Mark the root as a store by a file."""
        with storing(self.root):  # where reading is forbidden, writing is too
            there = (self.root / STORE_MARKER).exists()
        if not there:
            write_once(self.root / STORE_MARKER, json_writer(sealed({"store": "opengenome"})))


def run_slug(run_id: str) -> str:
    """A run id as one safe path component, different for each id, and never the name of a `latest` link."""
    slug = re.sub(r"[^A-Za-z0-9_.-]", "-", run_id).lstrip(".-")[:150]
    unchanged = slug and slug == run_id and slug not in (LATEST, LATEST_ADHOC)
    return slug if unchanged else f"{slug}-{hashlib.sha256(run_id.encode()).hexdigest()[:8]}"


@contextlib.contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn an OSError about writing below `path` into a StorageError, or an EngineError if a retry may succeed."""
    try:
        yield
    except OSError as error:
        if explained := refusal(error, path):
            reason, advice = explained
            raise StorageError(f"Cannot write below {path}: {reason}", advice=advice, file=_named(error)) from error
        if error.errno in MAY_PASS:
            raise EngineError(f"Cannot write below {path}: {os.strerror(error.errno)}", advice=LOOK_AFTER) from error
        raise  # a missing or locked file is not a problem of the disk


def _named(error: OSError) -> str | None:
    """The file or folder that the error concerns; None for a temporary file of ours."""
    named = (error.filename2 or error.filename) if error.errno in OF_ONE_NAME else None
    return named if isinstance(named, str) and not is_temporary(Path(named).name) else None


def write_atomically(path: Path, fill: Callable[[BinaryIO], object], mode: int = 0o666) -> None:
    """As `atomic.write`, but makes missing folders above. Raises as `storing` does."""
    with storing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, fill, mode)


def write_once(path: Path, fill: Callable[[BinaryIO], object], mode: int = 0o666) -> bool:
    """As `atomic.write_once`, but makes missing folders above. Raises as `storing` does."""
    with storing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        return atomic.write_once(path, fill, mode)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, compressed with gzip if the name ends in .gz."""
    write_atomically(path, json_writer(value, pack=path.suffix == ".gz"))


def json_writer(value: Any, *, pack: bool = False) -> Callable[[BinaryIO], object]:
    """A function that writes a value into a file as JSON. pack: compressed with gzip."""
    text = gzip.compress(json_bytes(value), mtime=0) if pack else json_bytes(value)
    return lambda file: file.write(text)


def json_bytes(value: Any) -> bytes:
    """A value as JSON text; each item of a document's list is on its own line."""
    if not isinstance(value, dict):
        return (_json(value) + "\n").encode()
    entries = (f" {_json(name)}: {_listed(below)}" for name, below in value.items())
    return ("{\n" + ",\n".join(entries) + "\n}\n").encode()


def _listed(value: Any) -> str:
    if isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value):
        return "[\n  " + ",\n  ".join(map(_json, value)) + "\n ]"
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


_SEAL = "seal"


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with one more entry, its seal: the SHA-256 of all the others. It reveals damage."""
    return {**document, _SEAL: _seal(document)}


def check_seal(text: bytes, path: Path) -> None:
    """Raises ContractError for the text of a JSON file that is damaged, truncated, or has no seal."""
    try:
        document = json.loads(text, parse_int=_whole)
        seal = document.pop(_SEAL)
        expected = _seal(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ContractError("The file is damaged: it is not a sealed document", file=path) from error
    if seal != expected:
        raise ContractError("The file is damaged: its seal does not match", file=path)


def _whole(digits: str) -> int:
    """Parse an integer of our files. All fit 64 bits: counts and times are signed, inodes are unsigned."""
    number = int(digits)
    if not -(2**63) <= number < 2**64:
        raise ValueError(f"{digits[:30]} does not fit 64 bits")
    return number


def _seal(document: dict[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def commit_folder(temporary: Path, final: Path) -> None:
    """Rename a finished folder to its final name. If another process was first, its folder stays; it is equal."""
    with storing(final.parent):
        try:
            temporary.rename(final)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            shutil.rmtree(temporary, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Rename a folder aside in one step, then remove it. Nothing happens if there is none.

    A file or a link of that name is removed too. A folder that cannot be renamed is removed in place.
    """
    aside = temporary_beside(folder)
    with storing(folder.parent), contextlib.suppress(FileNotFoundError):
        try:
            folder.rename(aside)
        except OSError as error:
            if error.errno != CANNOT_MOVE:
                raise
            remove_in_place(folder)
        else:
            with contextlib.suppress(OSError):
                remove_in_place(aside)


def remove_in_place(path: Path) -> None:
    """Remove a file, a link, or a folder with its content. Raises OSError if something cannot be removed.

    A folder's manifest is removed first: if this process is killed, the rest of the folder is not taken for complete.
    """
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return
    (path / COMMIT).unlink(missing_ok=True)
    shutil.rmtree(path)


@contextlib.contextmanager
def temporary_folder(beside: Path) -> Iterator[Path]:
    """A folder for work in progress next to `beside`. It is removed at the end unless it was renamed."""
    folder = temporary_beside(beside)
    with storing(beside.parent):
        beside.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def read_bytes(path: Path, sha256: str | None = None) -> bytes:
    """The content of a file of ours, decompressed if its name ends in .gz.

    sha256: of the file, hexadecimal, as its writer reported it; None if unknown. Raises ContractError if the file
    cannot be read or differs from what was written.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path.name} cannot be read: {error.strerror}", file=path) from error
    if path.suffix == ".gz":
        try:
            unpacked = gzip.decompress(text)
        except (OSError, EOFError, zlib.error) as error:
            raise ContractError(f"{path.name} is damaged: {error}", file=path, advice=NEW_RUN) from error
    else:
        unpacked = text
    if sha256 is not None and hashlib.sha256(text).hexdigest() != sha256:
        raise ContractError(
            f"{path.name} is not what an earlier task of the run wrote",
            file=path,
            advice=NEW_RUN,
        )
    return unpacked


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
