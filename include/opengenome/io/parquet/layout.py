"""Check that the footer of a Parquet file accounts for every byte of the file.

When files are joined, as by `cat`, only the last footer is read. Its offsets count from the beginning of the file, so
they point into the first file. If both files have the same layout, rows would silently be missing.
Source: https://github.com/apache/parquet-format, parquet.thrift.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from opengenome.errors import InputError
from opengenome.io.parquet import thrift
from opengenome.io.paths import path_of

SUMMARIES = ("_metadata", "_common_metadata")  # as Spark, Hive, Dask and pyarrow name them
SUMMARY = "a summary of the Parquet files beside it"
OF_A_SUMMARY = "Give the files that it summarises."
MAGIC = b"PAR1"
_TAIL = 8  # the length of the footer, and the magic
# parquet-mr before 1.2.9 leaves the header of a dictionary page, up to this many bytes, out of a column's size
# (https://issues.apache.org/jira/browse/PARQUET-816). No Parquet file of two columns is that short.
_LEFT_OUT = 100
_BLOCK_BYTES = 1 << 20


class _Named(NamedTuple):
    """The bytes that a footer names. ranges: (begin, end), sorted. blooms: begins of Bloom filters of unknown length.

    copies: where copies of a column's metadata begin. elsewhere: whether it names data in other files. encrypted:
    whether it hides the place of some columns.
    """

    ranges: tuple[tuple[int, int], ...]
    blooms: tuple[int, ...]
    copies: frozenset[int]
    elsewhere: bool
    encrypted: bool


def footer(path: str) -> bytes:
    """The metadata at the end of a Parquet file that Arrow has opened."""
    with path_of(path).open("rb") as file:
        end = file.seek(-_TAIL, os.SEEK_END)
        length = int.from_bytes(file.read(4), "little")
        file.seek(end - length)
        return file.read(length)


def column_range(described: dict[int, Any]) -> tuple[int, int]:
    """The begin and end of a column's pages in a row group. Raises one of thrift.UNREADABLE."""
    start = described[9]
    if 0 < described.get(11, 0) < start:
        start = described[11]
    if start < 0 or not 0 <= described[7] < (1 << 63) - start:
        raise ValueError("a column outside of any file")
    return start, start + described[7]


def is_summary(path: str) -> bool:
    """Whether a Parquet file names data in other files. False if its footer cannot be read."""
    try:
        return _named(footer(path)).elsewhere
    except thrift.UNREADABLE:
        return False


def check_accounted(path: str) -> None:
    """Raise InputError if a Parquet file that Arrow has opened has bytes that its footer does not name.

    Two kinds of bytes are allowed: zeros (parquet-mr pads to the blocks of a disk), and a copy of a column's metadata
    after its pages (parquet-cpp 1.3). Raises one of thrift.UNREADABLE for a footer that cannot be read.
    """
    metadata = footer(path)
    named = _named(metadata)
    if named.elsewhere:
        raise InputError(f"This is {SUMMARY}, which is not a supported input", file=path, advice=OF_A_SUMMARY)
    if named.encrypted:
        return
    with path_of(path).open("rb", buffering=0) as opened:
        file = opened.fileno()
        end = os.fstat(file).st_size - _TAIL - len(metadata)
        ranges = [*named.ranges, *(_bloom(file, begin) for begin in named.blooms), (end, end)]
        for begin, stop in _gaps(sorted(ranges)):
            at = _behind_a_copy(file, begin, stop) if begin in named.copies else begin
            if stop - at >= _LEFT_OUT and not _is_zero(file, at, stop):
                raise InputError(
                    f"The Parquet file has bytes that its footer does not name: were files joined? Bytes {at:,} to"
                    f" {stop:,} belong to no column",
                    file=path,
                    advice="Give the original files; Parquet files cannot be joined by cat.",
                )


@lru_cache(maxsize=2)  # many chunks read the same file
def _named(metadata: bytes) -> _Named:
    ranges, blooms, copies = [], [], set()
    elsewhere = encrypted = False
    for group in thrift.struct(metadata, 0)[0][4]:
        for chunk in group[1]:
            elsewhere = elsewhere or bool(chunk.get(1))
            if 3 not in chunk:
                encrypted = True
                continue
            described = chunk[3]
            ranges.append(column_range(described))
            copies.add(chunk.get(2))
            indexes = [(chunk.get(4), chunk.get(5)), (chunk.get(6), chunk.get(7))]
            bloom = described.get(14), described.get(15)
            if bloom[0] is not None and bloom[1] is None:
                blooms.append(bloom[0])
            ranges += [(begin, begin + size) for begin, size in (*indexes, bloom) if begin is not None and size]
    return _Named(tuple(_merged(sorted(ranges))), tuple(blooms), frozenset(copies), elsewhere, encrypted)


def _merged(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same bytes in as few ranges as possible."""
    held: tuple[int, int] | None = None
    for begin, end in ranges:
        if held and begin <= held[1]:
            held = held[0], max(held[1], end)
        else:
            if held:
                yield held
            held = begin, end
    if held:
        yield held


def _gaps(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The gaps between sorted ranges, and before the first."""
    at = len(MAGIC)
    for begin, end in ranges:
        if begin > at:
            yield at, begin
        at = max(at, end)


def _behind_a_copy(file: int, begin: int, end: int) -> int:
    """The end of a copy of a column's metadata; `begin` if there is none."""
    try:
        return begin + thrift.struct(os.pread(file, min(_BLOCK_BYTES, end - begin), begin), 0)[1]
    except thrift.UNREADABLE:
        return begin


def _bloom(file: int, begin: int) -> tuple[int, int]:
    """The begin and end of a Bloom filter, of which parquet-mr before 1.14 names only the begin."""
    if begin < 0:
        raise ValueError("a filter outside of any file")
    header, length = thrift.struct(os.pread(file, 1 << 10, begin), 0)
    return begin, begin + length + max(0, header[1])


def _is_zero(file: int, begin: int, end: int) -> bool:
    for at in range(begin, end, _BLOCK_BYTES):
        if os.pread(file, min(_BLOCK_BYTES, end - at), at).strip(b"\0"):
            return False
    return True
