"""Read a samplesheet: a table that names the files of each sample, and what is known of the sample.

All its problems are told at once, each with its row as a spreadsheet numbers it: the header is row 1.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from opengenome.core.model import Mode, SourceFile
from opengenome.errors import InputError, UsageError, printable
from opengenome.io import naming, paths, sources
from opengenome.io.embedded import holds_sequences
from opengenome.io.formats import fasta, genbank, gff3, parquet
from opengenome.io.given import read_text
from opengenome.io.identity import Settler
from opengenome.io.roots import Roots, short
from opengenome.io.schemas import Sample, Unit
from opengenome.io.sheet_rows import FASTA, GENBANK, GFF, Problem, Row, rows_of

SUFFIXES = (".csv", ".tsv")
_TOLD = 20  # problems
_ADVICES = 3
# The format that a column of files holds.
_FORMATS = {FASTA: fasta.NAME, GFF: gff3.NAME, GENBANK: genbank.NAME}
_CDS_FASTA = "cds_fasta"  # the reader of coding sequences in FASTA
CALLED = {fasta.NAME: "FASTA", gff3.NAME: "GFF3", genbank.NAME: "GenBank", parquet.NAME: "Parquet"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """mode, reason: what is counted, and why. samples: one for each row; rows of one sample have its name.

    units: of the files in their order, one for each row; none in mode `sequences`.
    """

    mode: Mode
    reason: str
    files: tuple[SourceFile, ...]
    units: tuple[Unit, ...]
    samples: tuple[Sample, ...]


def read(source: str, roots: Iterable[Path], mode: Mode = Mode.AUTO) -> Sheet | None:
    """The samplesheet that a source names: its only line, a file .csv or .tsv that is no input. None for other sources.

    mode: the wanted one. In mode `cds` a row that names only FASTA gives coding sequences. Paths in the sheet are
    relative to its folder. Raises InputError that tells its problems, UsageError if it is outside `roots`. Nothing is
    looked up outside them.
    """
    allowed = Roots(roots)
    if (path := _path(source, allowed)) is None:
        return None
    problems: list[Problem] = []
    rows = rows_of(read_text(path, "samplesheet"), problems)
    reader = _Reader(Path(os.path.abspath(path)).parent, allowed, problems)  # noqa: PTH100  (links stay)
    sheet = reader.sheet(rows, mode)
    if problems:
        raise _refusal(path, problems)
    return sheet


def _path(source: str, roots: Roots) -> Path | None:
    lines = [line for line in source.split("\n") if line.strip()]
    if len(lines) != 1 or not lines[0].strip().lower().endswith(SUFFIXES):
        return None
    try:
        path, _ = roots.meant(lines[0])
        if not path.is_file():
            return None
    except OSError:
        return None  # `search` says why
    file, recognised = sources.inspect(path, os.fstat)
    return None if recognised.format and file.size else path


def _refusal(path: Path, problems: list[Problem]) -> InputError:
    problems.sort(key=lambda problem: problem.row)
    amount = "a problem" if len(problems) == 1 else f"{len(problems):,} problems"
    told = "; ".join(f"row {problem.row:,}: {printable(problem.text)}" for problem in problems[:_TOLD])
    more = f"; and {len(problems) - _TOLD:,} more" if len(problems) > _TOLD else ""
    advice = dict.fromkeys(problem.advice for problem in problems if problem.advice)
    return InputError(
        f"The samplesheet has {amount}: {told}{more}", file=path, advice=" ".join(list(advice)[:_ADVICES])
    )


def _mode(wanted: Mode, found: Iterable[Mapping[str, SourceFile]]) -> tuple[Mode, str]:
    """What is counted, and why. As in folders, Ensembl's headers alone do not decide."""
    if wanted is not Mode.AUTO:
        return wanted, "it was asked for"
    kinds = [CALLED[_FORMATS[column]] for row in found for column, file in row.items() if _is_annotated(column, file)]
    if not kinds:
        return Mode.SEQUENCES, "no row of the samplesheet is annotated"
    return Mode.CDS, f"the samplesheet names coding sequences in {', '.join(dict.fromkeys(kinds))}"


def _is_annotated(column: str, file: SourceFile) -> bool:
    return column != FASTA or file.cds == "ncbi"


class _Reader:
    """Looks at the files of the rows. folder: what their paths are relative to."""

    def __init__(self, folder: Path, roots: Roots, problems: list[Problem]) -> None:
        self._folder, self._roots, self._problems = folder, roots, problems
        self._settler = Settler()
        self._seen: dict[object, int] = {}  # file → its row

    def sheet(self, rows: Iterable[Row], wanted: Mode) -> Sheet:
        """The sheet of the rows; without the files that something is wrong with, which is told."""
        found = {row: self._files(row) for row in rows}
        mode, reason = _mode(wanted, found.values())
        files: list[SourceFile] = []
        units: list[Unit] = []
        samples: list[Sample] = []
        for row, of_row in found.items():
            self._check_mode(row, of_row, wanted, mode)
            reader = next((_FORMATS[column] for column in (GENBANK, GFF) if column in of_row), _CDS_FASTA)
            units.append(Unit(reader, len(of_row), row.genetic_code))
            places = range(len(files), len(files) + len(of_row))
            samples.append(Sample(row.sample, tuple(places), row.columns))
            files += of_row.values()
        return Sheet(mode, reason, tuple(files), tuple(units) if mode is Mode.CDS else (), tuple(samples))

    def _files(self, row: Row) -> dict[str, SourceFile]:
        """The files of a row by column, in the order of its unit."""
        asked = [column for column in (GENBANK, GFF, FASTA) if column in row.files]
        found = {column: file for column in asked if (file := self._file(row, column))}
        if list(found) == asked == [GFF]:
            self._check_sequence(row, found[GFF])
        return found

    def _check_mode(self, row: Row, of_row: dict[str, SourceFile], wanted: Mode, mode: Mode) -> None:
        if wanted is Mode.SEQUENCES and GFF in row.files:
            self._problem(row, f"{GFF} is annotation, and mode {mode} counts whole records", "Empty its cell.")
        elif mode is not wanted and mode is Mode.CDS and list(of_row) == [FASTA] and not of_row[FASTA].cds:
            said = f"{FASTA} {short(row.files[FASTA])} is not annotated, and other rows are"
            self._problem(row, said, f"If it holds coding sequences, choose mode {mode}; else count it in its own run.")

    def _file(self, row: Row, column: str) -> SourceFile | None:
        """A file of a row; None if something is wrong with it."""
        cell = row.files[column]
        try:
            return self._checked(row, column, cell)
        except (InputError, UsageError) as error:
            self._problem(row, f"{column} {short(cell)}: {error.message}", error.advice)
        except OSError as error:
            self._problem(row, f"{column} {short(cell)}: {error.strerror}")
        return None

    def _checked(self, row: Row, column: str, cell: str) -> SourceFile:
        if paths.is_url(cell):
            raise UsageError("It is a URL, which is not read", advice="Fetch the file and give its path.")
        path, _ = self._roots.meant(cell if paths.is_uri(cell) else str(self._folder / cell))
        resolved = self._roots.resolved(path)
        if not resolved.exists():
            slashes = " Write / between folders, not \\." if "\\" in cell else ""
            raise InputError("There is no such file", advice=f"Paths are relative to the samplesheet.{slashes}")
        if naming.says_unfinished(resolved.name):
            raise InputError("Its name says that it is still being fetched or written")
        file, recognised = sources.inspect(resolved, self._settler.stat)
        wanted = _FORMATS[column]
        if recognised.format != wanted or (not file.size and column != FASTA):
            what = recognised.what or CALLED.get(recognised.format, recognised.format)
            raise InputError(f"It is {what}, not {CALLED[wanted]}")
        before = self._seen.setdefault(sources.itself(resolved, file), row.number)
        if before != row.number:
            raise InputError(f"The same file is in row {before:,}", advice="Each file is counted once.")
        return file

    def _check_sequence(self, row: Row, gff: SourceFile) -> None:
        named = f"{GFF} {short(row.files[GFF])}"
        try:
            if not holds_sequences(gff):
                said = f"{named} has no sequences (##FASTA), and the row names no {FASTA}"
                self._problem(row, said, f"Give the {FASTA} file of its sequences.")
        except InputError as error:
            self._problem(row, f"{named}: {error.message}", error.advice)

    def _problem(self, row: Row, text: str, advice: str = "") -> None:
        self._problems.append(Problem(row.number, text, advice))
