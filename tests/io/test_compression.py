"""gzip, bzip2, xz and zstd are read to the very end; truncation, damage and extra bytes are reported."""

import bz2
import gzip
import io
import lzma
import random
import struct
import tracemalloc
import zlib

import pytest
from backports import zstd

from opengenome.errors import InputError
from opengenome.io import compression
from opengenome.io.compression import Decompressed, compression_of

PACK = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd.compress}
SOURCE = random.Random(20261125)  # noqa: S311
TEXT = bytes(SOURCE.choices(b"ACGT\n", k=20_000))


def unpacked(data, kind, step=1 << 16):
    text = Decompressed(io.BytesIO(data), kind, "in.fa", len(data))
    return b"".join(iter(lambda: text.read(step), b""))


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("step", [1, 1000, 1 << 20])
@pytest.mark.parametrize("block", [1, 13, 1 << 17])
def test_all_members_are_read_to_the_very_end_at_any_step(monkeypatch, kind, step, block):
    monkeypatch.setattr(compression, "_READ_BYTES", block)
    pieces = [TEXT[:900], b"", TEXT[900:2900], b"A", b""]
    packed = b"".join(map(PACK[kind], pieces))
    assert compression_of(packed) == kind
    assert unpacked(packed, kind, step) == b"".join(pieces)


def gzip_member(data, extra=b"", name=b"", comment=b"", checksum=False):
    flags = 2 * checksum | (4 if extra else 0) | (8 if name else 0) | (16 if comment else 0)
    header = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff"
    header += struct.pack("<H", len(extra)) + extra if extra else b""
    header += b"".join(text + b"\0" for text in (name, comment) if text)
    header += struct.pack("<H", zlib.crc32(header) & 0xFFFF) if checksum else b""
    packed = zlib.compress(data, wbits=-15)
    return header + packed + struct.pack("<II", zlib.crc32(data), len(data))


HEADERS = {
    "extra fields and a name": {"extra": b"SZ\4\0aaaa", "name": b"genome.fa"},
    "a name and a checksum": {"name": b"g.fa", "checksum": True},
    "everything": {"extra": b"SZ\4\0aaaa", "name": b"g.fa", "comment": b"of mine", "checksum": True},
    "the longest extra field": {"extra": b"SZ\xfb\xff" + b"a" * 65531, "name": b"n" * 70_000},
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("block", [7, 4099, 1 << 17])
def test_any_gzip_header_may_lie_across_the_blocks_that_are_read(monkeypatch, header, block):
    monkeypatch.setattr(compression, "_READ_BYTES", block)
    many = 3 if block == 7 else 60
    packed = gzip_member(TEXT[:400], **HEADERS[header]) * many
    assert gzip.decompress(packed) == TEXT[:400] * many
    assert unpacked(packed, "gzip") == TEXT[:400] * many
    for cut in (5, 11, 13, 20, 25):
        with pytest.raises(InputError, match="The gzip file is truncated"):
            unpacked(packed + packed[:cut], "gzip")


def test_an_endless_gzip_header_is_refused_before_it_fills_the_memory():
    endless = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"n" * (4 << 20)
    with pytest.raises(InputError, match="the header of a member does not end"):
        unpacked(endless, "gzip")


@pytest.mark.parametrize("kind", PACK)
def test_peeking_at_the_first_bytes_does_not_consume_them(kind):
    text = Decompressed(io.BytesIO(PACK[kind](b"ACGT")), kind, "in.fa", 9)
    assert (text.peek(3), text.peek(3), text.read(2), text.read(9), text.read(9)) == (b"ACG", b"ACG", b"AC", b"GT", b"")


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("after", [b"\n", b"ACGT" * 40_000, b"PK\3\4", b"\0\0\0\0x"])
def test_bytes_after_the_end_are_reported_with_their_place(kind, after):
    packed = PACK[kind](TEXT) * 2
    message = rf"bytes after the end of the {kind} data, from byte {len(packed):,} of {len(packed + after):,} on \(file"
    with pytest.raises(InputError, match=message):
        unpacked(packed + after, kind)


@pytest.mark.parametrize("kind", PACK)
def test_a_file_cut_anywhere_is_truncated(kind):
    packed = PACK[kind](TEXT[:500]) * 2
    whole = len(packed) // 2
    for cut in [*range(6, whole), *range(whole + 1, len(packed))]:
        with pytest.raises(InputError, match=rf"The {kind} file is truncated, at about byte {cut:,} of {cut:,}"):
            unpacked(packed[:cut], kind)
    assert unpacked(packed[:whole], kind) == TEXT[:500]  # a sound file: the cut cannot be seen


@pytest.mark.parametrize("kind", PACK)
def test_damage_is_reported_or_changes_nothing(kind):
    checked = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": with_checksum}
    packed = checked[kind](TEXT)
    told = 0
    for place in range(10, len(packed), 41):
        damaged = bytearray(packed)
        damaged[place] ^= 1 << SOURCE.randrange(8)
        try:
            assert unpacked(bytes(damaged), kind) == TEXT
        except InputError as error:
            told += 1
            assert "in.fa" in str(error)
    assert told > 0.9 * len(packed) / 41 - 3


def with_checksum(data):
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


def test_padding_and_skippable_frames_are_accepted():
    skipped = struct.pack("<II", 0x184D2A53, 5) + b"hello"
    packed = zstd.compress(TEXT)
    assert unpacked(skipped + packed + skipped + packed + skipped, "zstd") == TEXT * 2
    packed = lzma.compress(TEXT)
    assert unpacked(packed + b"\0" * 8 + packed + b"\0" * 400_000, "xz") == TEXT * 2
    for wrong in (packed + b"\0" * 6, packed + b"\0" * 5 + packed):
        with pytest.raises(InputError, match="bytes after the end of the xz data"):
            unpacked(wrong, "xz")
    assert unpacked(gzip.compress(TEXT) + b"\0" * 300_000, "gzip") == TEXT  # as tapes do


@pytest.mark.parametrize("kind", PACK)
def test_memory_does_not_depend_on_the_ratio(kind):
    packed = PACK[kind](b"A" * 64_000_000)
    assert len(packed) * 900 < 64_000_000
    tracemalloc.start()
    text = Decompressed(io.BytesIO(packed), kind, "in.fa", len(packed))
    assert sum(len(block) for block in iter(lambda: text.read(1 << 20), b"")) == 64_000_000
    assert tracemalloc.get_traced_memory()[1] < 16_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["xz", "zstd"])
def test_a_window_too_large_for_memory_is_reported(kind):
    if kind == "xz":
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
        packed = lzma.compress(b"ACGT", filters=filters)
    else:
        frame_header = b"\x28\xb5\x2f\xfd\x00" + bytes([(30 - 10) << 3])  # a window of 2**30 (RFC 8878, 3.1.1.1.2)
        packed = frame_header + b"\x21\x00\x00ACGT"
    with pytest.raises(InputError, match="takes too much memory to unpack"):
        unpacked(packed, kind)
