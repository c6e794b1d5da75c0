"""Write what follows from the counts and the annotation of each sequence: the dataset, and the tables by group."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from opengenome import flow
from opengenome.core.grouping import GroupCounts
from opengenome.io import batches, dataset, group_tables
from opengenome.io.store import sha256_of
from opengenome.io.stream import mapped
from opengenome.orchestration import kept
from opengenome.orchestration.join import DamagedBatchError, Join
from opengenome.orchestration.sums import Sums

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Joined:
    """What was written. files: SHA-256 by name. groups: counts by group and code, if they are kept apart.

    ordination: what the summary says of it, if there is one.
    """

    files: dict[str, str]
    groups: GroupCounts | None = None
    ordination: dict[str, Any] | None = None


def write_all(join: Join) -> Joined:
    """Write the per-sequence dataset, the tables by group and the ordination, as far as they are wanted.

    A damaged batch is left out, and then there is no ordination.
    """
    sums, files, report = Sums.of(join), {}, join.run.report
    keys = join.keys() if join.per_sequence else {}
    linked = 0
    for batch, rows in join.batches():
        name, folder = flow.per_sequence_part(batch.number), join.run.store.batch(batch.key)
        try:
            if join.per_sequence and (sha256 := kept.link(folder, keys[batch.number], report / name)):
                files[name] = sha256
                linked += 1
                for some in rows if sums.are_wanted else ():
                    sums.add(some)
            elif join.per_sequence:
                measured = mapped(partial(dataset.with_measures, given=join.given), _added(rows, sums))
                dataset.write_part(report / name, measured)
                files[name] = sha256_of(report / name)
                if not batches.damaged_part(join.manifests[batch.number], folder):
                    kept.keep(folder, keys[batch.number], report / name, files[name])
            else:
                for some in rows:
                    sums.add(some)
        except DamagedBatchError as error:
            log.info(f"Left out of the tables by sequence and group: {error}")
    if linked:
        log.info(f"{linked:,} of {len(keys):,} parts of the per-sequence table were computed by an earlier run")
    groups = sums.groups
    if groups and join.annotated.group_by:
        group_tables.write_group_csv(report / flow.BY_GROUP_CSV, groups, join.given)
        group_tables.write_group_parquet(report / flow.BY_GROUP_PARQUET, groups, join.given)
        group_tables.write_measures(report / flow.MEASURES_BY_GROUP, groups, join.given)
        written = (flow.BY_GROUP_CSV, flow.BY_GROUP_PARQUET, flow.MEASURES_BY_GROUP)
        files |= {name: sha256_of(report / name) for name in written}
    ordinated = sums.sampled.ordinated(join.given) if sums.sampled else None
    if ordinated:
        files |= ordinated.write(report)
    return Joined(files, groups, ordinated.summary if ordinated else None)


def _added(rows: Iterator[pa.RecordBatch], sums: Sums) -> Iterator[pa.RecordBatch]:
    """The same rows, which are added to the sums on their way."""
    for some in rows:
        sums.add(some)
        yield some
