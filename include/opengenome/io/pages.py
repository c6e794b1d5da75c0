"""The pages of a Parquet file as their headers tell: how much a reader has to hold, known before anything is decoded.

Arrow decodes so many rows at a time, however long they are. pyarrow shows no page headers, and its own view of the
footer may end the process where that is damaged, so both are read here (Thrift's compact protocol).
Source: https://github.com/apache/parquet-format, parquet.thrift.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from opengenome.io.paths import path_of

if TYPE_CHECKING:
    import pyarrow.parquet as pq

DECODED_BYTES = 8 << 20  # of a column that Arrow may decode at a time; it takes about five times that
_WRITTEN_BYTES = 2 * DECODED_BYTES  # the same, where each value stands in the file: a row group of a shard fits
_DICTIONARY_PAGE, _DATA_PAGES = 2, (0, 3)
_DELTA_BYTE_ARRAY = 7
_HEADER_BYTES = (512, 1 << 16, 16 << 20)  # tried in turn: statistics may make a header long
_UNREADABLE = (ValueError, IndexError, KeyError, TypeError, OverflowError, RecursionError)


class Pages(NamedTuple):
    """The pages of a column in a row group. Sizes are of decompressed bytes.

    dictionary: the size of its dictionary, 0 where there is none. sizes, ends: (n,) of each page of values, the size
    and how many values are in it and before. shares: whether a value may be written as what it shares with the one
    before (DELTA_BYTE_ARRAY).
    """

    dictionary: int
    sizes: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    shares: bool

    def largest(self) -> int:
        return int(self.sizes.max(initial=0))

    def most(self, rows: int) -> int:
        """The size of all pages that so many rows can touch, wherever they begin."""
        before = np.concatenate([[0], np.cumsum(self.sizes)])
        last = np.minimum(np.searchsorted(self.ends, self.ends + rows - 1), len(self.ends) - 1)
        return int((before[last + 1] - before[:-1]).max(initial=0))


class _Column(NamedTuple):
    """Where a column of a row group lies in the file, in bytes, and how many values it has."""

    start: int
    stop: int
    values: int


def footer(path: str) -> bytes:
    """The metadata at the end of a Parquet file that Arrow has opened."""
    with path_of(path).open("rb") as file:
        end = file.seek(-8, os.SEEK_END)
        length = int.from_bytes(file.read(4), "little")
        file.seek(end - length)
        return file.read(length)


def plain_metadata(path: str) -> pq.FileMetaData:
    """The file's metadata without the Arrow types that its writer used.

    Arrow would read a dictionary column into one dictionary that grows until the row group ends.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = footer(path).replace(b"ARROW:schema", b"ARROW:unread")
    return pq.read_metadata(pa.BufferReader(b"PAR1" + data + len(data).to_bytes(4, "little") + b"PAR1"))


def read_pages(path: str, group: int, columns: Sequence[str]) -> list[Pages] | None:
    """What the page headers of these columns of a row group say.

    Returns None where they cannot be read: what is wrong with them is for Arrow to say.
    """
    try:
        found = _columns(footer(path), tuple(columns))[group]
        with path_of(path).open("rb", buffering=0) as file:
            return [_summary(file.fileno(), column) for column in found]
    except _UNREADABLE:
        return None


def rows_that_fit(pages: list[Pages], wanted: int) -> int:
    """How many rows decode to no more than these bytes of a column: from 1 to `wanted`.

    A dictionary may hold a value that each row repeats; DELTA_BYTE_ARRAY may repeat the value before. Any other value
    stands in its page.
    """
    rows = wanted
    for column in pages:
        repeated = max(column.dictionary, column.largest() if column.shares else 0)
        rows = min(rows, DECODED_BYTES // max(1, repeated))
        while rows > 1 and column.most(rows) > _WRITTEN_BYTES:
            rows //= 2
    return max(1, rows)


def dictionaries_are_cheap(pages: list[Pages]) -> bool:
    """Whether reading the dictionaries twice, and the first page behind each, costs little of the whole."""
    twice = sum(column.dictionary + int(column.sizes[:1].sum()) for column in pages)
    return twice <= DECODED_BYTES and 8 * twice <= sum(int(column.sizes.sum()) for column in pages)


def with_longest_entries(
    file: pq.ParquetFile, path: str, group: int, columns: list[str], pages: list[Pages]
) -> list[Pages]:
    """The same, with the bytes of the longest entry in the place of those of all the dictionary.

    Arrow cannot read every mixture of encodings like this; then the pages are returned as they are.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = [name for name, column in zip(columns, pages, strict=True) if column.dictionary]
    try:
        with (
            pa.OSFile(os.fsencode(path_of(path)), "rb") as opened,
            pq.ParquetFile(opened, metadata=file.metadata, read_dictionary=wanted) as again,
        ):
            row = next(again.iter_batches(1, row_groups=[group], columns=wanted, use_threads=False))
            entries = {name: row.column(name).dictionary for name in wanted}
    except (pa.ArrowException, OSError):
        return pages
    longest = {name: pc.max(pc.binary_length(found)).as_py() or 0 for name, found in entries.items()}
    return [column._replace(dictionary=longest.get(name, 0)) for name, column in zip(columns, pages, strict=True)]


def _summary(file: int, column: _Column) -> Pages:
    dictionary, sizes, values = 0, [], []
    shares = False
    for page in _pages(file, column):
        if page.kind == _DICTIONARY_PAGE:
            dictionary = max(dictionary, page.size)
        else:
            sizes.append(page.size)
            values.append(page.values)
            shares = shares or page.encoding == _DELTA_BYTE_ARRAY
    return Pages(dictionary, np.array(sizes, dtype=np.int64), np.cumsum(values, dtype=np.int64), shares)


class _Page(NamedTuple):
    kind: int
    size: int
    values: int
    encoding: int


def _pages(file: int, column: _Column) -> Iterator[_Page]:
    """The pages that hold values. Raises one of _UNREADABLE."""
    at, seen = column.start, 0
    while at < column.stop and seen < column.values:
        header, length = _page_header(file, at)
        kind, size, stored = header[1], header[2], header[3]
        if size < 0 or stored < 0:
            raise ValueError("a page of negative size")
        if kind == _DICTIONARY_PAGE:
            yield _Page(kind, size, 0, 0)
        elif kind in _DATA_PAGES:
            details = header.get(5) or header[8]
            page = _Page(kind, size, details[1], details[2] if 5 in header else details[4])
            if page.values < 0:
                raise ValueError("a page of less than no values")
            seen += page.values
            yield page
        at += length + stored


def _page_header(file: int, at: int) -> tuple[dict[int, Any], int]:
    for size in _HEADER_BYTES[:-1]:
        try:
            return _struct(os.pread(file, size, at), 0)
        except IndexError:
            continue
    return _struct(os.pread(file, _HEADER_BYTES[-1], at), 0)


@lru_cache(maxsize=2)  # a file of very many row groups is read by as many chunks
def _columns(metadata: bytes, names: tuple[str, ...]) -> list[list[_Column]]:
    """For each row group, where these columns lie."""
    fields, _ = _struct(metadata, 0)
    found = []
    for group in fields[4]:
        described = {chunk[3][3][0]: chunk[3] for chunk in group[1] if len(chunk[3][3]) == 1}
        found.append([_located(described[name.encode()]) for name in names])
    return found


def _located(described: dict[int, Any]) -> _Column:
    start = described[9]
    if 0 < described.get(11, 0) < start:
        start = described[11]
    if start < 0 or start + described[7] >= 1 << 63:
        raise ValueError("a column outside of any file")
    return _Column(start, start + described[7], described[5])


# --- Thrift's compact protocol; each function takes where to begin, and returns a value and where it ends ---


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _value(kind: int, data: bytes, at: int) -> tuple[Any, int]:
    if kind in (4, 5, 6):  # integers, zigzag
        value, at = _varint(data, at)
        return (value >> 1) ^ -(value & 1), at
    if kind == 8:  # bytes or text
        length, at = _varint(data, at)
        if at + length > len(data):
            raise IndexError
        return data[at : at + length], at + length
    if kind == 12:
        return _struct(data, at)
    if kind in (9, 10):
        return _list(data, at)
    if kind in (1, 2, 3):  # in a list, true, false and a byte take a byte each
        return data[at], at + 1
    if kind == 7:  # a double
        return None, at + 8
    raise ValueError(f"kind {kind}")  # a map: Parquet has none


def _list(data: bytes, at: int) -> tuple[list[Any], int]:
    size, kind, at = data[at] >> 4, data[at] & 15, at + 1
    if size == 15:
        size, at = _varint(data, at)
    values = []
    for _ in range(size):
        value, at = _value(kind, data, at)
        values.append(value)
    return values, at


def _struct(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    """The fields of a struct by their number."""
    fields: dict[int, Any] = {}
    number = 0
    while True:
        head = data[at]
        at += 1
        if not head:
            return fields, at
        kind = head & 15
        if head >> 4:
            number += head >> 4
        else:
            stored, at = _value(5, data, at)
            number = stored
        if kind in (1, 2):  # as a field, true and false are the kind itself
            fields[number] = kind == 1
        else:
            fields[number], at = _value(kind, data, at)
