"""The features of a record of GenBank: their locations as text, and their qualifiers.

Nearly all tables are plain: each value is in quotes, without a quote in it, or on one line. They are cut where features
and qualifiers begin, which is faster than gb-io. gb-io reads all others, and Biopython those that gb-io refuses or
reads otherwise. Each is given the table alone, its columns as they should be, below a header of ours: so only faults of
the table itself matter. Locations are taken from the text, because gb-io turns `one-of(3,9)..20`, `3.9` and `1 .. 3`
into other ranges in silence.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

import gb_io

from opengenome.io.genbank.record import Record, as_text

CDS, GENE, SOURCE = "CDS", "gene", "source"
PSEUDO = ("pseudo", "pseudogene")
NOTED = ("ribosomal_slippage", "trans_splicing", "artificial_location")
Qualifiers = Mapping[str, Sequence[str | None]]
_OF_CDS = ("gene", "locus_tag", "product", "protein_id", "codon_start", "transl_table", "transl_except", "exception")
_WANTED = frozenset((*_OF_CDS, *PSEUDO, *NOTED, "organism", "db_xref", "organelle"))

_HEADER = (
    b"LOCUS       X                          9 bp    DNA     linear   UNK 01-JAN-1980\n"
    b"FEATURES             Location/Qualifiers"
)
_COLUMN = 21  # where locations and qualifiers begin
_LEAST_INDENT = 10  # of a line that is no key, in a table whose columns are not as they should be
_KEY = re.compile(rb"(\S+)[ ]+(.+)")
# At any place before the column of qualifiers: a line further right than keys are would become part of a qualifier.
_CDS_WORD = re.compile(rb"CDS(?=[ \t\n])")
_BEFORE_CDS = re.compile(rb" {0,20}|[ \t]{0,9}")
# Keys in other letters, in the column of keys: no reader takes them for CDS, and such CDS must not be lost.
_OTHER_CDS = re.compile(rb"\n {5}(?!CDS)(?i:cds)(?=[ \t\n])")
_LOCATION = {
    key: re.compile(b"\n {5}%b([^\n]+(?:\n {21}[^/\n][^\n]*)*)" % key.ljust(16).encode()) for key in (CDS, GENE, SOURCE)
}
_NEXT_FEATURE = re.compile(r"\n {5}(?! )")
_NEXT_QUALIFIER = f"\n{' ' * _COLUMN}/"
_INSIDE = re.compile(r"\n\s*/\w+(?:=|$|\n)")


class Feature(NamedTuple):
    """location: its text as written. qualifiers: the values of each by its name; None for one without a value.

    Qualifiers that nobody asks for are not among them.
    """

    location: str
    qualifiers: Qualifiers


def cds_places(record: Record) -> list[int]:
    """Where in a record's text its CDS begin, by a search for lines. Raises InputError for a key cds that is no CDS."""
    begin, end, _ = record.table
    begin = begin if begin < end else 0  # a comment may have such lines too, but a line FEATURES may be lost
    text, found = record.text, []
    if other := _OTHER_CDS.search(text, begin, record.origin):
        said = f"The feature key is {as_text(other[0]).strip()!r}, not CDS"
        raise record.error(said, "Write CDS in capital letters.", at=other.start())
    for word in _CDS_WORD.finditer(text, begin, record.origin):  # a search for lines takes six times as long
        at = word.start()
        line = text.rfind(b"\n", max(begin, at - _COLUMN), at)
        if line >= 0 and ((before := text[line + 1 : at]) == b"     " or _BEFORE_CDS.fullmatch(before)):
            found.append(line)
    return found


def read_features(record: Record, cds: int) -> dict[str, list[Feature]]:
    """The features CDS and SOURCE, and GENE where something is a pseudogene, each in the order of the record.

    cds: how many of them a search for lines finds.

    Raises InputError for a table that nobody can read, or that has another number of CDS.
    """
    begin, end, standard = record.table
    table = record.text[begin:end]
    if b"\t" in table or not standard:
        table = b"".join(_columns(record, begin, end))
    keys = (CDS, SOURCE, GENE) if b"/pseudo" in table else (CDS, SOURCE)
    with contextlib.suppress(_UnreadableError):
        plain = _plain(as_text(table), keys)
        if len(plain[CDS]) == cds:
            return plain
    locations = {key: [as_text(match[1]) for match in _LOCATION[key].finditer(table)] for key in keys}
    if len(locations[CDS]) == cds:
        for reader in (_by_gb_io, _by_biopython):
            with contextlib.suppress(_UnreadableError):
                read = reader(table, keys)
                if all(len(read[key]) == len(locations[key]) for key in keys):
                    return {key: list(map(Feature, locations[key], read[key])) for key in keys}
    raise record.error(
        "The feature table of the record cannot be read",
        "Was it edited? Keys begin in column 6, locations and qualifiers in column 22; texts are in quotes.",
        at=max(0, record.text.find(b"\nFEATURES")),
    )


class _UnreadableError(Exception):
    """A reader refuses a table, or reads something that it cannot hold."""


def _columns(record: Record, begin: int, end: int) -> Iterator[bytes]:
    """The lines of a table with their columns as they should be. Raises InputError for a line of neither kind."""
    at = begin
    for line in record.text[begin:end].split(b"\n")[1:]:
        whole = line.expandtabs()
        told = whole.strip().replace(b"\t", b" ")
        if not told:
            pass
        elif len(whole) - len(whole.lstrip()) >= _LEAST_INDENT or told.startswith(b"/"):
            yield b"\n" + b" " * _COLUMN + told
        elif key := _KEY.fullmatch(told):
            yield b"\n     " + key[1][: _COLUMN - 6].ljust(_COLUMN - 5) + key[2]
        else:
            raise record.error("This line is no feature, and no qualifier of one", at=at)
        at += 1 + len(line)


def _plain(table: str, keys: Sequence[str]) -> dict[str, list[Feature]]:
    """The features of a table in which they are plain."""
    found: dict[str, list[Feature]] = {key: [] for key in keys}
    for feature in _NEXT_FEATURE.split(table):
        key = feature[: _COLUMN - 5].rstrip()
        if key not in found:
            continue
        location, _, told = feature[_COLUMN - 5 :].partition(_NEXT_QUALIFIER)
        texts = told.split('"')
        shape = _shape('"'.join(texts[::2]))
        within = told.count("/") != shape.slashes and any(_NEXT_QUALIFIER in text for text in texts[1::2])
        if within or not len(texts) % 2:
            raise _UnreadableError(told)
        found[key].append(Feature(location, shape.bare | {name: values(texts) for name, values in shape.quoted}))
    return found


class _Shape(NamedTuple):
    """What the qualifiers of a feature have outside of quotes. Nearly all features have one of a few shapes.

    slashes: how many. bare: values without quotes. quoted: functions that take the values of a name from the
    text cut at its quotes.
    """

    slashes: int
    bare: dict[str, Sequence[str | None]]
    quoted: list[tuple[str, Callable[[list[str]], Sequence[str]]]]


@lru_cache(maxsize=1024)
def _shape(outside: str) -> _Shape:
    """Raises _UnreadableError if a qualifier is not plain, or has values of both kinds."""
    bare: dict[str, list[str | None]] = {}
    quoted: dict[str, list[int]] = {}
    at = 1
    for qualifier in outside.split(_NEXT_QUALIFIER):
        name, _, value = qualifier.partition("=")
        if value == '"' and '"' not in name:
            if name in _WANTED:
                quoted.setdefault(name, []).append(at)
            at += 2
        elif '"' in qualifier or "\n" in qualifier:
            raise _UnreadableError(qualifier)
        elif name in _WANTED:
            bare.setdefault(name, []).append(value)
    if not bare.keys().isdisjoint(quoted):
        raise _UnreadableError(outside)
    return _Shape(outside.count("/"), {**bare}, [(name, _taken(places)) for name, places in quoted.items()])


def _taken(places: list[int]) -> Callable[[list[str]], Sequence[str]]:
    return itemgetter(*places) if places[1:] else itemgetter(slice(places[0], places[0] + 1))


def _by_gb_io(table: bytes, keys: Sequence[str]) -> dict[str, list[Qualifiers]]:
    found: dict[str, list[Qualifiers]] = {key: [] for key in keys}
    try:
        record = gb_io.load(io.BytesIO(_HEADER + table + b"\n//\n"))[0]
    except Exception as error:  # it has several classes, and none of its own
        raise _UnreadableError(str(error)) from error
    for feature in record.features:
        if feature.kind in found:
            qualifiers: dict[str, list[str | None]] = {}
            for qualifier in feature.qualifiers:
                if (name := qualifier.key) in _WANTED:
                    value = qualifier.value
                    if value and value[0] == '"':
                        raise _UnreadableError("a quote is not closed")
                    qualifiers.setdefault(name, []).append(value)
            found[feature.kind].append(qualifiers)
    return found


def _by_biopython(table: bytes, keys: Sequence[str]) -> dict[str, list[Qualifiers]]:
    from Bio.GenBank.Scanner import GenBankScanner

    scanner = GenBankScanner()
    scanner.set_handle(io.StringIO(as_text(_HEADER + table + b"\nORIGIN\n//\n")))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scanner.find_start()
            scanner.parse_header()
            features = scanner.parse_features()
    except Exception as error:  # it raises ValueError and AssertionError, and others where it did not expect a line
        raise _UnreadableError(str(error)) from error
    found: dict[str, list[Qualifiers]] = {key: [] for key in keys}
    for kind, _, told in features:
        if kind in found:
            qualifiers: dict[str, list[str | None]] = {}
            for name, value in told:
                qualifiers.setdefault(name.strip(), []).append(_unquoted(value))
            found[kind].append(qualifiers)
    return found


def _unquoted(value: str | None) -> str | None:
    """A value without its quotes, which must come in pairs. A quote left open would take in the next qualifier."""
    if value is None or not value.startswith('"'):
        return value
    if len(value) < 2 or not value.endswith('"') or _INSIDE.search(value):
        raise _UnreadableError(value)
    return value[1:-1].replace('""', '"')
