"""What the name of a file promises: sequences, something else, or a file that nobody has finished."""

from __future__ import annotations

from itertools import chain

from opengenome.io import compression
from opengenome.io.formats import FORMATS

_SUFFIXES_OF_SEQUENCE = tuple(suffix for form in FORMATS.values() for suffix in form.SUFFIXES)
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


def says_sequence(name: str) -> bool:
    """Whether a file's name promises nucleotide sequences."""
    return _unpacked(name).endswith(_SUFFIXES_OF_SEQUENCE)


def says_other(name: str) -> str:
    """What else a file's name says that it holds; "" where it does not say."""
    return next((what for what, suffixes in _SUFFIXES_OF_OTHERS.items() if _unpacked(name).endswith(suffixes)), "")


def cannot_be_empty(name: str) -> bool:
    """Whether a file of this name that has no bytes is one that nobody finished."""
    packed = name.lower().endswith(_SUFFIXES_OF_PACKED) and says_sequence(name)
    never_empty = (form.SUFFIXES for form in FORMATS.values() if not form.CAN_BE_EMPTY)
    return packed or name.lower().endswith((*_SUFFIXES_OF_COMPRESSED, *chain.from_iterable(never_empty)))


def says_unfinished(name: str) -> bool:
    """Whether a file's name is one that programs give to what they are still fetching or writing."""
    return name.lower().endswith(_SUFFIXES_OF_UNFINISHED)


def _unpacked(name: str) -> str:
    name = name.lower()
    while name.endswith((*_SUFFIXES_OF_PACKED, *_SUFFIXES_OF_UNFINISHED)):
        name = name[: name.rindex(".")]
    return name
