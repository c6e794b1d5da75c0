"""The spec of a batch and its commit. The manifest is the commit, written last: without it the batch does not exist."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from opengenome import ENGINE_VERSION
from opengenome.core.batch import batch_key
from opengenome.core.model import BatchManifest
from opengenome.errors import NEW_RUN, ContractError, PlanError
from opengenome.io import schemas
from opengenome.io.refusals import first_line
from opengenome.io.schemas import BatchSpec
from opengenome.io.store import COMMIT, json_writer, remove_folder, sealed, sha256_of, storing, write_once

MANIFEST = COMMIT


def read_spec(path: Path, sha256: str) -> BatchSpec:
    """The spec of a batch as `plan` wrote it. sha256: of its bytes, as `plan` returned it.

    Raises ContractError if the file is damaged or changed, PlanError if another engine version planned it.
    """
    spec = schemas.read_batch_spec(path, sha256)
    number = spec.batch.number + 1
    if spec.engine != ENGINE_VERSION:
        raise PlanError(
            f"The batch was planned for engine {spec.engine}, and this is engine {ENGINE_VERSION}",
            batch=number,
            advice=NEW_RUN,
        )
    if spec.batch.key != batch_key(spec.batch.chunks, spec.parameters, spec.engine):
        raise ContractError("The key of the batch does not match its content", batch=number, file=path, advice=NEW_RUN)
    return spec


def commit(batch: Path, manifest: BatchManifest) -> bool:
    """Write the manifest: from now on the batch exists. False if another attempt was first; its commit stays."""
    return write_once(batch / MANIFEST, json_writer(sealed(manifest.as_dict())))


def is_committed(batch: Path) -> bool:
    """Whether there is a manifest. It may still fail to verify."""
    with storing(batch):  # where reading is forbidden, writing is too
        try:
            (batch / MANIFEST).lstat()  # a broken link counts too
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


def load_manifest(path: Path) -> tuple[BatchManifest, str]:
    """A committed manifest and the SHA-256 of its bytes. Raises ContractError if there is none."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ContractError(f"There is no batch manifest: {error.strerror}", file=path) from error
    return schemas.parse_batch_manifest(text, path), hashlib.sha256(text).hexdigest()


def damaged_part(manifest: BatchManifest, batch: Path) -> str | None:
    """What is wrong with the first part that differs from the manifest; None if no part does."""
    for part in manifest.files:
        path = batch / part.name
        if ".." in path.parts or not path.is_relative_to(batch):
            return f"part missing: {part.name}"
        try:
            if path.stat().st_size != part.bytes or sha256_of(path) != part.sha256:
                return f"part changed: {part.name}"
        except FileNotFoundError:
            return f"part missing: {part.name}"
        except (OSError, ValueError) as error:
            return f"part cannot be read: {part.name}: {first_line(error)}"
    return None


def set_aside(batch: Path) -> None:
    """Revoke a commit that does not verify. A manifest that is a file is kept under another name, for inspection."""
    path = batch / MANIFEST
    aside = path.with_suffix(".damaged.json")
    with storing(batch), contextlib.suppress(FileNotFoundError):
        if path.is_symlink() or not path.is_file():
            remove_folder(path)
            return
        if aside.is_dir():
            remove_folder(aside)
        path.replace(aside)


def make_way(batch: Path) -> None:
    """Remove files and links that are in the way of the batch's folders."""
    for folder in (batch, batch / "attempts"):
        with storing(batch):
            if os.path.lexists(folder) and not folder.is_dir():
                remove_folder(folder)
