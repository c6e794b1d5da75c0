"""Samplesheets of a test, and what reading them gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from opengenome.core.model import Mode
from opengenome.errors import InputError
from opengenome.io import samplesheet
from opengenome.io.paths import path_of

HEADER = "sample,fasta,gff,genbank,genetic_code,group\n"
FASTA = b">a\nATGTAA\n"
GFF = b"##gff-version 3\na\tx\tCDS\t1\t6\t.\t+\t0\tID=c\n"
GENBANK = b"LOCUS       A 6 bp DNA linear\nORIGIN\n        1 atgtaa\n//\n"


def read(sheet: Path, mode: Mode = Mode.CDS) -> samplesheet.Sheet:
    found = samplesheet.read(str(sheet), [sheet.parent], mode)
    assert found is not None
    return found


def names(sheet: samplesheet.Sheet) -> list[str]:
    return [path_of(file.path).name for file in sheet.files]


def refused(sheet: Path, mode: Mode = Mode.CDS) -> str:
    with pytest.raises(InputError) as caught:
        samplesheet.read(str(sheet), [sheet.parent], mode)
    assert caught.value.where["file"] == sheet
    return caught.value.message
