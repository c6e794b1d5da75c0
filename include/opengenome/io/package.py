"""The counting part of this package, as a zip for Spark executors, and digests of its sources."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import zipfile
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import BinaryIO

from opengenome import ENGINE_VERSION
from opengenome.io.store import write_atomically

_NAME = "opengenome"
# The executors need no other part of the package.
_COUNTING = ("__init__.py", "errors.py", "flow.py", "annotation", "core", "io", "spark")
# The sources that decide a batch's counts, digests and files. A change to what they do needs a new ENGINE_VERSION.
_DECIDING = (
    *(f"core/{name}.py" for name in ("alphabet", "batch", "bulk_numba", "compiling", "counting", "counting_numba")),
    *(f"core/{name}.py" for name in ("codon_pairs", "codon_pairs_numba", "kernels", "measuring", "numerals")),
    *(f"core/{name}.py" for name in ("planning", "stops")),
    *(f"io/{name}.py" for name in ("columns", "compression", "content", "digests", "fasta_text", "ingest")),
    *(f"io/{name}.py" for name in ("pair_parts", "parts")),
    *(
        f"io/{name}.py"
        for name in ("ranges", "recognise", "records", "row_shards", "schemas", "table_schemas", "text_shards")
    ),
    *("annotation/", "core/code_table", "core/genetic_code"),
    *("io/coding/", "io/fasta_records", "io/formats/", "io/genbank/", "io/parquet/"),
)
_TIME = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that the same code gives the same zip


def sources() -> Iterator[tuple[str, bytes]]:
    """(name below the package, bytes) of every source, sorted. Works inside the zip too."""
    root = importlib.resources.files(_NAME)
    for name in _COUNTING:
        yield from _below(root / name, name)


def _below(source: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    if source.is_dir():
        for entry in sorted(source.iterdir(), key=lambda entry: entry.name):
            yield from _below(entry, f"{name}/{entry.name}")
    elif name.endswith(".py"):
        yield name, source.read_bytes()


@functools.cache
def digest() -> str:
    """A digest of all sources of the counting part, 8 hex digits."""
    total = hashlib.sha256()
    for name, source in sources():
        total.update(f"{name} {len(source)}\n".encode() + source)
    return total.hexdigest()[:8]


@functools.cache
def counting_digest() -> str:
    """A digest of the sources that decide a batch's output, 16 hex digits."""
    total = hashlib.sha256()
    for name, source in sources():
        if name.startswith(_DECIDING):
            total.update(f"{name} {len(source)}\n".encode() + source)
    return total.hexdigest()[:16]


def write_package(output: Path) -> None:
    """Write the sources as a zip that Python can import, atomically. Raises StorageError."""

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for name, source in sources():
                archive.writestr(zipfile.ZipInfo(f"{_NAME}/{name}", _TIME), source, zipfile.ZIP_DEFLATED)

    write_atomically(output, write)


if __name__ == "__main__":
    print(ENGINE_VERSION, counting_digest())
