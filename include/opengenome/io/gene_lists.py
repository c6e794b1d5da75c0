"""Read lists that name genes of a run, and tRNA gene copies."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from opengenome.core.alphabet import CODONS
from opengenome.core.numerals import whole
from opengenome.errors import InputError, number_of, quoted

TOP = 10  # of a list with expression, one in so many is the reference
_SEPARATOR = re.compile(r"\s*[\t,;]\s*|\s+")
_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_NO_VALUE = frozenset(("na", "n/a", "nan", "inf", "infinity", "null", "none"))  # no heading of a column
_MOST_COPIES = 1_000_000


def genes_of(text: str, path: Path) -> tuple[str, tuple[str, ...]]:
    """What the list is, in words, and the identifiers that it names, sorted.

    One column: all of them. Two columns, identifier and expression: the tenth with the highest expression, at least
    one, with all that are equal to the last. A first line whose expression is a word is a header. Raises InputError
    with the line that is wrong.
    """
    rows = list(_rows(text))
    if not rows:
        raise InputError("The list of genes is empty", file=path, advice="Give an identifier in each line.")
    widths = {len(cells) for _, cells in rows}
    if widths == {1}:
        genes = {cells[0] for _, cells in rows}
        return f"the {number_of(len(genes), 'gene')} of a list", tuple(sorted(genes))
    expressed: dict[str, float] = {}
    first = rows[0][0]
    for line, cells in rows:
        if len(cells) != 2:
            raise _wrong("the line does not have two columns", path, line)
        gene, value = cells
        expression = _number(value)
        if math.isfinite(expression):
            if expressed.setdefault(gene, expression) != expression:
                raise _wrong(f"{gene} is there twice, with two expressions", path, line)
        elif line != first or not value[:1].isalpha() or value.lower() in _NO_VALUE:
            raise _wrong(f"the expression of {gene} is {quoted(value)}, not a number", path, line)
    if not expressed:
        raise _wrong("no line has an expression that is a number", path, first)
    last = sorted(expressed.values(), reverse=True)[math.ceil(len(expressed) / TOP) - 1]
    top = tuple(sorted(gene for gene, expression in expressed.items() if expression >= last))
    return f"the {len(top):,} of {len(expressed):,} genes with the highest expression", top


def copies_of(text: str, path: Path) -> tuple[int, ...]:
    """The gene copies of the tRNA that matches each codon base by base, 64; 0 for anticodons that are not there.

    Lines: anticodon, copies; an inosine may be written as I or A. Raises InputError with the line that is wrong.
    """
    copies: dict[str, int] = {}
    for position, (line, cells) in enumerate(_rows(text)):
        anticodon = cells[0].upper().replace("U", "T").replace("I", "A")
        if position == 0 and anticodon.startswith("ANT"):
            continue  # the header
        codon = anticodon.translate(_COMPLEMENT)[::-1]
        if codon not in CODONS or len(cells) != 2:
            raise _wrong("the line is not anticodon,copies", path, line, "tRNA genes")
        number = whole(cells[1])
        if number is None or number > _MOST_COPIES:
            raise _wrong(
                f"the copies of {cells[0]} are {quoted(cells[1])}, not a whole number", path, line, "tRNA genes"
            )
        if codon in copies:
            raise _wrong(f"{cells[0]} is there twice", path, line, "tRNA genes")
        copies[codon] = number
    if not any(copies.values()):
        raise _wrong("no anticodon has a copy", path, None, "tRNA genes")
    return tuple(copies.get(codon, 0) for codon in CODONS)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of each line that is neither empty nor a comment."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, [cell.strip('"') for cell in _SEPARATOR.split(line.strip())]


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def _wrong(said: str, path: Path, line: int | None, what: str = "genes") -> InputError:
    columns = "an identifier, or an identifier and its expression" if what == "genes" else "an anticodon and its copies"
    return InputError(
        f"The list of {what} cannot be read: {said}", file=path, line=line, advice=f"Give in each line {columns}."
    )
