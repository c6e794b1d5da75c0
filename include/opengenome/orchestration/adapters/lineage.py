"""Tell Airflow which files a task read and wrote. Only a listener such as OpenLineage's makes something of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.sdk.lineage import NoOpCollector, get_hook_lineage_collector

from opengenome.io.paths import path_of

_MOST = 50  # files by name. Beyond that their folders are told: Airflow's collector takes a hundred of each kind


def tell_batch(batch: Mapping[str, Any], output: str) -> None:
    """batch: what `plan` returned for it. It read its files, or their shards in the store."""
    from opengenome.io.batches import read_spec

    if _wanted():
        spec = read_spec(Path(batch["spec"]), batch["spec_sha256"])
        _tell((chunk.path for chunk in spec.batch.chunks), output)


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
    if len(files) > _MOST:
        files = list(dict.fromkeys(file.parent for file in files))[:_MOST]
    for file in files:
        collector.add_input_asset(context, uri=_uri(file))
    collector.add_output_asset(context, uri=_uri(path_of(output)))


def _uri(path: Path) -> str:
    return f"file://{quote(bytes(path), safe='/ ')}"
