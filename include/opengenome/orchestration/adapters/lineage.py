"""Tell Airflow which files a task read and wrote. Only a listener such as OpenLineage's makes something of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.sdk.lineage import NoOpCollector, get_hook_lineage_collector

from opengenome.errors import ContractError
from opengenome.io.paths import path_of

log = logging.getLogger(__name__)

_MOST = 50  # files that are named. Airflow's collector takes a hundred of each kind


def tell_batch(run_id: str, batch: Mapping[str, Any], output: str) -> None:
    """A batch of a run read input files, or their shards in the store. batch: what `plan` returned for it."""
    from opengenome.orchestration.origins import origins
    from opengenome.orchestration.runs import Run

    if _wanted():
        try:
            inputs = origins(Run.of(run_id), batch)
        except ContractError as error:  # the batch has been counted all the same
            log.warning(f"The inputs of this batch are not told to the lineage: {error}")
            inputs = []
        _tell(inputs, output)


def tell_run(run_id: str, output: str) -> None:
    """A run read its input files and wrote its results."""
    from opengenome.orchestration.runs import Run

    if _wanted():
        _tell((file.path for file in Run.of(run_id).inputs().files), output)


def _wanted() -> bool:
    return not isinstance(get_hook_lineage_collector(), NoOpCollector)


def _tell(inputs: Iterable[str], output: str) -> None:
    """inputs, output: paths as they are written in JSON."""
    collector = get_hook_lineage_collector()
    context: Any = collector  # Airflow's hook, of which only the identity matters
    files = list(dict.fromkeys(map(path_of, inputs)))
    if left := len(files[_MOST:]):
        log.info(f"Lineage: the first {_MOST} of {len(files):,} input files are named, {left:,} are left out")
    for file in files[:_MOST]:
        collector.add_input_asset(context, uri=_uri(file))
    collector.add_output_asset(context, uri=_uri(path_of(output)))


def _uri(path: Path) -> str:
    return f"file://{quote(bytes(path), safe='/ ')}"
