"""Compare the per-sequence tables and codon pairs of two outputs of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opengenome.core.model import BatchManifest, Part

_ROWS_AT_ONCE = 16384


def same_rows(one: BatchManifest, at: Path, other: BatchManifest, there: Path) -> bool:
    """Whether two verified outputs, in the folders `at` and `there`, have the same rows.

    Parts with equal SHA-256 are not read. Otherwise the rows are compared, one row group of each in memory, because
    another version of Arrow may write the same rows as other bytes.
    """
    if [part.rows for part in one.files] != [part.rows for part in other.files]:
        return False
    return all(_same(a, at, b, there) for a, b in zip(one.files, other.files, strict=True))


def _same(a: Part, at: Path, b: Part, there: Path) -> bool:
    if a.sha256 == b.sha256:
        return True
    pairs = zip(_rows(at / a.name), _rows(there / b.name), strict=True)
    return all(first.equals(second) for first, second in pairs)


def _rows(path: Path) -> Iterator[Any]:
    """Record batches, whose sizes depend only on the number of rows."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(_ROWS_AT_ONCE)
