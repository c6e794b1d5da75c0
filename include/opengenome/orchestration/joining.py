"""Write what follows from the counts and the annotation of each sequence: the dataset, and the tables by group."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from opengenome import flow
from opengenome.core.grouping import GroupCounts
from opengenome.io import batches, dataset, group_tables
from opengenome.io.store import sha256_of
from opengenome.io.stream import mapped
from opengenome.orchestration import kept
from opengenome.orchestration.join import DamagedBatchError, Join, add_to

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)


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
                measured = mapped(partial(dataset.with_measures, given=join.given), _added(rows, groups))
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
        group_tables.write_group_csv(report / flow.BY_GROUP_CSV, groups, join.given)
        group_tables.write_group_parquet(report / flow.BY_GROUP_PARQUET, groups, join.given)
        group_tables.write_measures(report / flow.MEASURES_BY_GROUP, groups, join.given)
        written = (flow.BY_GROUP_CSV, flow.BY_GROUP_PARQUET, flow.MEASURES_BY_GROUP)
        files |= {name: sha256_of(report / name) for name in written}
    return files, groups


def _added(rows: Iterator[pa.RecordBatch], groups: GroupCounts | None) -> Iterator[pa.RecordBatch]:
    """The same rows, which are added to the groups on their way."""
    for some in rows:
        add_to(groups, some)
        yield some
