"""What a file is, by its first bytes, and what its name promises. Nothing here decides whether that is wanted."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from opengenome.core.alphabet import WHITESPACE
from opengenome.errors import InputError
from opengenome.io import compression, layout, schemas
from opengenome.io.paths import path_of

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FIRST_BYTES = 1 << 16
_UNPACK = "Unpack it first."
_GIVE_FASTA = "It is not read; give FASTA or Parquet."
_SUFFIXES_OF_SEQUENCE = (
    *(".fasta", ".fa", ".fna", ".ffn", ".fas", ".fsa", ".frn", ".cds", ".mfa", ".seq"),
    *(".parquet", ".pq"),
)
_SUFFIXES_OF_OTHERS = {
    "protein or quality, by its name": (".faa", ".pep", ".aa", ".prot", ".qual"),
    "prose, by its name": (".md", ".markdown", ".rst", ".html", ".htm"),
}
_SUFFIXES_OF_PACKED = (*(suffix for some in compression.SUFFIXES.values() for suffix in some), ".lz4", ".z", ".zip")


@dataclass(frozen=True, slots=True)
class Recognised:
    """format: "fasta" or "parquet"; "" for what is not read. compression: as in SourceFile.

    what: for what is not read, and for an empty file: what it is, in few words. advice: what to do with it. line:
    where text stands before the first header; else 0. aside: whether a search leaves it out whatever its
    name: a table that a run of ours wrote, a summary of files that are found themselves.
    """

    format: str
    compression: str = ""
    what: str = ""
    advice: str = ""
    line: int = 0
    aside: bool = False

    def refusal(self, path: str) -> InputError:
        """The error for a file that was wanted, and is not read."""
        if self.line:
            return InputError("There is text before the first header", file=path, line=self.line, advice=self.advice)
        return InputError(f"This is {self.what}, which is no input", file=path, advice=self.advice)


def says_sequence(name: str) -> bool:
    """Whether a file's name promises nucleotide sequences."""
    return _unpacked(name).endswith(_SUFFIXES_OF_SEQUENCE)


def says_other(name: str) -> str:
    """What else a file's name says that it holds; "" where it does not say."""
    return next((what for what, suffixes in _SUFFIXES_OF_OTHERS.items() if _unpacked(name).endswith(suffixes)), "")


def cannot_be_empty(name: str) -> bool:
    """Whether a file of this name that has no bytes is one that nobody finished."""
    return name.lower().endswith((*_SUFFIXES_OF_PACKED, ".parquet", ".pq"))


def _unpacked(name: str) -> str:
    name = name.lower()
    while name.endswith(_SUFFIXES_OF_PACKED):
        name = name[: name.rindex(".")]
    return name


_HEADER_LINE = re.compile(rb"(?:^|[\r\n])[ \t]*>[^\r\n]*")  # it may hold anything
# What a file is that begins so. The first that matches counts.
_BEGINNINGS = [
    (rb"PAR1", "Parquet", _UNPACK),  # only asked about what lies in a compressed file
    (rb"PARE", "a Parquet file with an encrypted footer", "Write it again without encryption."),
    (rb"PK(\x03\x04|\x05\x06)", "a zip archive", _UNPACK),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (rb"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (rb"\x1f[\x9d\xa0]", "compressed with compress (.Z)", "Unpack it with `gzip -d`, or use gzip."),
    (rb"\x04\x22\x4d\x18|\x02\x21\x4c\x18", "compressed with lz4", "Unpack it with `lz4 -d`, or use zstd."),
    (rb"LZIP", "compressed with lzip", "Unpack it with `lzip -d`, or use xz."),
    (rb"\x89LZO", "compressed with lzop", "Unpack it with `lzop -d`, or use gzip."),
    (rb"\xff\x06\0\0sNaPpY", "compressed with snappy", "Unpack it, or use zstd."),
    (rb"\x5d\0\0[\0-\xff]{2}\xff{8}", "compressed with lzma", "Unpack it with `xz -d`, or use xz."),
    (rb"BAM\x01|CRAM", "BAM or CRAM", "Convert it to FASTA first, e.g. samtools fasta."),
    (rb"BCF\x02|##fileformat=VCF", "VCF or BCF", _GIVE_FASTA),
    (rb"ORC|Obj\x01|ARROW1|\x89HDF|SQLite format 3\0", "a table that is not Parquet", "Export it as Parquet or FASTA."),
    (
        rb"\xff\xfe|\xfe\xff|>\0[^\0]\0|\0>",
        "UTF-16 text",
        "Save it as UTF-8 (plain text), e.g. iconv -f UTF-16 -t UTF-8.",
    ),
    (rb"%PDF|\{\\rtf|\x89PNG", "a document", _GIVE_FASTA),
    (rb"@(HD|SQ|RG|PG|CO)\t", "SAM", "Convert it to FASTA first, e.g. samtools fasta."),
    (
        rb"@[^\r\n]*[\r\n]+(([^\r\n@+]+[\r\n]+)*\+|[A-Za-z\r\n]{40})",  # a long read fills all that is looked at
        "FASTQ",
        "Convert it to FASTA first, e.g. seqkit fq2fa.",
    ),
    (rb"LOCUS\s|GB[A-Z]+\d*\.SEQ\s", "GenBank", "GenBank is not read yet; give FASTA."),
    (rb"ID   \S", "EMBL", "EMBL is not read yet; give FASTA."),
    (rb"##gff|(#[^\n]*\n)*([^\t\n>]+\t){3}\d+\t\d+\t", "GFF or GTF", "GFF is not read yet; give FASTA."),
    (rb"#NEXUS|CLUSTAL|# STOCKHOLM|MUSCLE", "an alignment", "Convert it to FASTA and remove its gaps."),
    (rb"<(!|\?xml|html)", "HTML or XML", "Was an error page saved in place of the file?"),
    (
        rb"([;#][^\r\n]*[\r\n]+)+>",
        "FASTA with comment lines",
        "Comment lines (; or #) are not supported; remove them, e.g. grep -v '^[;#]'.",
    ),
]
_PATTERNS = [(re.compile(pattern), what, advice) for pattern, what, advice in _BEGINNINGS]


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
        return Recognised("", packed, f"{inner} in {packed}", "Unpack it once.")
    return _recognise_text(first, unpacked.read, packed)


def _recognise_text(first: bytes, read: Callable[[int], bytes], packed: str) -> Recognised:
    """What begins with these bytes, unpacked; `read` gives those that follow."""
    text, lines = _after_blanks(first, read)
    if not text:
        return Recognised("fasta", packed, "an empty file")
    what, advice, line = "text", "A FASTA record begins with '>'.", lines + 1
    for pattern, name, how in _PATTERNS:
        if pattern.match(text):
            what, advice, line = name, how, 0
            break
    else:
        if _is_tar(first):
            what, advice, line = "a tar archive", _UNPACK, 0
        elif b"\0" in text and b"\0" in _HEADER_LINE.sub(b"", text):
            what, advice, line = "binary", _GIVE_FASTA, 0
        elif text.startswith(b">"):
            return Recognised("fasta", packed)
    return Recognised("", packed, f"{what} in {packed}" if packed else what, advice, line)


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


def _is_tar(first: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(first[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


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
