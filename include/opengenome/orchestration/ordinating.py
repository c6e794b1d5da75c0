"""The ordination of a run's sequences by RSCU: `ordination.csv`, and what summary.json says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from opengenome.core.alphabet import CODONS
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
from opengenome.io.columns import column, numbers
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
            none = f"{usable} of the sequences have codons to compare; an ordination needs {FEWEST}"
            return Ordinated(summary | {"not_done": none}, None)
        found = {
            name: analysis(counts, given.code(codes[0]), codons=codons) for name, (_, analysis) in _ANALYSES.items()
        }
        return Ordinated(summary | {name: _axes(one) for name, one in found.items()}, _table(rows, found))


@dataclass(frozen=True)
class Ordinated:
    """summary: JSON types only. table: a row for each analysed sequence, in input order; None if there is none."""

    summary: dict[str, Any]
    table: pa.RecordBatch | None

    def write(self, path: Path) -> dict[str, str]:
        """Write the table, as `csv_text` does. Returns its SHA-256 by name; {} if there is none."""
        if self.table is None:
            return {}
        write_atomically(path, self.write_into)
        return {path.name: sha256_of(path)}

    def write_into(self, file: BinaryIO) -> None:
        """The text of `write`."""
        if self.table is not None:
            write_csv(file, self.table.schema, [self.table])


def _axes(found: Ordination) -> dict[str, Any]:
    return {
        "eigenvalues": [figure(value) for value in found.eigenvalues],
        "shares": [figure(value) for value in found.share],
    }


def _table(rows: pa.RecordBatch, found: dict[str, Ordination]) -> pa.RecordBatch:
    """The coordinates beside id and group. Analyses of the same codons leave out the same sequences."""
    import pyarrow as pa

    usable = column(next(iter(found.values())).sequences)
    names = [name for name in (SEQ_ID, GROUP) if name in rows.schema.names]
    columns = {name: rows[name].take(usable) for name in names} | dict(_coordinates(found))
    return pa.RecordBatch.from_arrays([*columns.values()], names=[*columns])


def _coordinates(found: dict[str, Ordination]) -> Iterator[tuple[str, pa.Array]]:
    """A column for each of AXES axes of each analysis; null where usage varies in fewer ways."""
    for name, one in found.items():
        padded = np.full((len(one.sequences), AXES), np.nan)
        padded[:, : one.of_sequences.shape[1]] = one.of_sequences
        prefix, _ = _ANALYSES[name]
        yield from ((f"{prefix}{axis + 1}", figures(values)) for axis, values in enumerate(padded.T))
