"""Join each sequence's counts with its annotation, batch by batch, and write what follows from both.

The i-th row of a batch's table and the i-th row of the annotation are the same sequence: both are in input order.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from inspect import GEN_CREATED, getgeneratorstate
from typing import TYPE_CHECKING

import numpy as np

from opengenome import flow
from opengenome.core.grouping import GroupCounts
from opengenome.core.model import Batch, BatchManifest
from opengenome.errors import ContractError
from opengenome.io import batches, dataset, group_tables
from opengenome.io.columns import numbers
from opengenome.io.hashing import HashedFile
from opengenome.io.schemas import Plan
from opengenome.io.store import remove_folder, sha256_of, storing
from opengenome.io.stream import ROWS_AT_ONCE, Stream, mapped
from opengenome.orchestration import kept
from opengenome.orchestration.annotated import GENETIC_CODE, GROUP, Annotated
from opengenome.orchestration.runs import Run

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)

OPTIONAL = (flow.DROPPED, flow.BY_GROUP_CSV, flow.BY_GROUP_PARQUET)


class DamagedBatchError(ContractError):
    """A batch's own table cannot be read or has other rows than planned; `validate` names what is wrong with it."""


@dataclass(frozen=True)
class Join:
    """The sequences of a run.

    manifests: of the batches that can be read, by number. apart: whether counts are added up by group and code.
    per_sequence: whether there is a per-sequence dataset. reference: for the measures that need one.
    """

    run: Run
    plan: Plan
    manifests: Mapping[int, BatchManifest]
    annotated: Annotated
    apart: bool
    per_sequence: bool
    reference: dataset.Reference = field(default_factory=dict)

    def no_counts(self) -> GroupCounts | None:
        """Where the counts by group and code are added up, if they are."""
        return GroupCounts() if self.apart else None

    def batches(self) -> Iterator[tuple[Batch, Iterator[pa.RecordBatch]]]:
        """Each readable batch with its rows, which are read before the next one is asked for, or not at all."""
        annotation = Stream(self.annotated.rows(self.run.store))
        for batch in self.plan.batches:
            if batch.number in self.manifests:
                rows = self._rows(batch, annotation)
                yield batch, rows
                if getgeneratorstate(rows) == GEN_CREATED:
                    annotation.skip(batch.sequences)
            else:
                annotation.skip(batch.sequences)
        if not annotation.is_at_its_end():
            raise ContractError("The annotation in the store has more sequences than the plan")

    def keys(self) -> dict[int, str]:
        """A digest of all that decides a part of the dataset, by batch. Reads the annotation once, as a stream."""
        import pyarrow as pa

        annotation, schema = Stream(self.annotated.rows(self.run.store)), self.annotated.schema()
        reference = {name: np.asarray(values).tolist() for name, values in self.reference.items()}
        found = {}
        for batch in self.plan.batches:
            hashed, manifest = HashedFile(), self.manifests.get(batch.number)
            parts = [part.sha256 for part in manifest.parts] if manifest else []
            versions = kept.code(), pa.__version__, np.__version__
            hashed.write(json.dumps([batch.key, parts, versions, reference]).encode())
            with pa.ipc.new_stream(hashed, schema) as writer:
                for begin in range(0, batch.sequences, ROWS_AT_ONCE):
                    writer.write_batch(annotation.take(min(ROWS_AT_ONCE, batch.sequences - begin)))
            found[batch.number] = hashed.digest.hexdigest()
        return found

    def _rows(self, batch: Batch, annotation: Stream) -> Generator[pa.RecordBatch]:
        folder = self.run.store.batch(batch.key)
        counted = Stream(dataset.read_parts(folder / part.name for part in self.manifests[batch.number].parts))
        left = batch.sequences
        while left:
            rows = min(ROWS_AT_ONCE, left)
            left -= rows
            beside = annotation.take(rows)
            try:
                counts = counted.take(rows)
                dataset.check_counts(counts)
                surplus = not left and not counted.is_at_its_end()
            except ContractError as error:
                annotation.skip(left)
                raise DamagedBatchError(str(error)) from error
            if surplus:
                raise DamagedBatchError("The table of a batch has too many rows")
            yield dataset.joined(counts, beside)


def add_to(groups: GroupCounts | None, rows: pa.RecordBatch) -> None:
    """Add `joined` rows to the counts of their groups, if wanted; without a column of groups, all are in one."""
    if groups is None:
        return
    codes, counts = numbers(rows[GENETIC_CODE]), dataset.counts_of(rows)
    if GROUP not in rows.schema.names:
        groups.add([""], codes * 0, codes, counts)
        return
    encoded = rows[GROUP].dictionary_encode()
    groups.add(encoded.dictionary.to_pylist(), numbers(encoded.indices), codes, counts)


def written_files(run: Run) -> list[str]:
    """The names of what there is besides the files that every report has."""
    folder = run.report / flow.PER_SEQUENCE
    with storing(run.report):
        parts = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        there = [name for name in OPTIONAL if (run.report / name).is_file()]
    return [*there, *(f"{flow.PER_SEQUENCE}/{name}" for name in parts)]


def forget(run: Run) -> None:
    """Remove what an earlier attempt wrote, because this one may write fewer files."""
    remove_folder(run.report / flow.PER_SEQUENCE)
    with storing(run.report):
        for name in OPTIONAL:
            (run.report / name).unlink(missing_ok=True)


def write_all(join: Join) -> tuple[dict[str, str], GroupCounts | None]:
    """Write the per-sequence dataset (if wanted) and the tables by group (if there are groups).

    Returns the SHA-256 of each file by name, and the counts by group and code. A damaged batch is left out.
    """
    groups, files, report = join.no_counts(), {}, join.run.report
    keys = join.keys() if join.per_sequence else {}
    linked = 0
    for batch, rows in join.batches():
        name, folder = flow.per_sequence_part(batch.number), join.run.store.batch(batch.key)
        try:
            if join.per_sequence and (sha256 := kept.link(folder, keys[batch.number], report / name)):
                files[name] = sha256
                linked += 1
                for some in rows if groups is not None else ():
                    add_to(groups, some)
            elif join.per_sequence:
                measured = mapped(partial(dataset.with_measures, reference=join.reference), _added(rows, groups))
                dataset.write_part(report / name, measured)
                files[name] = sha256_of(report / name)
                if not batches.damaged_part(join.manifests[batch.number], folder):
                    kept.keep(folder, keys[batch.number], report / name, files[name])
            else:
                for some in rows:
                    add_to(groups, some)
        except DamagedBatchError as error:
            log.info(f"Left out of the tables by sequence and group: {error}")
    if linked:
        log.info(f"{linked:,} of {len(keys):,} parts of the per-sequence table were computed by an earlier run")
    if groups and join.annotated.group_by:
        group_tables.write_group_csv(report / flow.BY_GROUP_CSV, groups)
        group_tables.write_group_parquet(report / flow.BY_GROUP_PARQUET, groups)
        files |= {name: sha256_of(report / name) for name in (flow.BY_GROUP_CSV, flow.BY_GROUP_PARQUET)}
    return files, groups


def _added(rows: Iterator[pa.RecordBatch], groups: GroupCounts | None) -> Iterator[pa.RecordBatch]:
    """The same rows, which are added to the groups on their way."""
    for some in rows:
        add_to(groups, some)
        yield some
