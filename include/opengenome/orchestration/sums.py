"""What is gathered while the sequences of a run pass by: counts by group and code, and the sample to ordinate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from opengenome.core.grouping import GroupCounts
from opengenome.io.columns import numbers
from opengenome.io.dataset import counts_of
from opengenome.io.pair_bias import bias_sums
from opengenome.orchestration.annotated import GENETIC_CODE, GROUP
from opengenome.orchestration.join import Join
from opengenome.orchestration.ordinating import Sampled

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Sums:
    """groups, sampled: None if they are not wanted."""

    groups: GroupCounts | None
    sampled: Sampled | None

    @classmethod
    def of(cls, join: Join) -> Sums:
        """Nothing yet, of the kinds that this join is for."""
        sequences = sum(batch.sequences for batch in join.plan.batches)
        return cls(GroupCounts() if join.apart else None, Sampled(sequences) if join.ordinate else None)

    @property
    def are_wanted(self) -> bool:
        return self.groups is not None or self.sampled is not None

    def add(self, rows: pa.RecordBatch) -> None:
        """Add `joined` rows, which come in input order."""
        if self.groups is not None:
            _add(self.groups, rows)
        if self.sampled is not None:
            self.sampled.add(rows)


def _add(groups: GroupCounts, rows: pa.RecordBatch) -> None:
    """Without a column of groups, all are in one."""
    codes, counts, biases = numbers(rows[GENETIC_CODE]), counts_of(rows), bias_sums(rows)
    if GROUP not in rows.schema.names:
        groups.add([""], codes * 0, codes, counts, biases)
        return
    encoded = rows[GROUP].dictionary_encode()
    groups.add(encoded.dictionary.to_pylist(), numbers(encoded.indices), codes, counts, biases)
