"""A genetic code of the user's own, read from text: NCBI's notation, or a table of codons and amino acids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import OWN, STOP, GeneticCode, custom, genetic_code
from opengenome.errors import InputError

_BASES = "TCAG"
NCBI_ORDER = tuple(first + second + third for first in _BASES for second in _BASES for third in _BASES)
_AMINO_ACIDS = frozenset("ACDEFGHIKLMNPQRSTVWYOU" + STOP)
_START, _NO_START = "M", "-"
_ADVICE = "Write it as NCBI does: lines AAs, Starts, Base1, Base2 and Base3 of 64 letters; or 64 rows codon,amino_acid."
# As on NCBI's page ("AAs  = FFLL…") and in its file gc.prt (ncbieaa "FFLL…", -- Base1 TTTT…).
_LINE = re.compile(r"\s*(?:--\s*)?(?P<name>[A-Za-z]+[1-3]?)\s*(?:=|\s)\s*\"?(?P<value>[^\"]*?)\"?\s*,?\s*")
_NAMES = {"aas": "AAs", "ncbieaa": "AAs", "starts": "Starts", "sncbieaa": "Starts", "name": "name"} | {
    f"base{position}": f"Base{position}" for position in (1, 2, 3)
}
_ROW = re.compile(r"\s*\"?(?P<codon>[A-Za-z]+)\"?\s*[,;\t]\s*\"?(?P<letter>[^\s\",;]*)\"?\s*")
_HEADER = re.compile(r"\s*\"?codon\"?\s*[,;\t]", re.IGNORECASE)


def parse(text: str, name: str, file: object = None) -> GeneticCode:
    """The code in a text. name: if the text gives none. file: for messages.

    Raises InputError with the line that is wrong. Without a line Starts, the codons of Met are starts.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]

    def wrong(said: str, line: int | None = None) -> InputError:
        return InputError(f"The genetic code cannot be read: {said}", file=file, line=line, advice=_ADVICE)

    if not lines:
        raise wrong("it is empty")
    is_table = _HEADER.match(lines[0][1]) or _ROW.fullmatch(lines[0][1])
    try:
        code = _of_rows(lines, name) if is_table else _of_notation(lines, name)
    except _WrongLineError as error:
        raise wrong(*error.args) from None
    # Codon usage is a choice among synonyms: no measure has a meaning without any.
    if not any(code.amino_acids.count(letter) > 1 for letter in _AMINO_ACIDS - {STOP}):
        raise wrong("no amino acid has two codons")
    return code


def notation(code: GeneticCode) -> str:
    """The code in NCBI's notation, as `parse` reads it."""
    letters = dict(zip(CODONS, code.amino_acids, strict=True))
    marks = dict.fromkeys(code.stops, STOP) | dict.fromkeys(code.starts, _START)
    rows = {
        "name": code.name.replace('"', "'"),
        "AAs": "".join(letters[codon] for codon in NCBI_ORDER),
        "Starts": "".join(marks.get(codon, _NO_START) for codon in NCBI_ORDER),
        **{f"Base{place + 1}": "".join(codon[place] for codon in NCBI_ORDER) for place in range(3)},
    }
    return "".join(f"{row} = {value}\n" for row, value in rows.items())


@cache
def numbered(number: int, own: str) -> GeneticCode:
    """A code by its number. own: the notation of the code with the number `OWN`, if there is one."""
    return parse(own, "") if number == OWN else genetic_code(number)


class _WrongLineError(Exception):
    """What is wrong, and in which line."""


def _of_rows(lines: list[tuple[int, str]], name: str) -> GeneticCode:
    found: dict[str, str] = {}
    for number, line in lines[1:] if _HEADER.match(lines[0][1]) else lines:
        if not (row := _ROW.fullmatch(line)):
            raise _WrongLineError("the line is not codon,amino_acid", number)
        codon = row["codon"].upper().replace("U", "T")
        if codon not in CODONS:
            raise _WrongLineError(f"{row['codon']} is not a codon", number)
        if codon in found:
            raise _WrongLineError(f"{codon} is there twice", number)
        found[codon] = _amino_acid(row["letter"], number)
    if missing := [codon for codon in CODONS if codon not in found]:
        raise _WrongLineError(f"it lacks {' '.join(missing[:8])}{' …' if len(missing) > 8 else ''}")
    return custom(name, found)


def _of_notation(lines: list[tuple[int, str]], name: str) -> GeneticCode:
    found = dict(_named(lines))
    if "AAs" not in found:
        raise _WrongLineError("it has no line AAs")
    _, name = found.get("name", (0, name))
    bases = [found[f"Base{place}"] for place in (1, 2, 3) if f"Base{place}" in found]
    if len(bases) not in (0, 3):
        raise _WrongLineError("of the lines Base1, Base2 and Base3 it has only some", bases[0][0])
    order = tuple(map("".join, zip(*(row.upper().replace("U", "T") for _, row in bases), strict=True))) or NCBI_ORDER
    if sorted(order) != sorted(CODONS):
        raise _WrongLineError("Base1, Base2 and Base3 do not give each codon once", bases[0][0])
    at, letters = found["AAs"]
    amino_acids = {codon: _amino_acid(letter, at) for codon, letter in zip(order, letters, strict=True)}
    if "Starts" not in found:
        return custom(name, amino_acids)
    at, marks = found["Starts"]
    if wrong := set(marks) - {_START, _NO_START, STOP}:
        raise _WrongLineError(f"Starts holds {min(wrong)!r}, and takes M for a start, * for a stop, else -", at)
    starts, stops = (
        frozenset(codon for codon, mark in zip(order, marks, strict=True) if mark == sign) for sign in (_START, STOP)
    )
    return custom(name, amino_acids, starts, stops)


def _named(lines: list[tuple[int, str]]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Name → line number and value, of each line. Bare lines of 64 letters are AAs, then Starts."""
    seen: set[str] = set()
    bare = iter(("AAs", "Starts"))
    for number, line in lines:
        word = line.strip()
        if len(word) == len(CODONS) and " " not in word and (of_word := next(bare, "")):
            name, value = of_word, word
        elif (named := _LINE.fullmatch(line)) and named["name"].lower() in _NAMES:
            name, value = _NAMES[named["name"].lower()], named["value"]
        elif named and named["name"].lower() == "id":
            continue
        else:
            raise _WrongLineError("the line is none of AAs, Starts, Base1, Base2 and Base3", number)
        if name in seen and name != "name":  # gc.prt gives two names of most codes
            raise _WrongLineError(f"{name} is there twice", number)
        if name != "name" and len(value) != len(CODONS):
            raise _WrongLineError(f"{name} has {len(value)} letters instead of {len(CODONS)}", number)
        if name not in seen:
            yield name, (number, value)
        seen.add(name)


def _amino_acid(letter: str, line: int) -> str:
    if letter.upper() not in _AMINO_ACIDS:
        raise _WrongLineError(f"{letter!r} is not the letter of an amino acid, nor * for a stop", line)
    return letter.upper()
