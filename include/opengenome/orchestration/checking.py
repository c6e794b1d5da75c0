"""Join counts and annotation again, from disk, and compare the tables by sequence and group with it (law 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from opengenome import flow
from opengenome.core.accounts import Fault, Law, differing
from opengenome.core.grouping import GroupCounts
from opengenome.core.model import Batch
from opengenome.errors import ContractError, number_of
from opengenome.io import dataset, group_tables
from opengenome.io.columns import numbers
from opengenome.io.csv_text import write_csv
from opengenome.io.dataset import counts_of, read_parts
from opengenome.io.hashing import HashedFile
from opengenome.io.store import sha256_of
from opengenome.io.stream import Stream
from opengenome.orchestration.join import DamagedBatchError, Join
from opengenome.orchestration.ordinating import Ordinated
from opengenome.orchestration.sums import Sums

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Checked:
    """groups, ordination: as `Joined`, made again from sound batches. faults: what differs in the written tables."""

    groups: GroupCounts | None = None
    ordination: dict[str, Any] | None = None
    faults: Sequence[Fault] = ()


def check(join: Join | None, totals: Sequence[int]) -> Checked:
    """Join again and compare. join: None if the run has no such table. totals: the 64 counts of the table of all."""
    if join is None:
        return Checked()
    sums, faults = _by_sequence(join)
    groups, ordinated = sums.groups, sums.sampled.ordinated(join.given) if sums.sampled else None
    if groups and join.annotated.group_by and len(join.manifests) == len(join.plan.batches):
        faults.extend(_by_group(join, groups, totals))
    for name in (flow.ORDINATION, flow.ORDINATION_CODONS):
        path = join.run.report / name
        if ordinated and _digest(ordinated, name) != (sha256_of(path) if path.exists() else ""):
            faults.append(Fault(Law.SEQUENCES, f"{name} does not say what the sequences say"))
    return Checked(groups, ordinated.summary if ordinated else None, faults)


def _by_sequence(join: Join) -> tuple[Sums, list[Fault]]:
    sums, faults = Sums.of(join), list[Fault]()
    for batch, rows in join.batches():
        check = _Part(join, batch) if join.per_sequence else None
        try:
            for some in rows:
                sums.add(some)
                if check:
                    check.compare(some)
            if check:
                check.end()
        except DamagedBatchError as error:
            faults.append(Fault(Law.SEQUENCES, f"{batch.name}: {error}"))
        if check and check.fault:
            faults.append(Fault(Law.SEQUENCES, f"{batch.name}: {flow.per_sequence_part(batch.number)}: {check.fault}"))
    return sums, faults


class _Part:
    """A part of the dataset, compared row by row with what it was made of. fault: the first difference, or ""."""

    def __init__(self, join: Join, batch: Batch) -> None:
        self._written = Stream(read_parts([join.run.report / flow.per_sequence_part(batch.number)]))
        self._totals, self._expected = np.zeros(64, dtype=np.int64), join.manifests[batch.number].totals
        self._given = join.given
        self._row = 0
        self.fault = ""

    def compare(self, rows: pa.RecordBatch) -> None:
        if self.fault:
            return
        try:
            written = self._written.take(rows.num_rows)
            self.fault = _difference(written, dataset.with_measures(rows, self._given), self._row)
            self._totals += counts_of(written).sum(axis=0)
        except ContractError as error:
            self.fault = str(error)
        self._row += rows.num_rows

    def end(self) -> None:
        if not self.fault and not self._written.is_at_its_end():
            self.fault = f"it has more than {number_of(self._row, 'row')}"
        if not self.fault and (codons := differing(self._totals.tolist(), self._expected)):
            self.fault = f"its rows and the batch differ in {' '.join(codons)}"


def _digest(ordinated: Ordinated, name: str) -> str:
    """The SHA-256 of a table; "" if there is none."""
    if name not in ordinated.tables:
        return ""
    text = HashedFile()
    ordinated.write_into(name, cast("BinaryIO", text))
    return text.digest.hexdigest()


def _by_group(join: Join, groups: GroupCounts, totals: Sequence[int]) -> Iterator[Fault]:
    """What differs between the written tables by group and the counts of the groups, or the whole."""
    try:
        yield from (Fault(Law.SEQUENCES, text) for text in _group_differences(join, groups, totals))
    except ContractError as error:
        yield Fault(Law.SEQUENCES, str(error))
    usage, measures = HashedFile(), HashedFile()
    write_csv(cast("BinaryIO", usage), group_tables.group_schema(), group_tables.group_rows(groups, join.given))
    group_tables.write_measures_into(cast("BinaryIO", measures), groups, join.given)
    for name, expected in ((flow.BY_GROUP_CSV, usage), (flow.MEASURES_BY_GROUP, measures)):
        if expected.digest.hexdigest() != sha256_of(join.run.report / name):
            yield Fault(Law.SEQUENCES, f"{name} does not say what the sequences of each group say")


def _group_differences(join: Join, groups: GroupCounts, totals: Sequence[int]) -> Iterator[str]:
    written, summed = Stream(read_parts([join.run.report / flow.BY_GROUP_PARQUET])), np.zeros(64, dtype=np.int64)
    row, difference = 0, ""
    for expected in group_tables.group_rows(groups, join.given):
        found = written.take(expected.num_rows)
        difference = difference or _difference(found, expected, row)
        if not found.schema.equals(expected.schema):
            break
        summed += numbers(found["count"]).reshape(-1, 64).sum(axis=0)
        row += expected.num_rows
    if difference:
        yield f"{flow.BY_GROUP_PARQUET}: {difference}"
    if not written.is_at_its_end():
        yield f"{flow.BY_GROUP_PARQUET} has more than {number_of(row, 'row')}"
    if codons := differing(summed.tolist(), totals):
        yield f"the groups do not sum to the whole in {' '.join(codons)}"


def _difference(written: pa.RecordBatch, expected: pa.RecordBatch, first: int) -> str:
    """The first column of `expected` that is otherwise in `written`; "" if none is.

    first: the number of the first row, from 0.
    """
    for name in expected.schema.names:
        if name not in written.schema.names:
            return f"there is no column {name}"
        one, other = written[name], expected[name]
        if not one.equals(other):
            at = next((k for k in range(len(other)) if not one[k].equals(other[k])), 0)
            return f"row {first + at + 1}: {name} is {one[at]}, recomputed it is {other[at]}"
    return ""
