"""Read the page headers of a Parquet file, to know before decoding how much memory its rows need.

Arrow decodes a fixed number of rows at a time, however long they are. pyarrow does not expose page headers, and may
crash on a damaged footer, so both are read here.
Source: https://github.com/apache/parquet-format, parquet.thrift.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from opengenome.io.parquet import thrift
from opengenome.io.parquet.layout import column_range, footer
from opengenome.io.paths import path_of

if TYPE_CHECKING:
    import pyarrow.parquet as pq

DECODED_BYTES = 8 << 20  # of a column that Arrow may decode at once; it needs about five times that
_WRITTEN_BYTES = 2 * DECODED_BYTES  # the same, if each value is written out in the file: a shard's row group fits
_DATA_PAGE, _DICTIONARY_PAGE, _DATA_PAGE_V2 = 0, 2, 3
_DELTA_BYTE_ARRAY = 7
_HEADER_BYTES = (512, 1 << 16, 16 << 20)  # tried in turn: statistics may make a header long
_MOST = 1 << 31  # page headers have 32-bit numbers


class Pages(NamedTuple):
    """The pages of a column in a row group. Sizes are of decompressed bytes.

    dictionary: the size of its dictionary, 0 if there is none. sizes: (n,), of each page of values. ends: (n,), how
    many values are in the pages up to this one. shares: whether values may be written as differences to the value
    before (DELTA_BYTE_ARRAY).
    """

    dictionary: int
    sizes: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    shares: bool

    def values(self) -> int:
        return int(self.ends.max(initial=0))

    def largest(self) -> int:
        return int(self.sizes.max(initial=0))

    def most(self, rows: int) -> int:
        """The largest size of all pages that this many consecutive rows can touch."""
        before = np.concatenate([[0], np.cumsum(self.sizes)])
        last = np.minimum(np.searchsorted(self.ends, self.ends + rows - 1), len(self.ends) - 1)
        return int((before[last + 1] - before[:-1]).max(initial=0))


class _Column(NamedTuple):
    """The place of a column of a row group in the file, in bytes, and its number of values."""

    start: int
    stop: int
    values: int


def plain_metadata(path: str) -> pq.FileMetaData:
    """The file's metadata without the Arrow types that its writer used.

    With them, Arrow would read a dictionary column into one dictionary that grows until the row group ends.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = footer(path).replace(b"ARROW:schema", b"ARROW:unread")
    return pq.read_metadata(pa.BufferReader(b"PAR1" + data + len(data).to_bytes(4, "little") + b"PAR1"))


def read_pages(path: str, group: int, columns: Sequence[str]) -> list[Pages] | None:
    """The pages of these columns of a row group, from their headers.

    Returns None if the headers cannot be read; Arrow then reports the error.
    """
    try:
        places = _columns(footer(path), tuple(columns))[group]
        with path_of(path).open("rb", buffering=0) as file:
            return [_summary(file.fileno(), column) for column in places]
    except thrift.UNREADABLE:
        return None


def rows_that_fit(pages: list[Pages], wanted: int) -> int:
    """How many rows, from 1 to `wanted`, decode within the limits for a column's bytes.

    Every row may repeat a value of the dictionary, or with DELTA_BYTE_ARRAY the value before. Any other value is
    written out in its page.
    """
    rows = wanted
    for column in pages:
        repeated = max(column.dictionary, column.largest() if column.shares else 0)
        rows = min(rows, DECODED_BYTES // max(1, repeated))
        while rows > 1 and column.most(rows) > _WRITTEN_BYTES:
            rows //= 2
    return max(1, rows)


def dictionaries_are_cheap(pages: list[Pages]) -> bool:
    """Whether reading each dictionary and the first page after it twice costs little in comparison."""
    twice = sum(column.dictionary + int(column.sizes[:1].sum()) for column in pages)
    return twice <= DECODED_BYTES and 8 * twice <= sum(int(column.sizes.sum()) for column in pages)


def with_longest_entries(
    file: pq.ParquetFile, path: str, group: int, columns: list[str], pages: list[Pages]
) -> list[Pages]:
    """The same pages, with the size of the dictionary's longest entry instead of the whole dictionary's.

    Arrow cannot read every mixture of encodings in this way; then the pages are returned unchanged.
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
    """The pages that hold values. Raises one of thrift.UNREADABLE."""
    at, seen = column.start, 0
    while at < column.stop and seen < column.values:
        header, length = _page_header(file, at)
        kind, size, stored = header[1], _count(header[2]), _count(header[3])
        if kind == _DICTIONARY_PAGE:
            yield _Page(kind, size, 0, 0)
        elif kind in (_DATA_PAGE, _DATA_PAGE_V2):
            # A header may also hold details of the other kind of page, which Arrow ignores.
            details, encoding = (header[5], 2) if kind == _DATA_PAGE else (header[8], 4)
            page = _Page(kind, size, _count(details[1]), details[encoding])
            seen += page.values
            yield page
        at += length + stored


def _count(found: int) -> int:
    if not 0 <= found < _MOST:
        raise ValueError("an impossible size or number in a page header")
    return found


def _page_header(file: int, at: int) -> tuple[dict[int, Any], int]:
    for size in _HEADER_BYTES[:-1]:
        try:
            return thrift.struct(os.pread(file, size, at), 0)
        except IndexError:
            continue
    return thrift.struct(os.pread(file, _HEADER_BYTES[-1], at), 0)


@lru_cache(maxsize=2)  # many chunks read the same file
def _columns(metadata: bytes, names: tuple[str, ...]) -> list[list[_Column]]:
    """The places of these columns, for each row group."""
    fields, _ = thrift.struct(metadata, 0)
    places = []
    for group in fields[4]:
        described = {chunk[3][3][0]: chunk[3] for chunk in group[1] if len(chunk[3][3]) == 1}
        columns = (described[name.encode()] for name in names)
        places.append([_Column(*column_range(column), column[5]) for column in columns])
    return places
