"""What a file's name says: sequences, something else, or a file that is still being written."""

from __future__ import annotations

from itertools import chain

from opengenome.io import compression
from opengenome.io.formats import FORMATS

_SUFFIXES_OF_SEQUENCE = tuple(suffix for form in FORMATS.values() for suffix in form.SUFFIXES)
_SUFFIXES_OF_OTHERS = {
    "protein or quality, by its name": (".faa", ".pep", ".pep.all.fa", ".pep.abinitio.fa", ".aa", ".prot", ".qual"),
    "prose, by its name": (".md", ".markdown", ".rst", ".html", ".htm"),
}
_SUFFIXES_OF_COMPRESSED = (
    *(suffix for some in compression.SUFFIXES.values() for suffix in some),
    *(".lz4", ".z", ".zip"),
)
# Endings that may follow that of a sequence file; on their own they say nothing.
_SUFFIXES_OF_PACKED = (
    *_SUFFIXES_OF_COMPRESSED,
    *(".gzip", ".bgzf", ".bz", ".lz", ".lzma", ".lzo", ".lrz", ".rz", ".zz", ".zlib", ".br", ".snappy", ".sz"),
    *(".tar", ".tgz", ".taz", ".tbz", ".tbz2", ".tlz", ".txz", ".tzst", ".7z", ".rar", ".cab", ".arj", ".lzh", ".lha"),
    *(".cpio", ".ar", ".xar", ".zpaq", ".naf", ".mfc", ".gpg", ".pgp", ".asc", ".age", ".c4gh", ".enc"),
)
# The names that browsers, curl, wget, aria2, WinSCP and others give to unfinished files.
_SUFFIXES_OF_UNFINISHED = (
    *(".part", ".partial", ".crdownload", ".download", ".opdownload", ".filepart", ".aria2", ".incomplete"),
    *(".tmp", ".temp"),
)


def says_sequence(name: str) -> bool:
    """Whether a file's name says that it holds nucleotide sequences."""
    return ends_with(name, _SUFFIXES_OF_SEQUENCE)


def says_other(name: str) -> str:
    """What else the file holds according to its name; "" if the name does not say."""
    return next((what for what, suffixes in _SUFFIXES_OF_OTHERS.items() if ends_with(name, suffixes)), "")


def cannot_be_empty(name: str) -> bool:
    """Whether an empty file of this name must be unfinished."""
    packed = name.lower().endswith(_SUFFIXES_OF_PACKED) and says_sequence(name)
    never_empty = (form.SUFFIXES for form in FORMATS.values() if not form.CAN_BE_EMPTY)
    return packed or name.lower().endswith((*_SUFFIXES_OF_COMPRESSED, *chain.from_iterable(never_empty)))


def says_unfinished(name: str) -> bool:
    """Whether programs give such a name to files that they are still fetching or writing."""
    return name.lower().endswith(_SUFFIXES_OF_UNFINISHED)


def ends_with(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a name has one of these endings, below those of compression."""
    return _unpacked(name).lower().endswith(suffixes)


def stem(name: str, suffixes: tuple[str, ...]) -> str:
    """A name without the endings of compression, and without one of these suffixes."""
    unpacked = _unpacked(name)
    suffix = next(filter(unpacked.lower().endswith, suffixes), "")
    return unpacked[: len(unpacked) - len(suffix)]


def _unpacked(name: str) -> str:
    while name.lower().endswith((*_SUFFIXES_OF_PACKED, *_SUFFIXES_OF_UNFINISHED)):
        name = name[: name.rindex(".")]
    return name
