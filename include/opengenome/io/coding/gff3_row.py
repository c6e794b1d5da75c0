"""A row of GFF3 from its line, and what is said of a line that is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from opengenome.annotation.gff3 import CDS, Attributes, Row
from opengenome.annotation.gff3_cds import BIOTYPES
from opengenome.core.counting import decode
from opengenome.core.numerals import whole
from opengenome.errors import InputError, quoted

COLUMNS = 9
# The third column may have a term's accession in place of its name.
TYPES = {"SO:0000316": CDS, "SO:0000704": "gene", "SO:0000234": "mRNA", "SO:0000336": "pseudogene"}

# All other attributes, such as `translation`, decide nothing here.
_OF_NAMES = ("gene", "locus_tag", "product", "protein_id", "Name")
_OF_CODONS = ("transl_table", "transl_except", "exception", "pseudo", "pseudogene")
_OF_PLACES = ("part", "partial", "start_range", "end_range", "tag")
OF_CDS = frozenset(("ID", "Parent", *_OF_NAMES, *_OF_CODONS, *_OF_PLACES, *BIOTYPES))
OF_REGION = frozenset(("Is_circular", "genome", "Dbxref", "organism"))
# Those that have several values. Many programs leave a comma in a product as it is.
_MANY = frozenset(("Parent", "Dbxref", "tag"))
_PHASES = {".": None, "0": 0, "1": 1, "2": 2}
_GTF = re.compile(rb'\s*\w+ +"')
_SPACED = re.compile(rb"(\S+ +){7}\S")
CONVERT = "Convert it to GFF3 first, e.g. gffread x.gtf -o x.gff3."


class WrongRowError(InputError):
    """A line that is no row of GFF3. The file and line are added where they are known."""


def read_row(columns: Sequence[str], number: int, attributes: Attributes) -> Row:
    """The row of nine columns. attributes: those of the ninth that matter. Raises WrongRowError."""
    seqid, _, kind, start, end, _, strand, phase, _ = columns
    first, last = whole(start), whole(end)
    if first is None or last is None:
        told = " and ".join(map(quoted, (start, end)))
        raise WrongRowError(f"Start and end of a feature are {told}, and not two numbers")
    kind = TYPES.get(kind, kind)
    if kind == CDS and phase not in _PHASES:
        raise WrongRowError(f"The phase of a CDS is {quoted(phase)}, and not 0, 1 or 2")
    return Row(unescaped(seqid), kind, first, last, strand, _PHASES.get(phase), attributes, number)


def read_attributes(text: str, wanted: frozenset[str] = OF_CDS) -> Attributes:
    """The wanted attributes, escapes decoded. One that stands without a value has the value ""."""
    found: dict[str, tuple[str, ...]] = {}
    escaped = "%" in text
    for pair in text.rstrip(" ").split(";"):
        name, _, value = pair.partition("=")
        if name not in wanted and (name[:1] != " " or (name := name.strip()) not in wanted):
            continue
        if name in _MANY:
            found[name] = (*found.get(name, ()), *map(unescaped, filter(None, value.split(","))))
        else:
            found[name] = (unescaped(value) if escaped else value,)
    return found


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
