"""Parts of the per-sequence dataset that a later run can link instead of computing them again.

A part lies in its batch's folder, as `tables/<key>.<SHA-256>.parquet`. The key is a digest of all that decides the
part, so another code, group, reference or annotation has another name. It goes with its batch.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path

from opengenome.io import package
from opengenome.io.store import sha256_of

TABLES = "tables"
# The sources that decide a part besides its batch and its annotation.
_DECIDING = (
    "core/codon_pairs.py",
    "core/measures/",
    "core/bulk_numba.py",
    "core/genetic_code.py",
    "core/code_table.py",
    "io/dataset.py",
    "io/columns.py",
    "io/pair_bias.py",
    "io/pair_parts.py",
    "io/stream.py",
)


@cache
def code() -> str:
    """A digest of the sources that decide a part."""
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
