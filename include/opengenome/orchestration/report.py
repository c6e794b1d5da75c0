"""The report of a run, derived from the plan and the committed batches.

`aggregate` writes it. `validate` derives it again and compares.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np

from opengenome import ENGINE_VERSION, __version__
from opengenome.core.alphabet import CODONS
from opengenome.core.code_table import numbered
from opengenome.core.coding import WITH_OTHERS, CdsTally
from opengenome.core.genetic_code import GeneticCode
from opengenome.core.grouping import GroupCounts
from opengenome.core.measures.given import Given
from opengenome.core.model import Batch, BatchManifest, Ledger
from opengenome.core.usage import codon_table, figure, summarize
from opengenome.errors import number_of
from opengenome.io.pair_bias import CPB
from opengenome.io.schemas import Plan, RunInputs
from opengenome.orchestration.annotated import Annotated
from opengenome.orchestration.doubts import doubts, mixed_codes, unlike
from opengenome.orchestration.referring import some_of
from opengenome.orchestration.runs import Run, code_number, parameters_of
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
    """A run's report. manifests: the readable ones, by batch number. reused: by batch number, as the tasks reported.

    cds: what became of the coding sequences, in mode `cds`. groups: counts by group and code, if they were joined.
    given: what measures need. ordination: what the summary says of it, if there is one.
    """

    run: Run
    inputs: RunInputs
    plan: Plan
    manifests: Mapping[int, BatchManifest]
    reused: Mapping[int, bool]
    cds: CdsTally | None = None
    groups: GroupCounts | None = None
    given: Given = field(default_factory=Given)
    ordination: Mapping[str, Any] | None = None

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
        """Of the batches, and the bases of CDS before their first counted codon, which no batch has."""
        skipped = self.cds.offset if self.cds else 0
        batches = (manifest.ledger for manifest in self.manifests.values())
        return sum(batches, Ledger(bases=skipped, offset=skipped))

    @cached_property
    def code(self) -> GeneticCode:
        """That of the codon table: the one code that is in use, or the run's where there are several."""
        own = code_number(self.inputs)
        return numbered(next(iter(self.codes)) if len(self.codes) == 1 else own, self.inputs.code_table)

    @cached_property
    def codes(self) -> dict[int, int]:
        return codes_in_use(self.inputs, code_number(self.inputs), self.cds)

    def columns(self) -> dict[str, list[Any]]:
        return codon_table(self.totals, self.code).columns()

    def summary(self) -> dict[str, Any]:
        own = self.inputs.code_table
        by_code = [(counts, numbered(code, own)) for code, counts in self.groups.by_code()] if self.groups else []
        apart = by_code if len(by_code) > 1 else []
        absent = [codon for codon, count in zip(CODONS, self.totals, strict=True) if not count]
        summed = summarize(self.totals, self.ledger, self.code, apart, self.cds.counted if self.cds else 0)
        if others := unlike(self.codes, self.code, own):
            summed["genetic_code"][WITH_OTHERS] = others
        return {
            "mode": self.inputs.mode.value,
            **summed,
            **({"cds": self.cds.summary()} if self.cds else {}),
            "measures": self._measures(),
            **({"reference": self._reference()} if self.inputs.reference else {}),
            **({"groups": self._groups(self.groups)} if self.groups and self.wanted.group_by else {}),
            **({"ordination": self.ordination} if self.ordination else {}),
            "frame": self.wanted.frame,
            "duplicate_ids": self.plan.duplicate_ids,
            "absent_codons": absent,
        }

    def _measures(self) -> dict[str, float | None]:
        """Every measure of the whole table that `summarize` does not have, under the table's code."""
        told = {"gc", "gc1", "gc2", "gc3", "gc3s", "enc_wright", "enc_sun"}
        measures = self.given.measures(np.array(self.totals, dtype=np.int64), self.code.id)
        bias = {CPB: figure(self.given.pairs.bias(self.code))} if self.given.pairs else {}
        return {name: figure(value) for name, value in measures.items() if name not in told} | bias

    def _reference(self) -> dict[str, Any]:
        reference, counts = self.inputs.reference, self.given.reference
        return {"name": reference.name if reference else "", "codons": 0 if counts is None else int(counts.sum())}

    def _groups(self, groups: GroupCounts) -> dict[str, Any]:
        names = {name for name, _ in groups.pairs}
        return {"by": self.wanted.group_by, "groups": len(names), "sequences_without_a_value": groups.unnamed}

    def warnings(self) -> list[str]:
        """What a reader of the results should know, in sentences."""
        return [*self.inputs.warnings, *self._of_codes(), *self._of_groups(), *self._of_reference()]

    def _of_codes(self) -> Iterator[str]:
        several = mixed_codes(self.codes, self.code, self.inputs.code_table, of_cds=bool(self.cds))
        if several:
            yield several
        if self.cds and (self.groups or not several):  # else nobody knows the stops of each code
            yield from doubts(self.cds, self.summary()["coding_signal"])

    def _of_groups(self) -> Iterator[str]:
        if self.groups and self.wanted.group_by and self.groups.unnamed:
            thing = "coding sequence" if self.cds else "sequence"
            unnamed = f"{self.groups.unnamed:,} of {number_of(self.ledger.sequences, thing)}"
            have = "has" if self.groups.unnamed == 1 else "have"
            none_has = self.groups.unnamed == self.ledger.sequences
            advice = " Group by `file`, or by a column of a samplesheet." if none_has else ""
            yield f"{unnamed} {have} no {self.wanted.group_by}: their group has an empty name.{advice}"

    def _of_reference(self) -> Iterator[str]:
        if absent := self.given.absent:
            number, of = len(absent), len(self.inputs.reference.genes) if self.inputs.reference else 0
            yield f"No sequence has {number:,} of the {number_of(of, 'gene')} of the reference: {some_of(absent)}."

    def provenance(self) -> dict[str, Any]:
        """provenance.json without what `written_by` adds, which cannot be derived again. JSON types only."""
        inputs = self.inputs
        document = {
            "run": inputs.run,
            "source": self.wanted.source,
            "started": inputs.started,
            "run_after": inputs.run_after,
            "parameters": inputs.parameters,
            "mode_reason": inputs.mode_reason,
            "inputs": self._inputs(),
            "entries": self._entries(),
            "passed_over": [asdict(passed) for passed in inputs.passed_over],
            "batches": [self._batch(batch) for batch in self.plan.batches],
        }
        if inputs.code_table:
            document["code_table"] = inputs.code_table
        if inputs.trna:
            document["trna"] = dict(zip(CODONS, inputs.trna, strict=True))
        as_json: dict[str, Any] = json.loads(json.dumps(document))  # tuples become lists
        return as_json

    def _inputs(self) -> list[dict[str, Any]]:
        """The input files, each with the digest of what was read. A plan of an earlier version has none."""
        if not self.plan.digests:
            return [asdict(file) for file in self.inputs.files]
        digested = zip(self.inputs.files, self.plan.digests, strict=True)
        return [asdict(file) | {"digest": digest} for file, digest in digested]

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


def codes_in_use(inputs: RunInputs, default: int, cds: CdsTally | None) -> dict[int, int]:
    """The genetic codes of the run's sequences, ascending: how many CDS have each, or how many files.

    default: where nothing else names one.
    """
    of_files = Annotated(inputs, "", default).code_of_file
    codes = cds.codes if cds else Counter(map(of_files, range(len(inputs.files))))
    return dict(sorted(codes.items()))


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
