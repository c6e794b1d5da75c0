"""Read a codon table that this project published: a folder of results with its proof, or one file of it alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opengenome.core.alphabet import CODONS
from opengenome.core.coding import called, with_others
from opengenome.core.genetic_code import OWN, STOP, GeneticCode
from opengenome.core.numerals import whole
from opengenome.errors import UsageError, quoted
from opengenome.io import codon_tables, published, tables
from opengenome.io.csv_text import delimiter_of
from opengenome.io.paths import shown

_COLUMNS = ("codon", "amino_acid", "count")
_MOST_BYTES = 1 << 20  # a table has some kilobytes; another file is not read to its end
_PARQUET = b"PAR1"


@dataclass(frozen=True, slots=True)
class UsageTable:
    """64 counts and what each codon means. title: for people.

    amino_acids: 64 letters, "*" for a stop; "" if the table does not say.

    run, sequences (how many were counted), genetic_code (NCBI's number): None if unknown. proven: whether it was read
    from a folder that verifies. told: whether amino_acids are its own. with_others: as `coding.with_others`.
    """

    counts: tuple[int, ...]
    amino_acids: str
    title: str
    run: str | None = None
    sequences: int | None = None
    genetic_code: int | None = None
    proven: bool = False
    told: bool = True
    with_others: str = ""

    @property
    def codons(self) -> int:
        """How many were counted."""
        return sum(self.counts)

    @property
    def caution(self) -> str:
        """A sentence if some were counted under a code with other amino acids, else ""."""
        code = called(self.genetic_code or OWN)
        return f"the table shows the amino acids of {code}, but {self.with_others}" if self.with_others else ""

    @property
    def code(self) -> GeneticCode:
        """The code as the table's own letters tell it; it has no number, because several numbers share letters."""
        return GeneticCode(0, "of the table", self.amino_acids)


def read_results(folder: Path) -> UsageTable:
    """The table of a folder of results, after its proof is checked.

    Raises UsageError if the folder holds no results, ContractError or LawError if it is not what was proven.
    """
    folder = published.one_folder(folder)
    if not any((folder / name).exists() for name in tables.PUBLISHED):
        raise UsageError(f"{folder} holds no results", advice="Name the folder of one run, or a file of its table.")
    return proven_table(folder, published.verify(folder))


def proven_table(folder: Path, proof: published.Proof) -> UsageTable:
    """The table of a folder of results. proof: of the folder; only the files that are read here are compared with it.

    Raises ContractError if one of them is not what was proven.
    """
    for name in (tables.CSV, tables.PARQUET):
        published.check_digest(folder / name, proof.files[name])
    table = tables.read_codon_table(folder)
    run = str(published.proven_document(folder, proof, tables.PROVENANCE)["run"])
    summary = published.proven_document(folder, proof, tables.SUMMARY)
    return UsageTable(
        tuple(table["count"]),
        "".join(table["amino_acid"]),
        title=run,
        run=run,
        sequences=summary.get("sequences"),
        genetic_code=summary.get("genetic_code", {}).get("id"),
        proven=True,
        with_others=with_others(summary) if "genetic_code" in summary else "",
    )


def read_file(path: Path) -> UsageTable:
    """The table of one CSV or Parquet file with the columns codon, amino_acid and count; or one of another program.

    Those are EMBOSS's .cut, GCG's and Kazusa's, as in `codon_tables`; what their codons mean is not read. Raises
    UsageError if it is something else or cannot be read, InputError for a line of such a table that is wrong.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{shown(path)} cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise _no_table(path, "it is larger than one")
    if (text := _of_another_program(data)) is not None:
        return UsageTable(codon_tables.counts_of(text, path), "", title=path.name)
    columns = _parquet(data, path) if data.startswith(_PARQUET) else _csv(data, path)
    columns["codon"] = [codon_tables.dna(codon) if isinstance(codon, str) else codon for codon in columns["codon"]]
    if sorted(columns["codon"], key=str) != list(CODONS):
        raise _no_table(path, f"it has {len(columns['codon']):,} rows, not each of the {len(CODONS)} codons once")
    letters, counts = (dict(zip(columns["codon"], columns[name], strict=True)) for name in _COLUMNS[1:])
    for codon in CODONS:
        if not (isinstance(letters[codon], str) and _is_letter(letters[codon])):
            raise _no_table(path, f"the amino acid of {codon} is {quoted(letters[codon])}, not one letter or {STOP}")
        if type(counts[codon]) is not int or counts[codon] < 0:
            raise _no_table(path, f"the count of {codon} is {quoted(counts[codon])}, not a whole number")
    amino_acids = "".join(letters[codon] for codon in CODONS)
    return UsageTable(tuple(counts[codon] for codon in CODONS), amino_acids, title=path.name)


def _of_another_program(data: bytes) -> str | None:
    """The text of a table of another program; None for any other file."""
    try:
        text = _text(data)
        names, _ = _head(text)
    except (UnicodeDecodeError, csv.Error):
        return None
    return text if not set(_COLUMNS) <= set(names) and codon_tables.is_table(text) else None


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _head(text: str) -> tuple[list[str], str]:
    """The names of the columns of a table, and what separates them."""
    first = text.split("\n", 1)[0].strip()
    delimiter = delimiter_of(first)
    return next(csv.reader([first], delimiter=delimiter), []), delimiter


def _is_letter(text: str) -> bool:
    return len(text) == 1 and (text == STOP or "A" <= text <= "Z")


def _csv(data: bytes, path: Path) -> dict[str, list[Any]]:
    try:
        text = _text(data)
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_head(text)[1])
        rows, names = list(reader), reader.fieldnames or ()
    except (UnicodeDecodeError, csv.Error) as error:
        raise _no_table(path, "it is neither CSV nor Parquet") from error
    _check_names(names, path)
    columns = {name: [row[name] for row in rows] for name in _COLUMNS}
    return columns | {"count": [_count(text) for text in columns["count"]]}


def _count(text: str | None) -> int | str | None:
    number = whole(text or "")
    return text if number is None else number


def _parquet(data: bytes, path: Path) -> dict[str, list[Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:  # read_table would import pandas
            _check_names(file.schema_arrow.names, path)
            return dict(file.read(columns=list(_COLUMNS)).to_pydict())
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _no_table(path, "it is damaged") from error


def _check_names(names: Iterable[str], path: Path) -> None:
    if missing := [name for name in _COLUMNS if name not in names]:
        raise _no_table(path, f"it has no column {', '.join(missing)}")


def _no_table(path: Path, why: str) -> UsageError:
    advice = f"It needs the columns {', '.join(_COLUMNS)}."
    return UsageError(f"{shown(path)} is not a codon table: {why}", advice=advice)
