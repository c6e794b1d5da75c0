"""The report of a run, derived from the plan and the committed batches.

`aggregate` writes it. `validate` derives it again and compares.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any

from opengenome import ENGINE_VERSION, __version__
from opengenome.core.alphabet import CODONS
from opengenome.core.model import Batch, BatchManifest, Ledger
from opengenome.core.usage import codon_table, summarize
from opengenome.io.schemas import Plan, RunInputs
from opengenome.orchestration.runs import Run, parameters_of, run_code
from opengenome.parameters import RunParameters

_PACKAGES = (
    "apache-airflow",
    "apache-airflow-providers-apache-spark",
    "pyspark",
    "pyarrow",
    "pandas",
    "numpy",
    "numba",
)


@dataclass(frozen=True)
class Report:
    """A run's report. manifests: the readable ones, by batch number. reused: by batch number, as the tasks reported."""

    run: Run
    inputs: RunInputs
    plan: Plan
    manifests: Mapping[int, BatchManifest]
    reused: Mapping[int, bool]

    @cached_property
    def wanted(self) -> RunParameters:
        return parameters_of(self.inputs)

    @cached_property
    def totals(self) -> list[int]:
        totals = [0] * 64
        for manifest in self.manifests.values():
            totals = [a + b for a, b in zip(totals, manifest.totals, strict=True)]
        return totals

    @cached_property
    def ledger(self) -> Ledger:
        return sum((manifest.ledger for manifest in self.manifests.values()), Ledger())

    def columns(self) -> dict[str, list[Any]]:
        return codon_table(self.totals, run_code(self.inputs)).columns()

    def summary(self) -> dict[str, Any]:
        numbers = summarize(self.totals, self.ledger, run_code(self.inputs))
        absent = [codon for codon, count in zip(CODONS, self.totals, strict=True) if not count]
        return numbers | {
            "frame": self.wanted.frame,
            "duplicate_ids": self.plan.duplicate_ids,
            "absent_codons": absent,
        }

    def provenance(self) -> dict[str, Any]:
        """provenance.json without what `written_by` adds, which cannot be derived again. JSON types only."""
        inputs = self.inputs
        document = {
            "run": inputs.run,
            "source": self.wanted.source,
            "started": inputs.started,
            "run_after": inputs.run_after,
            "parameters": inputs.parameters,
            "inputs": [asdict(file) for file in inputs.files],
            "entries": self._entries(),
            "passed_over": [asdict(passed) for passed in inputs.passed_over],
            "batches": [self._batch(batch) for batch in self.plan.batches],
        }
        if inputs.code_table:
            document["code_table"] = inputs.code_table
        as_json: dict[str, Any] = json.loads(json.dumps(document))  # tuples become lists
        return as_json

    def _entries(self) -> list[dict[str, Any]]:
        """Which inputs were ingested together, and how they were checked."""
        proofs = self.plan.proofs or ("",) * len(self.inputs.entries)
        return [asdict(entry) | {"proof": proof} for entry, proof in zip(self.inputs.entries, proofs, strict=True)]

    def _batch(self, batch: Batch) -> dict[str, Any]:
        folder = self.run.store.batch(batch.key)
        entry: dict[str, Any] = {"batch": batch.number, "key": batch.key, "path": str(folder)}
        if manifest := self.manifests.get(batch.number):
            entry |= {
                "reused": self.reused.get(batch.number),
                "sequences": manifest.ledger.sequences,
                "bases": manifest.ledger.bases,
                "per_sequence": [str(folder / part.name) for part in manifest.parts],
                "versions": manifest.versions,
                "timings": manifest.timings,
                "peak_memory": manifest.peak_memory,
            }
        return entry


def written_by() -> dict[str, Any]:
    """The rest of provenance.json: when and with which versions the batches were aggregated."""
    return {
        "aggregated": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "opengenome": __version__,
            "engine": ENGINE_VERSION,
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        },
    }
