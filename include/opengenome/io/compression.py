"""Decompress gzip, bzip2, xz and zstd as one stream of bytes, and check the file to its very end.

This uses the libraries' decompressors and not their file objects, because BZ2File and LZMAFile silently ignore bytes
after the end of the data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from opengenome.errors import InputError

_READ_BYTES = 1 << 17
_LONGEST_MAGIC = 6
_GZIP_HEADER = 10  # without what its flags add
_LONGEST_HEADER = 1 << 20  # extra fields are below 64 kB; a name and a comment may have any length
# The window of `xz -9` takes 64 MB, that of `zstd --ultra -22` 128 MB.
_XZ_MEMORY = 256 << 20


@dataclass(frozen=True, slots=True)
class _Codec:
    """magics: how a member (stream, frame) may begin. padding: zeros may follow a member in multiples of this; 0: none.

    begun: whether these first bytes of a member are enough for its decoder to start.
    """

    magics: tuple[bytes, ...]
    decoder: Callable[[], Any]
    padding: int = 0
    begun: Callable[[bytes], bool] = bool


def _gzip() -> Any:
    from isal import igzip_lib

    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


def _has_gzip_header(member: bytes) -> bool:
    """Whether these bytes hold the whole header of a member. Source: RFC 1952, section 2.3."""
    if len(member) < _GZIP_HEADER:
        return False
    flags, at = member[3], _GZIP_HEADER
    if flags & 4:  # extra fields
        at += 2 + int.from_bytes(member[at : at + 2], "little")
    for text in (8, 16):  # a name, a comment
        if flags & text:
            at = member.find(b"\0", at) + 1
            if not at:
                return False
    if flags & 2:  # a checksum
        at += 2
    return at <= len(member)


def _bzip2() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Any:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


def _zstd() -> Any:
    from backports import zstd

    return zstd.ZstdDecompressor()


_CODECS = {
    "gzip": _Codec((b"\x1f\x8b",), _gzip, 1, _has_gzip_header),  # tapes and tar pad with zeros
    "bzip2": _Codec(tuple(b"BZh%d" % level for level in range(1, 10)), _bzip2),
    "xz": _Codec((b"\xfd7zXZ\0",), _xz, padding=4),  # "stream padding", section 2.2 of the .xz specification
    # A frame, or one of sixteen kinds of skippable frames (RFC 8878, section 3.1).
    "zstd": _Codec((b"\x28\xb5\x2f\xfd", *(b"%c\x2a\x4d\x18" % kind for kind in range(0x50, 0x60))), _zstd),
}
_AGAIN = "Fetch it again, and compare its size and checksum with the original."
SUFFIXES = {"gzip": (".gz", ".bgz"), "bzip2": (".bz2",), "xz": (".xz",), "zstd": (".zst", ".zstd")}


def compression_of(first: bytes) -> str:
    """The compression of a file that begins with these bytes; "" if it is none of ours."""
    return next((name for name, codec in _CODECS.items() if first.startswith(codec.magics)), "")


class Decompressed:
    """The decompressed bytes of a file, with all its members joined. Memory depends on the block, not on the ratio.

    Raises InputError, with path and approximate byte, for a file that is truncated, damaged, or has other bytes after
    its last member. A cut exactly between two members cannot be seen, because the rest is a sound file.
    """

    def __init__(self, file: BinaryIO, compression: str, path: str, size: int) -> None:
        self.name = path  # like the attribute of a file object
        self._file, self._name, self._size = file, compression, size
        self._codec = _CODECS[compression]
        self._decoder: Any = None
        self._held = b""  # read from the file, not yet given to a decoder
        self._ahead = b""  # decompressed by `peek`, not yet read
        self._read = 0
        self._begun = False

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end, without consuming them."""
        self._ahead = self.read(size)
        return self._ahead

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        pieces, self._ahead = [self._ahead[:size]], self._ahead[size:]
        left = size - len(pieces[0])
        while left and (self._decoder or self._begin()):
            piece = self._decode(left)
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def _begin(self) -> bool:
        """Start the next member. Returns whether there is one."""
        zeros = self._skip_padding()
        padded = zeros % (self._codec.padding or 1) == 0
        if not self._held and padded:
            return False
        if padded and self._held.startswith(self._codec.magics):
            self._hold_header()
            self._decoder = self._codec.decoder()
            return True
        if padded and any(magic.startswith(self._held) for magic in self._codec.magics):
            raise self._cut()
        at = self._read - len(self._held) - zeros
        joined = self._held.startswith((b">", b"@"))
        raise self._error(
            f"There are bytes after the end of the {self._name} data, from byte {at:,} of {self._size:,} on",
            "Was an uncompressed file joined to it? Give the files one by one."
            if joined
            else f"Fetch the file again; `{self._name} -dc` gives the data before them.",
        )

    def _skip_padding(self) -> int:
        """Skip zeros up to the next member, and hold its first bytes. Returns how many zeros were skipped."""
        self._fill(_LONGEST_MAGIC)
        zeros = 0
        while self._begun and self._codec.padding and self._held.startswith(b"\0"):
            rest = self._held.lstrip(b"\0")
            zeros += len(self._held) - len(rest)
            self._held = rest
            self._fill(_LONGEST_MAGIC)
        self._begun = True
        return zeros

    def _hold_header(self) -> None:
        """Hold a member's whole header, because isal 1.9.1 cannot resume inside one."""
        while not self._codec.begun(self._held):
            held = len(self._held)
            if held > _LONGEST_HEADER:
                raise self._damaged("the header of a member does not end")
            self._fill(held + 1)
            if len(self._held) == held:
                raise self._cut()

    def _decode(self, most: int) -> bytes:
        if self._decoder.needs_input:
            self._fill(1)
            if not self._held:
                raise self._cut()
        try:
            piece: bytes = self._decoder.decompress(self._held, most)
        except MemoryError:
            raise
        except Exception as error:  # each library has its own class
            raise self._damaged(str(error)) from error
        self._held = b""
        if self._decoder.eof:
            self._held, self._decoder = self._decoder.unused_data, None
        return piece

    def _fill(self, least: int) -> None:
        """Hold at least this many bytes, fewer at the end of the file."""
        while len(self._held) < least and (block := self._file.read(_READ_BYTES)):
            self._held += block
            self._read += len(block)

    def _cut(self) -> InputError:
        return self._error(f"The {self._name} file is truncated, at {self._about}", _AGAIN)

    def _damaged(self, how: str) -> InputError:
        if "memory" in how.lower():
            return self._error(
                f"The {self._name} file takes too much memory to unpack: {how}",
                "Compress it again with a smaller window, such as the tool's default.",
            )
        return self._error(f"The {self._name} file is corrupt: {how}, at {self._about}", _AGAIN)

    @property
    def _about(self) -> str:
        return f"about byte {self._read:,} of {self._size:,}"

    def _error(self, message: str, advice: str) -> InputError:
        return InputError(message, file=self.name, advice=advice)
