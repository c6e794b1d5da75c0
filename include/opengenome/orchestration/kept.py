"""Parts of the per-sequence dataset that a later run can link instead of computing them again.

A part lies in its batch's folder, as `tables/<key>.<SHA-256>.parquet`. The key is a digest of all that decides the
part, so another code, group, reference or annotation has another name. `clean` removes what no report has.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from opengenome.io import package
from opengenome.io.hashing import HashedFile
from opengenome.io.store import sha256_of
from opengenome.io.stream import ROWS_AT_ONCE, Stream

if TYPE_CHECKING:
    from opengenome.orchestration.joining import Join

TABLES = "tables"
# The sources that decide a part besides its batch and its annotation.
_DECIDING = (
    "core/measures/",
    "core/genetic_code.py",
    "core/code_table.py",
    "io/dataset.py",
    "io/columns.py",
    "io/stream.py",
)


def keys(join: Join) -> dict[int, str]:
    """The key of each batch's part, by number. Reads the annotation once; memory: 16,384 rows."""
    import pyarrow as pa

    annotation, schema = Stream(join.annotated.rows(join.run.store)), join.annotated.schema()
    given = [join.given.own_code, *(np.asarray(some).tolist() for some in (join.given.reference, join.given.trna))]
    found = {}
    for batch in join.plan.batches:
        hashed, manifest = HashedFile(), join.manifests.get(batch.number)
        parts = [part.sha256 for part in manifest.parts] if manifest else []
        hashed.write(json.dumps([batch.key, parts, _code(), pa.__version__, np.__version__, given]).encode())
        with pa.ipc.new_stream(hashed, schema) as writer:
            for begin in range(0, batch.sequences, ROWS_AT_ONCE):
                writer.write_batch(annotation.take(min(ROWS_AT_ONCE, batch.sequences - begin)))
        found[batch.number] = hashed.digest.hexdigest()
    return found


@cache
def _code() -> str:
    total = hashlib.sha256()
    for name, source in package.sources():
        if name.startswith(_DECIDING):
            total.update(f"{name} {len(source)}\n".encode() + source)
    return total.hexdigest()


def link(batch: Path, key: str, part: Path) -> str:
    """Link the kept part of this key to `part`. Returns its SHA-256; "" if there is none. A damaged one is removed."""
    for kept in (batch / TABLES).glob(f"{key}.*.parquet"):
        with contextlib.suppress(OSError):
            sha256 = sha256_of(kept)
            if kept.name != _name(key, sha256):
                kept.unlink()
                continue
            part.parent.mkdir(parents=True, exist_ok=True)
            os.link(kept, part)
            return sha256
    return ""


def keep(batch: Path, key: str, part: Path, sha256: str) -> None:
    """Keep a part for later runs, where the disk has hard links."""
    with contextlib.suppress(OSError):
        (batch / TABLES).mkdir(exist_ok=True)
        os.link(part, batch / TABLES / _name(key, sha256))


def _name(key: str, sha256: str) -> str:
    return f"{key}.{sha256}.parquet"


def is_in_use(part: Path) -> bool:
    """Whether a report or a results folder has the part too. One that is gone is in use no more."""
    with contextlib.suppress(FileNotFoundError):
        return part.stat().st_nlink > 1
    return False
