"""What is known of each sequence of a run besides its counts, in input order: annotation, file, sample, code, group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.measures.table import OF_SEQUENCES
from opengenome.core.model import Mode
from opengenome.errors import InputError, UsageError
from opengenome.io import entries, schemas
from opengenome.io.coding.table import read_all
from opengenome.io.columns import column, numbers, text_column
from opengenome.io.dataset import BASES, ENDS, SEQ_ID
from opengenome.io.schemas import Entry, RunInputs, Sample
from opengenome.io.store import Store
from opengenome.io.stream import ROWS_AT_ONCE
from opengenome.io.table_schemas import CDS_TEXTS
from opengenome.parameters import PARAMETERS

if TYPE_CHECKING:
    import pyarrow as pa

FILE, SAMPLE, GROUP, GENETIC_CODE = "file", "sample", "group", "genetic_code"
_ANNOTATION = (*CDS_TEXTS, GENETIC_CODE, "code_source", "location", "flags")


def columns_of(mode: Mode, samples: Sequence[Sample]) -> tuple[str, ...]:
    """The columns that a run can be grouped by. Codes are told apart in each group; the sheet's need not be theirs."""
    annotation = CDS_TEXTS[1:] if mode is Mode.CDS else ()
    of_samples = dict.fromkeys(name for sample in samples for name in sample.columns if name != GENETIC_CODE)
    return tuple(dict.fromkeys((*annotation, FILE, *((SAMPLE, *of_samples) if samples else ()))))


def check_columns(mode: Mode, samples: Sequence[Sample], sheet: str) -> None:
    """Raises InputError for columns of the samplesheet whose names `per_sequence/` has for something else.

    sheet: its path. Upper and lower case are the same, because many readers of tables do not tell them apart.
    """
    annotation = (*_ANNOTATION, *ENDS) if mode is Mode.CDS else ()
    ours = {name.lower() for name in (SEQ_ID, FILE, *BASES, *annotation, *CODONS, *OF_SEQUENCES)}
    columns = dict.fromkeys(name for sample in samples for name in sample.columns if name != GENETIC_CODE)
    if taken := [name for name in columns if name.lower() in ours]:
        several = len(taken) > 1
        raise InputError(
            f"Row 1 of the samplesheet: the column{'s' * several} {' and '.join(map(repr, taken))}"
            f" {'have names' if several else 'has a name'} that the results of mode {mode} have for something else",
            file=sheet,
            advice=f"Give {'them other names' if several else 'it another name'}, such as sample_{taken[0]}.",
        )


def check_group_by(column_name: str, mode: Mode, samples: Sequence[Sample], run_id: str) -> None:
    """Raises UsageError for an unknown column. None is fine."""
    known = columns_of(mode, samples)
    if column_name and column_name not in known:
        parameter = PARAMETERS["group_by"].called(run_id)
        raise UsageError(
            f"{parameter} is {column_name!r}, and the input has no such column",
            advice=f"Choose {'one of ' * (len(known) > 1)}{', '.join(known)}.",
        )


def names_of(paths: Sequence[str]) -> list[str]:
    """Short names of files: their names, or their paths below the folder that they share, if two names are equal."""
    names = [PurePosixPath(path).name for path in paths]
    if len(set(names)) == len(names):
        return names
    parts = [PurePosixPath(path).parts for path in paths]
    shared = next((k for k, step in enumerate(zip(*parts, strict=False)) if len(set(step)) > 1), 0)
    return ["/".join(steps[shared:]) for steps in parts]


@dataclass(frozen=True)
class Annotated:
    """The annotation of a run's sequences. genetic_code: of those for which nothing else names one."""

    inputs: RunInputs
    group_by: str
    genetic_code: int

    @property
    def is_cds(self) -> bool:
        return self.inputs.mode is Mode.CDS

    @cached_property
    def files(self) -> list[str]:
        """The short name of each file."""
        return names_of([file.path for file in self.inputs.files])

    @cached_property
    def metadata(self) -> list[str]:
        """The columns of the samplesheet that are published. GROUP is that of the run, if it has groups."""
        columns = dict.fromkeys(name for sample in self.inputs.samples for name in sample.columns)
        return [name for name in columns if name != GENETIC_CODE and not (name == GROUP and self.group_by)]

    @cached_property
    def _samples(self) -> dict[int, Sample]:
        return {position: sample for sample in self.inputs.samples for position in sample.files}

    def schema(self) -> pa.Schema:
        """The columns of `rows`, in their order: all text but the genetic code."""
        import pyarrow as pa

        names = [
            *(_ANNOTATION if self.is_cds else (GENETIC_CODE,)),
            FILE,
            *((SAMPLE,) if self.inputs.samples else ()),
            *self.metadata,
            *((GROUP,) if self.group_by else ()),
            *(ENDS if self.is_cds else ()),
        ]
        return pa.schema([(name, pa.int16() if name == GENETIC_CODE else pa.string()) for name in names])

    def rows(self, store: Store) -> Iterator[pa.RecordBatch]:
        """One row for each sequence, at most 16,384 at a time. store: it has the entries.

        Raises ContractError for a damaged table.
        """
        for entry in self.inputs.entries:
            folder = store.ingest(entry.key)
            yield from self._of_cds(entry, folder) if self.is_cds else self._of_files(entry, folder)

    def _of_cds(self, entry: Entry, folder: Path) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        schema, firsts = self.schema(), first_files(entry)
        of_cds = (*_ANNOTATION, *ENDS)
        of_units = [name for name in schema.names if name not in of_cds]
        for found in read_all(folder, (*of_cds, "unit", "reason")):
            rows = found.filter(is_empty(found["reason"]))
            if not rows.num_rows:
                continue
            unit = numbers(rows["unit"])
            columns = {name: rows[name] for name in of_cds} | {
                name: chosen([self._of_file(name, file) for file in firsts], unit) for name in of_units
            }
            if self.group_by in CDS_TEXTS:
                columns[GROUP] = columns[self.group_by]
            yield pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)

    def _of_files(self, entry: Entry, folder: Path) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        schema = self.schema()
        manifest = schemas.read_ingest_manifest(folder / entries.MANIFEST)
        for file, sequences in enumerate(manifest.sequences, entry.first):
            for begin in range(0, sequences, ROWS_AT_ONCE):
                same = np.zeros(min(ROWS_AT_ONCE, sequences - begin), dtype=np.int32)
                columns = [
                    column(same.astype(np.int16) + np.int16(self.code_of_file(file)))
                    if name == GENETIC_CODE
                    else chosen([self._of_file(name, file)], same)
                    for name in schema.names
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def code_of_file(self, file: int) -> int:
        """The genetic code of a file's records. file: its position in RunInputs.files."""
        sample = self._samples.get(file)
        return int((sample and sample.columns.get(GENETIC_CODE)) or self.genetic_code)

    def _of_file(self, name: str, file: int) -> str:
        """The value of a column for all sequences of a file."""
        sample = self._samples.get(file)
        wanted = (self.group_by or GROUP) if name == GROUP else name
        if wanted == FILE:
            return self.files[file]
        if sample is None:
            return ""
        return sample.name if wanted == SAMPLE else sample.columns.get(wanted, "")


def first_files(entry: Entry) -> list[int]:
    """The first file of each unit of an entry, as positions in RunInputs.files."""
    sizes = [unit.files for unit in entry.units]
    return [entry.first + sum(sizes[:number]) for number in range(len(sizes))]


def chosen(texts: Sequence[str], which: np.ndarray[tuple[int], np.dtype[np.int32]]) -> pa.Array:
    """A text column with texts[which[k]] in row k."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(column(which), text_column(texts)).dictionary_decode()


def is_empty(texts: pa.Array) -> pa.Array:
    """Whether each text is empty. A comparison with "" would import pandas."""
    import pyarrow as pa
    import pyarrow.compute as pc

    empty = numbers(pc.binary_length(texts)) == 0
    return pa.Array.from_buffers(pa.bool_(), len(texts), [None, pa.py_buffer(np.packbits(empty, bitorder="little"))])
