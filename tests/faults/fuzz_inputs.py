"""Inputs of the fuzz test: sound FASTA, compressed and Parquet files, and random damage to their bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import re
import zlib
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
from backports import zstd

_NAMES = ["", "a", "NC_001319.1", "IMGPR|plasmid|1", "é", "two words", "tab\tbed", "x" * 60, ">", "seq;1"]
_ALPHABETS = ["ACGT"] * 6 + ["acgtu", "ACGTN", "ACGTUacgtuRYSWKMBDHVNXryswkmbdhvnx", "ACGT \t\r\n"]
_WRONG_LETTERS = ["E", "*", "-", ".", "é", "\0", "1", ">", "\v"]


def make(source: random.Random) -> bytes:
    """One input file, sound or damaged; `source` determines everything about it."""
    kind = source.choice(["fasta", "fasta", "gzip", "gzip", "parquet", "parquet", "parquet", "bzip2", "xz", "zstd"])
    if kind == "parquet":
        return damage_parquet(_parquet(source), source)
    if kind == "fasta":
        return damage(_fasta(source), source)
    text = _fasta(source)
    if source.random() < 0.2:
        text = damage(text, source)
    pieces = _pieces(text, source)
    if kind == "gzip":
        return _damage_members([_member(piece, source) for piece in pieces], gzip.compress, source)
    return _damage_members([_PACK[kind](piece) for piece in pieces], _PACK[kind], source)


def _records(source: random.Random) -> list[tuple[str, str]]:
    """Names and letters; one of eight sets has an invalid letter."""
    records = []
    for number in range(source.choice([0, 1, 1, 2, 5, 12, 40])):
        name = source.choice(_NAMES) if source.random() < 0.3 else f"seq{number}"
        length = source.choice([0, 1, 2, 3, source.randrange(200), source.randrange(200), source.randrange(3000)])
        records.append((name, "".join(source.choices(source.choice(_ALPHABETS), k=length))))
    if records and source.random() < 0.125:
        at = source.randrange(len(records))
        name, letters = records[at]
        cut = source.randint(0, len(letters))
        records[at] = name, letters[:cut] + source.choice(_WRONG_LETTERS) + letters[cut:]
    return records


def _fasta(source: random.Random) -> bytes:
    end = source.choice(["\n", "\n", "\n", "\r\n", "\r"])
    width = source.choice([1, 7, 60, 80, 10_000])
    lines = ["", " "] if source.random() < 0.1 else []
    for name, letters in _records(source):
        lines.append(source.choice([">", ">", ">", "> ", " >"]) + name + source.choice(["", " described", "\t"]))
        lines += [letters[at : at + width] for at in range(0, len(letters), width)]
        if source.random() < 0.05:
            lines.append("")
    text = end.join(lines) + (end if source.random() < 0.8 else "")
    if source.random() < 0.05:
        return b"\xef\xbb\xbf" + text.encode()
    return text.encode(source.choice(["utf-8", "utf-8", "latin-1"]))


# --- damage to any file ---


def damage(data: bytes, source: random.Random, *, within: tuple[int, int] | None = None) -> bytes:
    """The bytes after zero to four accidents, all between the two places of `within`."""
    low, high = within or (0, len(data))
    for _ in range(source.choice([0, 0, 1, 1, 2, 4])):
        before, middle, after = data[:low], data[low:high], data[high:]
        middle = source.choice(_ACCIDENTS)(middle, source)
        data, high = before + middle + after, low + len(middle)
    return data


def _span(data: bytes, source: random.Random) -> tuple[int, int]:
    begin = source.randint(0, len(data))
    return begin, min(len(data), begin + source.choice([1, 1, 2, 4, 16, 100, 5000]))


def _flip(data: bytes, source: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(source.choice([1, 1, 3]) if data else 0):
        changed[source.randrange(len(data))] ^= 1 << source.randrange(8)
    return bytes(changed)


def _set(data: bytes, source: random.Random) -> bytes:
    if not data:
        return b"\0"
    at = source.randrange(len(data))
    return data[:at] + bytes([source.choice([0, 9, 10, 13, 32, 62, 65, 127, 128, 255])]) + data[at + 1 :]


def _delete(data: bytes, source: random.Random) -> bytes:
    begin, end = _span(data, source)
    return data[:begin] + data[end:]


def _insert(data: bytes, source: random.Random) -> bytes:
    at = source.randint(0, len(data))
    new = [b">", b"\n>", b"\n>\n", b"\r", b"\0", b"\n\n", b"ACG", b"\xff\xfe", source.randbytes(source.randint(1, 40))]
    return data[:at] + source.choice(new) + data[at:]


def _duplicate(data: bytes, source: random.Random) -> bytes:
    begin, end = _span(data, source)
    return data[:end] + data[begin:]


def _cut(data: bytes, source: random.Random) -> bytes:
    return data[: source.randint(0, len(data))]


def _swap(data: bytes, source: random.Random) -> bytes:
    a, b, c = sorted(source.randint(0, len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _zero(data: bytes, source: random.Random) -> bytes:
    begin, end = _span(data, source)
    return data[:begin] + bytes(end - begin) + data[end:]


def _line_ends(data: bytes, source: random.Random) -> bytes:
    return re.sub(rb"\r\n|\r|\n", source.choice([b"\n", b"\r\n", b"\r", b"\n\r", b""]), data)


def _nameless(data: bytes, source: random.Random) -> bytes:
    return re.sub(rb">[^\r\n]*", b">", data, count=source.choice([0, 1]))


_ACCIDENTS = [_flip, _flip, _set, _set, _delete, _insert, _duplicate, _cut, _swap, _zero, _line_ends, _nameless]


# --- compressed ---

_PACK = {"bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd.compress}


def _pieces(text: bytes, source: random.Random) -> list[bytes]:
    borders = sorted(source.randint(0, len(text)) for _ in range(source.choice([0, 0, 1, 3])))
    return [text[a:b] for a, b in zip([0, *borders], [*borders, len(text)], strict=True)]


def _member(text: bytes, source: random.Random) -> bytes:
    """gzip with any header fields (RFC 1952), and stored, fixed and dynamic blocks."""
    packer = zlib.compressobj(source.choice([0, 1, 6, 9]), zlib.DEFLATED, -15, 8, source.choice([0, 0, zlib.Z_FIXED]))
    packed = packer.compress(text) + packer.flush()
    flags, fields = source.choice([(0, b""), (0, b""), (8, b"name\0"), (16, b"comment\0"), (4, b"\4\0abcd")])
    header = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\0\xff" + fields
    return header + packed + zlib.crc32(text).to_bytes(4, "little") + len(text).to_bytes(4, "little")


def _damage_members(members: list[bytes], pack: Callable[[bytes], bytes], source: random.Random) -> bytes:
    way = source.random()
    if way < 0.1:
        source.shuffle(members)
    elif way < 0.2:
        members.append(
            source.choice(
                [bytes(source.randint(1, 700)), b"\0\0x", b"garbage", b"\x1f\x8b", b"\x1f", b"BZh", b"\xfd7z", bytes(4)]
            )
        )
    elif way < 0.25:
        members = [pack(b"".join(members))]
    elif way < 0.3:
        members.insert(source.randint(0, len(members)), pack(b""))
    elif way < 0.75:
        at = source.randrange(len(members))
        members[at] = damage(members[at], source)
    return b"".join(members)


# --- Parquet ---


def _column(values: list[str | None], source: random.Random) -> pa.Array:
    kinds = [pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), pa.string_view(), pa.binary_view()]
    kind = source.choice([*kinds, pa.string(), pa.string()])
    if source.random() < 0.04:
        return pa.array([len(value or "") for value in values], source.choice([pa.int64(), pa.int32(), pa.float64()]))
    if source.random() < 0.04:
        return source.choice([pa.nulls(len(values)), pa.array([[value] for value in values], pa.list_(pa.string()))])
    if source.random() < 0.06 and values:
        values = [*values]
        values[source.randrange(len(values))] = None
    binary = "binary" in str(kind)
    array = pa.array([value.encode("latin-1") if binary and value is not None else value for value in values], kind)
    if source.random() < 0.15 and "view" not in str(kind):
        array = array.dictionary_encode()
    return array


def _parquet(source: random.Random) -> bytes:
    """Parquet with every option of the writer that changes how strings are stored."""
    records = _records(source)
    names = ["seq_id", "sequence"]
    columns = [_column([record[at] for record in records], source) for at in range(2)]
    for name in ("piece", "description", "sequence"):
        if source.random() < 0.06:
            names.append(name)
            columns.append(pa.array([0] * len(records), pa.int32()) if name == "piece" else columns[1])
    order = source.sample(range(len(names)), len(names)) if source.random() < 0.2 else range(len(names))
    table = pa.Table.from_arrays([columns[at] for at in order], [names[at] for at in order])
    packing = source.choice(["none", "none", "snappy", "zstd", "gzip", "lz4", "brotli"])
    dictionary = source.random() < 0.5
    encoding = None
    if not dictionary and all(name not in ("piece",) for name in names) and _all_text(columns):
        encoding = source.choice(["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"])
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        compression=packing,
        use_dictionary=dictionary,
        column_encoding=encoding,
        row_group_size=source.choice([1, 3, 1000]),
        data_page_size=source.choice([64, 1000, 1 << 20]),
        data_page_version=source.choice(["1.0", "2.0"]),
        write_page_checksum=source.random() < 0.3,
        write_page_index=source.random() < 0.2,
        write_statistics=source.random() < 0.5,
        store_schema=source.random() < 0.7,
    )
    return sink.getvalue()


def _all_text(columns: list[pa.Array]) -> bool:
    return not any(pa.types.is_dictionary(column.type) or "string" not in str(column.type) for column in columns)


def damage_parquet(data: bytes, source: random.Random) -> bytes:
    """Accidents in its pages, in its footer, in the length of the footer, or anywhere."""
    way = source.random()
    footer = int.from_bytes(data[-8:-4], "little")
    if way < 0.2:
        return data
    if way < 0.45:
        return damage(data, source, within=(len(data) - 8 - footer, len(data) - 8))
    if way < 0.7:
        return damage(data, source, within=(4, len(data) - 8 - footer))
    if way < 0.75:
        return (
            data[:-8] + source.choice([0, footer - 1, footer + 1, 1 << 31, 2**32 - 1]).to_bytes(4, "little") + b"PAR1"
        )
    # The size of the file stays the same, so the footer's places are valid but their content is damaged.
    page = 4 + source.randrange(40)
    return (
        data[:page] + source.randbytes(source.randint(1, 4)) + data[page + 4 :] if way < 0.85 else damage(data, source)
    )
