"""The ordination of a run's sequences by RSCU: its tables of sequences and codons, and what summary.json says of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.arrays import Floats
from opengenome.core.measures.given import Given
from opengenome.core.measures.ordination import (
    AXES,
    Ordination,
    comparable,
    correspondence_of_rscu,
    pca_of_rscu,
    sample,
)
from opengenome.core.usage import figure
from opengenome.errors import number_of
from opengenome.io.columns import column, numbers, text_column
from opengenome.io.csv_text import write_csv
from opengenome.io.dataset import CODE, SEQ_ID, counts_of, figures
from opengenome.io.store import sha256_of, write_atomically
from opengenome.orchestration.annotated import GROUP

if TYPE_CHECKING:
    import pyarrow as pa

FEWEST = 3  # sequences; two lie on one line whatever they are
_ANALYSES = {"correspondence": ("ca", correspondence_of_rscu), "principal_components": ("pca", pca_of_rscu)}


class Sampled:
    """Keeps the sequences of the sample while all `joined` rows pass by, in input order. Memory: the sample."""

    def __init__(self, sequences: int) -> None:
        self._sequences, self._positions = sequences, sample(sequences)
        self._passed = 0
        self._kept: list[pa.RecordBatch] = []

    def add(self, rows: pa.RecordBatch) -> None:
        begin, self._passed = self._passed, self._passed + rows.num_rows
        first, last = np.searchsorted(self._positions, (begin, self._passed))
        names = [name for name in (SEQ_ID, GROUP, CODE, *CODONS) if name in rows.schema.names]
        if first < last:
            self._kept.append(rows.select(names).take(column(self._positions[first:last] - begin)))

    def ordinated(self, given: Given) -> Ordinated | None:
        """None if rows were missing, as those of a damaged batch are. given: it has the run's own code."""
        import pyarrow as pa

        if self._passed != self._sequences or not self._kept:
            return None
        rows = pa.concat_batches(self._kept)
        counts, codes = counts_of(rows), np.unique(numbers(rows[CODE])).tolist()
        codons = comparable(map(given.code, codes))
        usable = int(counts[:, codons].any(axis=1).sum())
        summary = {
            "sequences": usable,
            "left_out": len(counts) - usable,
            "not_sampled": self._sequences - len(counts),
            "genetic_codes": codes,
            "codons": [CODONS[codon] for codon in codons],
        }
        if usable < FEWEST:
            have = number_of(usable, "sequence has", "sequences have")
            none = f"{have} codons to compare; an ordination needs {FEWEST}"
            return Ordinated(summary | {"not_done": none}, {})
        found = {
            name: analysis(counts, given.code(codes[0]), codons=codons) for name, (_, analysis) in _ANALYSES.items()
        }
        told = summary | {name: _axes(one) for name, one in found.items()}
        of_codons = _codons(given.code(codes[0]), found)
        return Ordinated(told, {flow.ORDINATION: _sequences(rows, found), flow.ORDINATION_CODONS: of_codons})


@dataclass(frozen=True)
class Ordinated:
    """summary: JSON types only. tables: by file name; none where nothing is analysed.

    The sequences are in input order, the codons in alphabetical order.
    """

    summary: dict[str, Any]
    tables: dict[str, pa.RecordBatch]

    def write(self, folder: Path) -> dict[str, str]:
        """Write the tables, as `csv_text` does. Returns their SHA-256 by name."""
        for name in self.tables:
            write_atomically(folder / name, partial(self.write_into, name))
        return {name: sha256_of(folder / name) for name in self.tables}

    def write_into(self, name: str, file: BinaryIO) -> None:
        """The text of one table."""
        table = self.tables[name]
        write_csv(file, table.schema, [table])


def _axes(found: Ordination) -> dict[str, Any]:
    return {
        "eigenvalues": [figure(value) for value in found.eigenvalues],
        "shares": [figure(value) for value in found.share],
    }


def _sequences(rows: pa.RecordBatch, found: dict[str, Ordination]) -> pa.RecordBatch:
    """The coordinates beside id and group. Analyses of the same codons leave out the same sequences."""
    usable = column(next(iter(found.values())).sequences)
    names = [name for name in (SEQ_ID, GROUP) if name in rows.schema.names]
    return _coordinates(
        {name: rows[name].take(usable) for name in names}, {name: one.of_sequences for name, one in found.items()}
    )


def _codons(code: GeneticCode, found: dict[str, Ordination]) -> pa.RecordBatch:
    """The coordinates beside codon and amino acid, which all compared codes have in common."""
    codons = next(iter(found.values())).codons.tolist()
    names = {
        "codon": text_column(CODONS[codon] for codon in codons),
        "amino_acid": text_column(code.amino_acids[codon] for codon in codons),
    }
    return _coordinates(names, {name: one.of_codons for name, one in found.items()})


def _coordinates(names: dict[str, pa.Array], places: dict[str, Floats]) -> pa.RecordBatch:
    """A column for each of AXES axes of each analysis, behind `names`; null where usage varies in fewer ways."""
    import pyarrow as pa

    columns = dict(names)
    for name, of_each in places.items():
        padded = np.full((len(of_each), AXES), np.nan)
        padded[:, : of_each.shape[1]] = of_each
        prefix, _ = _ANALYSES[name]
        columns |= {f"{prefix}{axis + 1}": figures(values) for axis, values in enumerate(padded.T)}
    return pa.RecordBatch.from_arrays([*columns.values()], names=[*columns])
