"""The error for inputs whose records hold no base."""

from __future__ import annotations

from opengenome.core.model import SourceFile
from opengenome.errors import InputError, number_of
from opengenome.io.formats import FORMATS


def no_base(file: SourceFile, files: int, records: int) -> InputError:
    """The error for inputs without a base. file: the first that has a record. files, records: how many there are."""
    inputs = f"{files:,} input files hold" if files > 1 else "input file holds"
    why = FORMATS[file.format].why_empty(file)
    return InputError(f"The {inputs} {number_of(records, 'sequence')} and no base", file=file.path, advice=why)
