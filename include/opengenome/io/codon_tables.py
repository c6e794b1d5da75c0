"""Read 64 counts from a codon usage table: of EMBOSS (cusp, .cut), Kazusa, GCG or Staden, or with columns for both."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from opengenome.core.alphabet import CODONS
from opengenome.errors import InputError, quoted
from opengenome.io.csv_text import delimiter_of

_ADVICE = "Give a table of 64 codons, as EMBOSS cusp, Kazusa, GCG, Staden or this project write it."
_MOST = 2**53  # of a count: beyond it a double is not exact
_CODON = r"(?P<codon>[ACGTUacgtu]{3})"
_NUMBER = r"\d+(?:\.\d+)?"
_COUNT = r"(?P<count>\d+)(?:\.0+)?"
_RATE = rf"(?P<rate>{_NUMBER})"  # per thousand
_BEGINS = re.compile(rf"\s*(?:(?:[A-Z][a-z]{{2}}|[A-Z*])\s+)?{_CODON}\s")
# A line of one codon. EMBOSS: codon, amino acid, fraction, rate, count. GCG: amino acid, codon, count, rate, fraction.
_LINES = (
    re.compile(rf"\s*{_CODON}\s+[A-Z*]\s+{_NUMBER}\s+{_RATE}\s+{_COUNT}\s*"),
    re.compile(rf"\s*[A-Z][a-z]{{2}}\s+{_CODON}\s+{_COUNT}\s+{_RATE}\s+{_NUMBER}\s*"),
)
# Kazusa: several codons in a line, each with its rate; perhaps amino acid and fraction before, the count behind.
_ENTRY = re.compile(rf"\s*{_CODON}\s+(?:[A-Z*]\s+{_NUMBER}\s+)?{_RATE}(?:\s*\(\s*(?P<count>\d+)\s*\))?(?=\s|\Z)")
# Staden: several codons in a line, each between its amino acid and its count.
_STADEN = re.compile(rf"\s*[A-Z*]\s+{_CODON}\s+(?P<count>\d+)(?P<rate>)\.?(?=\s|\Z)")
# Kazusa's spsum: a line with the organism, and one with the counts in this order. Source: SPSUM_LABEL of CUTG.
_SPSUM = re.findall(
    r"[ACGT]{3}",
    "CGACGCCGGCGTAGAAGGCTACTCCTGCTTTTATTGTCATCCTCGTCTAGCAGTACAACCACGACTCCACCCCCGCCTGCAGCCGCGGCT"
    "GGAGGCGGGGGTGTAGTCGTGGTTAAAAAGAACAATCAACAGCACCATGAAGAGGACGATTACTATTGCTGTTTCTTTATAATCATTATGTGGTAATAGTGA",
)
_SPSUM_COUNTS = re.compile(r"\s*\d+(?:\s+\d+){63}\s*")


def is_table(text: str) -> bool:
    """Whether most lines begin with a codon, or the first names the columns codon and count, or it is spsum."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if _is_spsum(text):
        return True
    return bool(lines) and (_has_columns(lines[0]) or 2 * sum(map(bool, map(_BEGINS.match, lines))) > len(lines))


def counts_of(text: str, path: Path) -> tuple[int, ...]:
    """The 64 counts of a table, codons alphabetical. Raises InputError with the line that is wrong.

    If the table has only the rates per thousand, they stand in for the counts, without their decimal point.
    """

    def wrong(said: str, line: int | None = None) -> InputError:
        return InputError(f"The codon table cannot be read: {said}", file=path, line=line, advice=_ADVICE)

    found: dict[str, Decimal] = {}
    counted: set[bool] = set()
    try:
        for line, codon, count, rate in _entries(text):
            if codon in found:
                raise wrong(f"{codon} is there twice", line)
            found[codon] = Decimal(count or rate)
            counted.add(bool(count))
            if found[codon] > _MOST:
                raise wrong(f"the count of {codon} is larger than {_MOST:,}", line)
    except _WrongLineError as error:
        raise wrong(*error.args) from None
    if missing := [codon for codon in CODONS if codon not in found]:
        raise wrong(f"it lacks {' '.join(missing[:8])}{' …' if len(missing) > 8 else ''}")
    if len(counted) > 1:
        raise wrong("some codons have a count and others have none")
    places = max(-int(value.as_tuple().exponent) for value in found.values())
    counts = tuple(int(found[codon].scaleb(places)) for codon in CODONS)
    if not any(counts):
        raise wrong("all counts are 0")
    return counts


class _WrongLineError(Exception):
    """What is wrong, and in which line."""


def _entries(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Line, codon, count or "", and rate or "", of each codon."""
    if _is_spsum(text):
        return _of_spsum(text)
    return _of_columns(text) if _has_columns(_first(text)) else _of_lines(text)


def _is_spsum(text: str) -> bool:
    _, *rest = [line for line in text.splitlines() if line.strip()] or [""]
    return bool(rest and _SPSUM_COUNTS.fullmatch(rest[0]))


def _of_spsum(text: str) -> Iterator[tuple[int, str, str, str]]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > 2:
        raise _WrongLineError("it has several organisms", lines[2][0])
    number, counts = lines[1]
    return ((number, codon, count, "") for codon, count in zip(_SPSUM, counts.split(), strict=True))


def _of_lines(text: str) -> Iterator[tuple[int, str, str, str]]:
    """As `_entries`. Lines that begin with no codon are headings."""
    for number, line in enumerate(text.splitlines(), 1):
        if not _BEGINS.match(f"{line} "):
            continue
        if alone := next(filter(None, (pattern.fullmatch(line) for pattern in _LINES)), None):
            entries = [alone]
        else:
            each = (list(pattern.finditer(line)) for pattern in (_STADEN, _ENTRY))
            entries = next(filter(None, each), [])
            if "".join(entry.group() for entry in entries).strip() != line.strip():
                raise _WrongLineError("the line is not codons with their numbers", number)
        for entry in entries:
            yield number, dna(entry["codon"]), entry["count"] or "", entry["rate"]


def _of_columns(text: str) -> Iterator[tuple[int, str, str, str]]:
    header = _first(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(header), strict=True)
    names: list[str] = []
    try:
        for cells in rows:
            if not any(cells):
                continue
            if not names:
                names = [cell.strip().lower() for cell in cells]
                continue
            row = dict(zip(names, map(str.strip, cells), strict=False))
            codon, count = dna(row.get("codon", "")), row.get("count", "")
            if codon not in CODONS:
                raise _WrongLineError(f"{quoted(codon)} is not a codon", rows.line_num)
            if not re.fullmatch(_COUNT, count):
                raise _WrongLineError(f"the count of {codon} is {quoted(count)}, not a whole number", rows.line_num)
            yield rows.line_num, codon, count.partition(".")[0], ""
    except csv.Error as error:
        raise _WrongLineError(str(error), rows.line_num) from None


def _first(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def _has_columns(header: str) -> bool:
    names = {name.strip(' "').lower() for name in header.split(delimiter_of(header))}
    return {"codon", "count"} <= names


def dna(codon: str) -> str:
    return codon.upper().replace("U", "T")
