"""An independent reader for the fuzz test: slow, in plain Python. It shares only the codons with the package.

The standard library reads text and gzip. bzip2, xz and zstd use the same decoders as the package, but each stream at
once. Parquet has no second decoder: pyarrow reads the whole file into Python objects here, while the package streams
row ranges of buffers. So an error of pyarrow's own decoder would not be found.
"""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import re
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from backports import zstd

CODONS = ["".join(letters) for letters in itertools.product("ACGT", repeat=3)]
Record = tuple[str, str]


class NotNucleotidesError(Exception):
    """The file is not a collection of nucleotide sequences. The message explains a failed test."""


@dataclass
class Expected:
    """rows: (identifier, bases) of each record. totals: 64 counts. ledger: as core.model.Ledger, without its name."""

    rows: list[tuple[str, int]]
    totals: list[int]
    ledger: tuple[int, ...]


def expect(records: list[Record], frame: int) -> Expected:
    totals: Counter[str] = Counter()
    offset = trailing = ambiguous = 0
    for _, letters in records:
        body = letters[frame:]
        offset += len(letters) - len(body)
        trailing += len(body) % 3
        for codon in re.findall("...", body):
            if set(codon) <= set("ACGT"):
                totals[codon] += 1
            else:
                ambiguous += 1
    bases, counted = sum(len(letters) for _, letters in records), sum(totals.values())
    ledger = (len(records), bases, offset, counted, ambiguous, trailing)
    return Expected([(name, len(letters)) for name, letters in records], [totals[c] for c in CODONS], ledger)


def read(data: bytes) -> list[Record]:
    """Identifiers and upper-case DNA letters of every record. Raises NotNucleotidesError."""
    if data[:2] == b"\x1f\x8b":
        return _text(_inflated(data))
    for magic, (new, padding) in _PACKED.items():
        if data.startswith(magic):
            return _text(_unpacked(data, new, padding))
    return _table(data) if data[:4] == b"PAR1" else _text(data)


_PACKED: dict[bytes, tuple[Callable[[], Any], int]] = {
    b"BZh": (bz2.BZ2Decompressor, 0),
    b"\xfd7zXZ\0": (lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ), 4),
    b"\x28\xb5\x2f\xfd": (zstd.ZstdDecompressor, 0),
}


def _unpacked(data: bytes, new: Callable[[], Any], padding: int) -> bytes:
    """All streams, each whole in memory. Other bytes after the last one make the decoder fail."""
    text = b""
    while data:
        stream = new()
        try:
            text += stream.decompress(data)
        except (OSError, lzma.LZMAError, zstd.ZstdError) as error:
            raise NotNucleotidesError(f"compressed: {error}") from error
        if not stream.eof:
            raise NotNucleotidesError("compressed: cut")
        data = stream.unused_data
        zeros = len(data) - len(data.lstrip(b"\0"))
        data = data[zeros:] if padding and zeros % padding == 0 else data
    return text


def _inflated(data: bytes) -> bytes:
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(data)).read()
    except (OSError, EOFError, zlib.error) as error:
        raise NotNucleotidesError(f"gzip: {error}") from error


def _text(data: bytes) -> list[Record]:
    data = data.removeprefix(b"\xef\xbb\xbf")
    records: list[tuple[str, list[str]]] = []
    for line in re.split(rb"[\r\n]", data):
        bare = line.lstrip(b" \t")
        if bare.startswith(b">"):
            words = re.findall(rb"[^ \t]+", bare[1:])
            records.append((_decode(words[0]) if words else "", []))
        elif bare:
            if not records:
                raise NotNucleotidesError(f"before the first header: {bare[:20]!r}")
            records[-1][1].append(_letters(bare))
    return [(name, "".join(lines)) for name, lines in records]


def _letters(text: bytes) -> str:
    letters = re.sub(rb"[ \t\r\n]", b"", text).decode("latin-1")
    if not re.fullmatch("[ACGTURYSWKMBDHVNXacgturyswkmbdhvnx]*", letters):
        raise NotNucleotidesError(f"letters: {letters[:20]!r}")
    return letters.upper().replace("U", "T")


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _table(data: bytes) -> list[Record]:
    """The rows of each row group, as many as the footer says; any more are ignored."""
    try:
        with pq.ParquetFile(io.BytesIO(data), pre_buffer=False, page_checksum_verification=True) as file:
            rows = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            columns = [_column(file, name, rows) for name in ("seq_id", "sequence")]
            if sum(rows) != file.metadata.num_rows:
                raise NotNucleotidesError("Parquet: the rows of the groups are not those of the file")
    except (pa.ArrowException, OSError, KeyError, MemoryError, TypeError, ValueError) as error:
        raise NotNucleotidesError(f"Parquet: {type(error).__name__}: {str(error)[:200]}") from error
    if any(value is None for column in columns for value in column):
        raise NotNucleotidesError("Parquet: a null")
    return [(_decode(name), _letters(letters)) for name, letters in zip(*columns, strict=True)]


def _column(file: pq.ParquetFile, name: str, rows: list[int]) -> list[bytes | None]:
    """A column as bytes, because text would refuse invalid UTF-8. Raises KeyError if it is missing or occurs twice."""
    file.schema_arrow.field(name)
    values: list[bytes | None] = []
    for group, wanted in enumerate(rows):
        found: list[bytes | None] = []
        if not wanted:
            continue  # it has no rows, so its pages are not read
        for chunk in file.read_row_group(group, columns=[name], use_threads=False).column(0).chunks:
            found += _bytes(chunk, name)
        if len(found) < wanted:
            raise NotNucleotidesError(f"Parquet: {wanted} rows are told, {len(found)} are there")
        values += found[:wanted]
    return values


def _bytes(chunk: pa.Array, name: str) -> list[bytes | None]:
    flat = chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk
    if pa.types.is_string_view(flat.type):
        flat = flat.cast(pa.string())
    elif pa.types.is_nested(flat.type) or not any(word in str(flat.type) for word in ("string", "binary")):
        raise NotNucleotidesError(f"Parquet: column {name} is {flat.type}")
    values: list[bytes | None] = flat.cast(pa.binary()).to_pylist()
    return values
