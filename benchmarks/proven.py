"""A proven run without Airflow and Spark: the functions behind the tasks, with batches counted in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opengenome.io import batches
from opengenome.io.ranges import Attempt, assemble, count_range, tasks_of
from opengenome.orchestration import committed, discovery, inputs, results
from opengenome.orchestration.discovery import Occasion
from opengenome.parameters import PARAMETERS

_BATCH_SIZE = 50_000
_ATTEMPT = "bench"


def proven(run: str, source: str, **asked: Any) -> None:
    """Run the tasks up to `validate`, with the store and the results of the settings. asked: run parameters."""
    asked |= {"source": source, "batch_size": _BATCH_SIZE}
    defaults = {name: parameter.default for name, parameter in PARAMETERS.items()}
    groups = discovery.discover(run, defaults | asked, asked, Occasion())
    planned = list(inputs.plan(run, [inputs.ingest_files(run, group) for group in groups]))
    counted = [_counted(one) for one in planned]
    results.validate(run, results.aggregate(run, counted))


def _counted(planned: dict[str, Any]) -> dict[str, Any]:
    """What the Spark submit of a batch does."""
    spec, output = batches.read_spec(Path(planned["spec"]), planned["spec_sha256"]), Path(planned["output"])
    counted = [count_range(task) for task in tasks_of(spec, output, _ATTEMPT)]
    batches.commit(output, assemble(spec, counted, Attempt(_ATTEMPT)))
    return committed.outcome(planned, reused=False)
