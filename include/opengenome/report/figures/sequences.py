"""The sequences of a run for their figures: what is summed over all of them, and the sample that is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from opengenome.core.measures.arrays import Floats
from opengenome.core.measures.ordination import Ints, sample
from opengenome.errors import number_of, readable
from opengenome.io.dataset import SEQ_ID, read_parts
from opengenome.report.figures.figure import Table
from opengenome.report.figures.histogram import Histogram, of_lengths, of_shares
from opengenome.report.figures.largest import Groups
from opengenome.report.figures.regression import Regression
from opengenome.report.material import Material

if TYPE_CHECKING:
    import pyarrow as pa

GROUP, LENGTH = "group", "length"
SHARES = ("gc", "gc1", "gc2", "gc3")
DRAWN = ("gc3s", "enc_wright", "gc3", "gc12", "pr2_gc", "pr2_at")  # columns of the scatter plots
NO_TABLE = (
    "This run kept no table by sequence, so there is nothing to draw. Leave out --no-per-sequence (in the form: tick"
    " “Keep the per-sequence table”)."
)


@dataclass
class Sequences:
    """total: all sequences. both: how many of them have a value in both columns of a pair.

    table: the sampled sequences, in input order; those of groups without a colour first. histograms: of all sequences,
    by column.
    """

    total: int
    histograms: dict[str, Histogram]
    both: dict[tuple[str, str], int]
    neutrality: Regression
    table: Table = field(init=False)

    @property
    def sampled(self) -> str:
        """A sentence if not all sequences are drawn, else nothing."""
        drawn = len(self.table.frame)
        if drawn == self.total:
            return ""
        return f" A random sample is drawn: {drawn:,} of {number_of(self.total, 'sequence')}."


def sequences(material: Material, groups: Groups | None) -> Sequences | None:
    """Reads the table by sequence once. None if the run has none, or has one without the measures.

    groups: None if the run has no groups. Memory: 16,384 rows, the sample, and some 30 bytes for each sequence while
    the sample is chosen.
    """
    rows = [_rows(path) for path in material.parts]
    if not sum(rows) or not {LENGTH, *SHARES, *DRAWN} <= set(pq.read_schema(material.parts[0]).names):
        return None
    total = sum(rows)
    histograms = {LENGTH: of_lengths()} | {name: of_shares() for name in SHARES}
    found = Sequences(total, histograms, dict.fromkeys(zip(DRAWN[::2], DRAWN[1::2], strict=True), 0), Regression())
    texts = [SEQ_ID, *([GROUP] if groups else [])]
    positions, passed = sample(total), 0
    kept: list[pd.DataFrame] = []
    for some in read_parts(material.parts, [*texts, LENGTH, *dict.fromkeys((*SHARES, *DRAWN))]):
        first, last = np.searchsorted(positions, (passed, passed + some.num_rows))
        kept.append(_frame(some, texts, positions[first:last] - passed))
        passed += some.num_rows
        _add(found, some)
    frame = pd.concat(kept, ignore_index=True)
    found.table = Table("sequences", groups.labelled(frame) if groups else frame)
    return found


def values(rows: pa.RecordBatch, name: str) -> Floats:
    """A column of numbers, (n,) float64; NaN where it is null."""
    return np.asarray(rows[name].to_numpy(zero_copy_only=False), dtype=np.float64)


def _add(found: Sequences, rows: pa.RecordBatch) -> None:
    for name, histogram in found.histograms.items():
        histogram.add(values(rows, name))
    for x, y in found.both:
        found.both[x, y] += int(np.count_nonzero(np.isfinite(values(rows, x)) & np.isfinite(values(rows, y))))
    found.neutrality.add(values(rows, "gc3"), values(rows, "gc12"))


def _frame(rows: pa.RecordBatch, texts: Sequence[str], chosen: Ints) -> pd.DataFrame:
    taken = rows.take(chosen)
    named = {column: list(map(readable, taken[column].to_pylist())) for column in texts}
    return pd.DataFrame(named | {column: values(taken, column) for column in DRAWN})


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)
