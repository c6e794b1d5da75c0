"""Recognise what a file is by its first bytes. The caller decides whether it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from opengenome.io import compression, kinds
from opengenome.io.formats import FORMATS
from opengenome.io.formats.interface import Beginning, Recognised

_FIRST_BYTES = 1 << 16


def recognise(file: BinaryIO, path: str, size: int) -> Recognised:
    """Recognise an open file. Raises InputError for a compressed file whose beginning cannot be decompressed."""
    following: Callable[[int], bytes] = file.read
    first = following(_FIRST_BYTES)
    packed = compression.compression_of(first)
    if packed:
        file.seek(0)
        unpacked = compression.Decompressed(file, packed, path, size)
        first, following = unpacked.read(_FIRST_BYTES), unpacked.read
        if inner := compression.compression_of(first):
            return Recognised("", packed, f"{inner} in {packed}", "Unpack it once.", fasta=True)
    beginning = Beginning(path, file, packed, first, following)
    answers = (form.recognise(beginning) for form in FORMATS.values())
    return next(filter(None, answers), None) or _another_kind(beginning)


def _another_kind(beginning: Beginning) -> Recognised:
    """Describe a file that belongs to no format."""
    text, lines = beginning.text
    kind = kinds.kind_of(beginning.first, text) or kinds.NO_HEADER
    packed = beginning.compression
    what = f"{kind.what} in {packed}" if packed and not kind.packed else kind.what
    line = lines + 1 if kind.what == kinds.TEXT else 0
    return Recognised("", packed, what, kind.advice, line, fasta=kinds.begins_as_fasta(beginning.first), same=kind.same)
