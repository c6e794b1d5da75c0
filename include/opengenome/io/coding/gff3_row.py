"""A row of GFF3 from its line, and what is said of a line that is none."""

from __future__ import annotations

import re
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from opengenome.annotation.gff3 import CDS, Row
from opengenome.core.counting import decode
from opengenome.errors import InputError

COLUMNS = 9
# The third column may have a term's accession in place of its name.
TYPES = {"SO:0000316": CDS, "SO:0000704": "gene", "SO:0000234": "mRNA", "SO:0000336": "pseudogene"}

# All other attributes, such as `translation`, decide nothing here.
_OF_CDS = ("gene", "locus_tag", "product", "protein_id", "pseudo", "pseudogene", "exception", "part")
_OF_CODONS = ("transl_except", "transl_table", "partial", "start_range", "end_range")
_OF_REGIONS = ("Is_circular", "genome", "Dbxref", "organism")
_USED = frozenset(("ID", "Parent", "Name", *_OF_CDS, *_OF_CODONS, *_OF_REGIONS))
# Of the attributes in use, those that the specification lets have several values. Many programs leave a comma in a
# product as it is.
_MANY = frozenset(("Parent", "Dbxref"))
_PHASES = {".": None, "0": 0, "1": 1, "2": 2}
_GTF = re.compile(rb'\s*\w+ +"')
_SPACED = re.compile(rb"(\S+ +){7}\S")
CONVERT = "Convert it to GFF3 first, e.g. gffread x.gtf -o x.gff3."


class WrongRowError(InputError):
    """A line that is no row of GFF3. The file and line are added where they are known."""


def read_row(line: str, number: int, attributes: dict[str, tuple[str, ...]] | None = None) -> Row:
    """The row of a line. attributes: those of its ninth column, if they are known. Raises WrongRowError."""
    seqid, _, kind, start, end, _, strand, phase, told = line.split("\t")
    if not (start.isdecimal() and end.isdecimal()):
        raise WrongRowError(f"Start and end of a feature are {start!r} and {end!r}, and not two numbers")
    kind = TYPES.get(kind, kind)
    if kind == CDS and phase not in _PHASES:
        raise WrongRowError(f"The phase of a CDS is {phase!r}, and not 0, 1 or 2")
    told_already = read_attributes(told) if attributes is None else attributes
    return Row(unescaped(seqid), kind, int(start), int(end), strand, _PHASES.get(phase), told_already, number)


def read_attributes(text: str) -> dict[str, tuple[str, ...]]:
    """The attributes in use here, escapes decoded. One that stands without a value has the value ""."""
    told: dict[str, tuple[str, ...]] = {}
    for pair in text.split(";"):
        name, _, value = pair.partition("=")
        name = name if name[:1] != " " else name.strip()
        if name in _MANY:
            told[name] = told.get(name, ()) + tuple(map(unescaped, value.split(",")))
        elif name in _USED:
            told[name] = (unescaped(value),)
    return told


def unescaped(text: str) -> str:
    """The text with its percent-escapes decoded."""
    return decode(unquote_to_bytes(text)) if "%" in text else text


def check_attributes(told: bytes) -> None:
    """Raises WrongRowError for a ninth column that is not of GFF3."""
    if _GTF.match(told):
        raise WrongRowError(f"The attributes are those of GTF or GFF2: {_begin(told)}", advice=CONVERT)
    if b"=" not in told and told.strip(b" .;"):
        raise WrongRowError(
            f"The attributes are not those of GFF3: {_begin(told)}", advice="GFF3 writes name=value;name=value."
        )


def refuse(line: bytes) -> NoReturn:
    """Raises WrongRowError for a line that has not nine columns."""
    columns = line.count(b"\t") + 1
    if columns > COLUMNS:
        advice = "Write a tab within a value as %09."
    elif _SPACED.match(line):
        advice = "Columns are separated by tabs, and not by blanks."
    else:
        advice = "Was the file truncated, or is it another format?"
    raise WrongRowError(f"A row has {columns} column{'s' * (columns > 1)}, and not {COLUMNS}", advice=advice)


def _begin(told: bytes) -> str:
    return decode(told[:40]) + "…" * (len(told) > 40)
