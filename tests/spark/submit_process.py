"""Real submits by the real operator, but without Airflow: `submit_process.py FOLDER ROWS`.

ROWS: JSON, a list of {"environment": {name: value or null}, "files": limit of open files, "application": another path
of count_batch.py}; each key may be missing. The last line of the output is JSON, one answer for each row.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import uuid
from pathlib import Path
from typing import Any

from opengenome import ENGINE_VERSION
from opengenome.core.model import CountingParameters
from opengenome.core.planning import Limits, plan_batches
from opengenome.io import ingest, schemas, sources
from opengenome.io.records import read_spans
from opengenome.io.schemas import BatchSpec, Material
from opengenome.io.store import Store

RECORDS = 50


def planned(folder: Path) -> dict[str, Any]:
    """A batch as `plan` returns it."""
    fasta = folder / "in.fasta"
    fasta.write_text("".join(f">r{number}\n{'ACGTTGCAAC' * 30}\n" for number in range(RECORDS)))
    store = Store(folder / "store")
    manifest, _ = ingest.ingest(Material((sources.fingerprint(fasta),)), store, lambda _: None)
    runs = read_spans(manifest, store.ingest(manifest.key))
    (batch,) = plan_batches(runs, Limits(10**6, 10**12), CountingParameters(), ENGINE_VERSION)
    spec = folder / "spec.json"
    sha256 = schemas.write(spec, BatchSpec(batch, CountingParameters(), ENGINE_VERSION))
    output = store.batch(batch.key)
    told = {"batch": 0, "bases": batch.bases, "label": "{{ 6*7 }}"}
    return told | {"spec": str(spec), "spec_sha256": sha256, "output": str(output)}


class Task:
    """The part of a task instance that the operator uses."""

    try_number = 1

    def __init__(self) -> None:
        self.id = uuid.uuid4()


class StateStore:
    """Airflow's store for the progress of a task."""

    def set(self, key: str, value: int) -> None:
        """Nobody reads it here."""


def submit(
    batch: dict[str, Any],
    environment: dict[str, str | None] | None = None,
    files: int | None = None,
    application: str | None = None,
) -> dict[str, Any]:
    from opengenome.errors import OpenGenomeError  # noqa: PLC0415
    from opengenome.orchestration import submits  # noqa: PLC0415
    from opengenome.orchestration.adapters.operators import CountBatchOperator  # noqa: PLC0415

    for name, value in (environment or {}).items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    if files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if application:
        submits.APPLICATION_URI = Path(application).as_uri()
    operator: Any = CountBatchOperator(task_id="count_codons", batch=batch)
    operator.render_template_fields({})
    answer: dict[str, Any] = {"name": operator.name, "error": None, "kind": None}
    try:
        operator._submit({"ti": Task(), "run_id": "run", "task_state_store": StateStore()}, batch["output"])
    except OpenGenomeError as error:
        answer |= {"error": str(error), "kind": type(error).__name__, "trace": error.trace}
    return answer


def main(folder: Path, rows: list[dict[str, Any]]) -> None:
    batch = planned(folder)
    print(json.dumps([submit(batch, **row) for row in rows]))


if __name__ == "__main__":
    main(Path(os.fsdecode(os.fsencode(sys.argv[1]))), json.loads(sys.argv[2]))
