"""Why an input that has records holds no base: told by the begin of its text."""

from __future__ import annotations

import re

from opengenome.core.model import SourceFile
from opengenome.errors import InputError
from opengenome.io.compression import Decompressed
from opengenome.io.sources import open_input, reading

_BEGIN_BYTES = 1 << 16
# What the header lines are when the letters stand in them. The first that matches counts.
_HEADERS = [
    (
        re.compile(rb"^[ \t]*>[^\r\n]*[,;|\t][\"']?[ACGTUNacgtun]{3,}[\"']?[ \t]*$", re.MULTILINE),
        "The letters stand in the header lines, as in a table with '>' before each row: put each sequence on a line of "
        "its own, below its header.",
    ),
    (
        re.compile(rb"^[ \t]*>[^\r\n]*?(?:[ACGTUN]{6,}|[acgtun]{6,})[ \t]*$", re.MULTILINE),
        "The letters stand in the header lines: is the line break after the identifier missing?",
    ),
    (re.compile(rb"^[ \t]*>[ \t]*>", re.MULTILINE), "Was it quoted, as in a mail? Remove the first '>' of each line."),
]
_HEADERS_ALONE = "It holds header lines alone: was it cut, or made by grep '>'? Give the sequences too."
_EMPTY_VALUES = "Each value of its column sequence is empty."


def no_base(file: SourceFile, files: int, records: int) -> InputError:
    """The error for inputs that hold records and no base. file: the first of them that has a record; files: of them."""
    inputs = f"{files:,} input files hold" if files > 1 else "input file holds"
    sequences = f"{records:,} sequences" if records > 1 else "1 sequence"
    return InputError(f"The {inputs} {sequences} and no base", file=file.path, advice=_why(file))


def _why(file: SourceFile) -> str:
    if file.format == "parquet":
        return _EMPTY_VALUES
    with open_input(file.path) as packed, reading(file.path):
        text = Decompressed(packed, file.compression, file.path, file.size) if file.compression else packed
        begin = text.read(_BEGIN_BYTES).replace(b"\r", b"\n")
    return next((why for pattern, why in _HEADERS if pattern.search(begin)), _HEADERS_ALONE)
