"""What a file is, by its first bytes, and what its name promises. Nothing here decides whether that is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from opengenome.core.alphabet import WHITESPACE
from opengenome.errors import InputError
from opengenome.io import compression, kinds, layout, schemas
from opengenome.io.paths import path_of

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FIRST_BYTES = 1 << 16
_SUFFIXES_OF_SEQUENCE = (
    *(".fasta", ".fa", ".fna", ".ffn", ".fas", ".fsa", ".frn", ".cds", ".mfa", ".seq"),
    *(".parquet", ".pq"),
)
_SUFFIXES_OF_OTHERS = {
    "protein or quality, by its name": (".faa", ".pep", ".aa", ".prot", ".qual"),
    "prose, by its name": (".md", ".markdown", ".rst", ".html", ".htm"),
}
_SUFFIXES_OF_COMPRESSED = (
    *(suffix for some in compression.SUFFIXES.values() for suffix in some),
    *(".lz4", ".z", ".zip"),
)
# After a name that promises sequences, these keep the promise; on their own they say nothing.
_SUFFIXES_OF_PACKED = (
    *_SUFFIXES_OF_COMPRESSED,
    *(".gzip", ".bgzf", ".bz", ".lz", ".lzma", ".lzo", ".lrz", ".rz", ".zz", ".zlib", ".br", ".snappy", ".sz"),
    *(".tar", ".tgz", ".taz", ".tbz", ".tbz2", ".tlz", ".txz", ".tzst", ".7z", ".rar", ".cab", ".arj", ".lzh", ".lha"),
    *(".cpio", ".ar", ".xar", ".zpaq", ".naf", ".mfc", ".gpg", ".pgp", ".asc", ".age", ".c4gh", ".enc"),
)
# What browsers, curl, wget, aria2, WinSCP and others call a file that they have not finished.
_SUFFIXES_OF_UNFINISHED = (
    *(".part", ".partial", ".crdownload", ".download", ".opdownload", ".filepart", ".aria2", ".incomplete"),
    *(".tmp", ".temp"),
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """format: "fasta" or "parquet"; "" for what is not read. compression: as in SourceFile.

    what: for what is not read, and for an empty file: what it is, in few words. advice: what to do with it. line:
    where text stands before the first header; else 0. aside: whether a search leaves it out whatever its
    name: a table that a run of ours wrote, a summary of files that are found themselves. fasta: whether it may be FASTA
    all the same, so that no search may leave it out. same: whether the advice mends this file, and makes no other one.
    """

    format: str
    compression: str = ""
    what: str = ""
    advice: str = ""
    line: int = 0
    aside: bool = False
    fasta: bool = False
    same: bool = False

    def refusal(self, path: str, *, named: bool = True) -> InputError:
        """The error for a file that was wanted, and is not read.

        named: as this one file. What was found in a folder is mended there: a retry of the run searches it again.
        """
        if self.line:
            return InputError("There is text before the first header", file=path, line=self.line, advice=self.advice)
        advice = f"{self.advice} Start a new run with the new file." if named and not self.same else self.advice
        return InputError(f"This is {self.what}, which is no input", file=path, advice=advice)


def says_sequence(name: str) -> bool:
    """Whether a file's name promises nucleotide sequences."""
    return _unpacked(name).endswith(_SUFFIXES_OF_SEQUENCE)


def says_other(name: str) -> str:
    """What else a file's name says that it holds; "" where it does not say."""
    return next((what for what, suffixes in _SUFFIXES_OF_OTHERS.items() if _unpacked(name).endswith(suffixes)), "")


def cannot_be_empty(name: str) -> bool:
    """Whether a file of this name that has no bytes is one that nobody finished."""
    packed = name.lower().endswith(_SUFFIXES_OF_PACKED) and says_sequence(name)
    return packed or name.lower().endswith((*_SUFFIXES_OF_COMPRESSED, ".parquet", ".pq"))


def says_unfinished(name: str) -> bool:
    """Whether a file's name is one that programs give to what they are still fetching or writing."""
    return name.lower().endswith(_SUFFIXES_OF_UNFINISHED)


def _unpacked(name: str) -> str:
    name = name.lower()
    while name.endswith((*_SUFFIXES_OF_PACKED, *_SUFFIXES_OF_UNFINISHED)):
        name = name[: name.rindex(".")]
    return name


def recognise(file: BinaryIO, path: str, size: int) -> Recognised:
    """What an open file is. Raises InputError for a compressed file whose beginning cannot be unpacked."""
    first = file.read(_FIRST_BYTES)
    if first.startswith(b"PAR1"):
        return _parquet(file, path)
    packed = compression.compression_of(first)
    if not packed:
        return _recognise_text(first, file.read, "")
    file.seek(0)
    unpacked = compression.Decompressed(file, packed, path, size)
    first = unpacked.read(_FIRST_BYTES)
    if inner := compression.compression_of(first):
        return Recognised("", packed, f"{inner} in {packed}", "Unpack it once.", fasta=True)
    return _recognise_text(first, unpacked.read, packed)


def _recognise_text(first: bytes, read: Callable[[int], bytes], packed: str) -> Recognised:
    """What begins with these bytes, unpacked; `read` gives those that follow."""
    text, lines = _after_blanks(first, read)
    if not text:
        return Recognised("fasta", packed, "an empty file")
    kind = kinds.kind_of(first, text)
    if kind is None:
        return Recognised("fasta", packed)
    what = f"{kind.what} in {packed}" if packed and not kind.packed else kind.what
    line = lines + 1 if kind.what == kinds.TEXT else 0
    return Recognised("", packed, what, kind.advice, line, fasta=kinds.begins_as_fasta(first), same=kind.same)


def _after_blanks(first: bytes, read: Callable[[int], bytes]) -> tuple[bytes, int]:
    """The text from its first letter on, and how many lines stand before that; a byte order mark is no letter."""
    lines = 0
    text = first.removeprefix(BYTE_ORDER_MARK)
    while text:
        rest = text.lstrip(WHITESPACE)
        lines += text[: len(text) - len(rest)].count(b"\n")
        if rest:
            return rest, lines
        text = read(_FIRST_BYTES)
    return b"", lines


def _parquet(file: BinaryIO, path: str) -> Recognised:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(file)
        names = metadata.schema.to_arrow_schema().names
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return Recognised("parquet")  # damaged: who reads it says how
    tables = (schemas.codon_table_schema(), schemas.per_sequence_schema(), schemas.records_schema())
    if any(names == table.names for table in tables):
        return Recognised("", "", "a table of results", "Give the sequences that it was made from.", aside=True)
    if path_of(path).name in layout.SUMMARIES and (metadata.num_rows == 0 or layout.is_summary(path)):
        return Recognised("", "", layout.SUMMARY, layout.OF_A_SUMMARY, aside=True)
    return Recognised("parquet")
