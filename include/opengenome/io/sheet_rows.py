"""The rows of a samplesheet, from its text. Files are not looked at here."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterable
from dataclasses import dataclass

from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.errors import quoted, readable
from opengenome.io.csv_text import delimiter_of

SAMPLE, FASTA, GFF, GENBANK, CODE, GROUP = COLUMNS = ("sample", "fasta", "gff", "genbank", "genetic_code", "group")
FILES = (FASTA, GFF, GENBANK)
# Endings of file names, which nobody means as metadata.
_MEANT = {"fa": FASTA, "fna": FASTA, "gb": GENBANK, "gbk": GENBANK, "gbff": GENBANK}
_CODES = {str(code): code for code in GENETIC_CODES}  # pandas writes 11.0 in a column with an empty cell
_MOST_METADATA = 4_000  # characters of a row: they stand beside each of the 16,384 sequences that are in memory
_ALIKE = 0.8  # as difflib measures: "group_id" is a name of its own, "groups" is not


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """number: as in a spreadsheet. files: the cells of `FILES` that are not empty. genetic_code: 0 if there is none.

    columns: all others, the genetic code too.
    """

    number: int
    sample: str
    files: dict[str, str]
    genetic_code: int
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a row, a part of a sentence. advice: what to do, a sentence."""

    row: int
    text: str
    advice: str = ""


def rows_of(text: str, problems: list[Problem]) -> list[Row]:
    """The rows that can be read. What is wrong is added to `problems`.

    The columns are separated as `delimiter_of` says. Empty rows are left out.
    """
    header = next(iter(text.lstrip("\r\n").splitlines()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(header), strict=True)
    table: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            table.append((number, [cell.strip() for cell in cells]))
    except csv.Error as error:
        problems.append(Problem(number + 1, f"it cannot be read: {error}", "Check its quotes."))
    filled = [(number, cells) for number, cells in table if any(cells)]
    if not filled:
        problems.append(Problem(1, "there is no header", _columns()))
        return []
    (first, names), *rest = filled
    if wrong := list(_wrong_header(names, [cells for _, cells in rest])):
        problems += [Problem(first, said, _columns()) for said in wrong]
        return []
    if not rest and not problems:
        problems.append(Problem(first, "no row follows the header", "Give a row for each sample."))
    rows = [
        _row(number, dict.fromkeys(names, "") | dict(zip(names, cells, strict=False)), cells[len(names) :], problems)
        for number, cells in rest
    ]
    problems += _contradictions(rows)
    return rows


def _columns() -> str:
    return f"The columns are {', '.join(COLUMNS)}; further ones are metadata."


def _wrong_header(names: list[str], rows: Iterable[list[str]]) -> Iterable[str]:
    if not set(names) & set(COLUMNS) and not any(map(_meant, names)):
        yield "it is not a header"
        return
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        yield f"the column `{name}` is there twice"
    filled = {position for cells in rows for position, cell in enumerate(cells) if cell}
    if unnamed := [position for position, name in enumerate(names, 1) if not name and position - 1 in filled]:
        yield f"column {unnamed[0]} has cells and no name"
    suspects = {name: meant for name in names if name not in COLUMNS and (meant := _meant(name)) not in ("", *names)}
    yield from (f"there is no column `{name}`, did you mean `{meant}`?" for name, meant in suspects.items())
    if SAMPLE not in (*names, *suspects.values()):
        yield f"the column `{SAMPLE}` is missing"
    if not {*FILES} & {*names, *suspects.values()}:
        yield f"there is no column of files: {', '.join(FILES)}"


def _meant(name: str) -> str:
    """The column that a name may be a misspelling of; "" if it is a name of its own."""
    plain = name.lower().replace(" ", "_").replace("-", "_")
    nearest = difflib.get_close_matches(plain, COLUMNS, n=1, cutoff=_ALIKE)
    return _MEANT.get(plain) or (nearest[0] if nearest else "")


def _row(number: int, cells: dict[str, str], beyond: list[str], problems: list[Problem]) -> Row:
    def wrong(text: str, advice: str = "") -> None:
        problems.append(Problem(number, text, advice))

    if any(beyond):
        wrong("it has more cells than the header", "Put quotes around a cell that holds the separator.")
    if not cells.get(SAMPLE):
        wrong("the sample has no name")
    files = {column: cells[column] for column in FILES if cells.get(column)}
    if not files:
        wrong(f"it names no file in {', '.join(FILES)}")
    elif GENBANK in files and len(files) > 1:
        wrong(f"it names {' and '.join(files)}", f"Give either {GENBANK}, which holds the sequences too, or {FASTA}.")
    code = cells.get(CODE, "")
    number_of_code = _CODES.get(code.removesuffix(".0").lstrip("0"), 0)
    if code and not number_of_code:
        wrong(f"there is no NCBI genetic code {readable(code)}", f"The genetic codes are {', '.join(_CODES)}.")
    cells = cells | {CODE: str(number_of_code or "")} if CODE in cells else cells
    columns = {name: cell for name, cell in cells.items() if name and name not in (SAMPLE, *FILES)}
    if (length := sum(map(len, columns.values()))) > _MOST_METADATA:
        wrong(f"its metadata have {length:,} characters, and at most {_MOST_METADATA:,} are read")
    return Row(number, cells.get(SAMPLE, ""), files, number_of_code, columns)


def _contradictions(rows: list[Row]) -> Iterable[Problem]:
    """Rows of one sample whose metadata differ from those of its first row. The genetic code is no metadata."""
    first: dict[str, Row] = {}
    for row in rows:
        known = first.setdefault(row.sample, row)
        if not row.sample:
            continue
        for name, here in row.columns.items():
            if name != CODE and here != (there := known.columns[name]):
                said = f"the sample {row.sample} has the {name} {quoted(here)}, in row {known.number:,} {quoted(there)}"
                yield Problem(row.number, said, "All rows of a sample have the same metadata.")
