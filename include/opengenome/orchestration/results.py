"""aggregate, validate and publish: from committed batches to a proven table."""

from __future__ import annotations

import platform
import shutil
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from opengenome import ENGINE_VERSION, __version__
from opengenome.core.genetic_code import genetic_code
from opengenome.core.model import Batch, BatchManifest, CountingParameters, Ledger
from opengenome.core.usage import codon_table, summarize
from opengenome.core.validation import BatchEvidence, Evidence, prove
from opengenome.errors import ContractError, LawError
from opengenome.io import batches, tables
from opengenome.io.store import storing, write_json
from opengenome.io.verification import verify
from opengenome.orchestration.runs import Run

# Proving again does not mend what happened to a committed file after its task had looked at it.
_AGAIN = "If files were damaged, clear count_codons with all that follows: what verifies is not counted again."

Report = Mapping[str, Any]  # what a count_codons task returned: batch, path, sha256, sequences, codons, reused


def aggregate(run_id: str, reports: Iterable[Report]) -> dict[str, Any]:
    """Add up the batches and write the tables, summary and provenance into the run's report folder.

    Returns sequences, bases, codons. What does not fit the plan is left to `validate`, which names every broken law.
    """
    run = Run.of(run_id)
    reported = [dict(report) for report in reports]
    write_json(run.folder / "reports.json", reported)
    plan, wanted = run.plan(), run.parameters()
    totals, ledger = [0] * 64, Ledger()
    manifests: dict[int, BatchManifest] = {}
    for batch in plan.batches:
        path = run.store.batch(batch.key) / batches.MANIFEST
        try:
            manifest, _ = batches.load_manifest(path)
        except ContractError as error:
            print(f"Left out: {error}")
            continue
        manifests[batch.number] = manifest
        totals = [a + b for a, b in zip(totals, manifest.totals, strict=True)]
        ledger += manifest.ledger
    code = genetic_code(wanted.genetic_code)
    tables.write_codon_table(run.report, codon_table(totals, code).columns())
    summary = summarize(totals, ledger, code) | {"frame": wanted.frame, "duplicate_ids": plan.duplicate_ids}
    write_json(run.report / tables.SUMMARY, summary)
    write_json(run.report / tables.PROVENANCE, _provenance(run, plan.batches, manifests, reported))
    return {"sequences": ledger.sequences, "bases": ledger.bases, "codons": ledger.counted}


def _provenance(
    run: Run, planned: Iterable[Batch], manifests: dict[int, BatchManifest], reports: list[dict[str, Any]]
) -> dict[str, Any]:
    inputs = run.inputs()
    reused = {report["batch"]: report["reused"] for report in reports}
    listed = []
    for batch in planned:
        folder = run.store.batch(batch.key)
        entry: dict[str, Any] = {"batch": batch.number, "key": batch.key, "path": str(folder)}
        if manifest := manifests.get(batch.number):
            entry |= {
                "reused": reused.get(batch.number),
                "sequences": manifest.ledger.sequences,
                "bases": manifest.ledger.bases,
                "per_sequence": [str(folder / part.name) for part in manifest.parts],
                "versions": manifest.versions,
                "timings": manifest.timings,
                "peak_memory": manifest.peak_memory,
            }
        listed.append(entry)
    packages = (
        "apache-airflow",
        "apache-airflow-providers-apache-spark",
        "pyspark",
        "pyarrow",
        "pandas",
        "numpy",
        "numba",
    )
    return {
        "run": inputs.run,
        "started": inputs.started,
        "aggregated": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": inputs.parameters,
        "inputs": [asdict(file) for file in inputs.files],
        "versions": {
            "opengenome": __version__,
            "engine": ENGINE_VERSION,
            "python": platform.python_version(),
            **{package: version(package) for package in packages},
        },
        "batches": listed,
    }


def validate(run_id: str) -> dict[str, Any]:
    """Prove every law from what lies on disk now; write validation.json. Raises LawError that names each broken law."""
    run = Run.of(run_id)
    verdicts = prove(_evidence(run))
    laws: list[dict[str, Any]] = [
        {"law": verdict.law, "holds": not verdict.broken, "detail": "; ".join(verdict.broken) or "holds"}
        for verdict in verdicts
    ]
    proven = all(law["holds"] for law in laws)
    write_json(run.report / tables.VALIDATION, {"proven": proven, "laws": laws})
    for law in laws:
        print(f"{'holds' if law['holds'] else 'BROKEN'}  {law['law']}" + ("" if law["holds"] else f": {law['detail']}"))
    if not proven:
        broken = " | ".join(f"law {law['law'].split(':')[0]}: {law['detail']}" for law in laws if not law["holds"])
        raise LawError(f"The result does not prove: {broken}", advice=_AGAIN)
    return {"proven": True, "laws": len(laws)}


def _evidence(run: Run) -> Evidence:
    plan, wanted = run.plan(), run.parameters()
    reported = defaultdict(list)
    for report in tables.read_json(run.folder / "reports.json"):
        reported[report["batch"]].append(report)
    summary = tables.read_json(run.report / tables.SUMMARY)
    found = [_batch_evidence(run, batch, tuple(reported.pop(batch.number, ()))) for batch in plan.batches]
    return Evidence(
        batches=found,
        table=tables.read_codon_table(run.report),
        ledger=Ledger(**summary["ledger"]),
        code=genetic_code(wanted.genetic_code),
        require_all_codons=wanted.require_all_codons,
        unplanned=tuple(reported),
    )


def _batch_evidence(run: Run, planned: Batch, reported: tuple[dict[str, Any], ...]) -> BatchEvidence:
    folder, wanted = run.store.batch(planned.key), run.parameters()
    found = verify(planned, CountingParameters(wanted.frame, wanted.per_sequence), folder)
    if found.manifest is None:
        return BatchEvidence(planned, reported, None, "", found.problems[0], None)
    ledger = found.manifest.ledger
    facts = {"path": str(folder), "sequences": ledger.sequences, "codons": ledger.counted}
    told = [(name, report.get(name)) for report in reported for name in facts]
    lies = [f"its task reported {name} {value}, found is {facts[name]}" for name, value in told if value != facts[name]]
    problem = "; ".join([*found.problems, *lies]) or None
    return BatchEvidence(planned, reported, found.manifest, found.sha256, problem, found.by_sequence, found.wrong_row)


def publish(run_id: str) -> dict[str, str]:
    """Copy the report to results/<run>/ as one step, then move `latest`. Returns the folder."""
    run = Run.of(run_id)
    final = run.settings.results / run.slug
    temporary = run.settings.results / f".{run.slug}.{uuid.uuid4().hex[:8]}.tmp"
    with storing(final.parent):
        final.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.mkdir()
            for name in tables.PUBLISHED:  # copytree would hide what the disk said
                shutil.copyfile(run.report / name, temporary / name)
            _exchange(temporary, final)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _point(run.settings.results / "latest", final.name)
    print(f"Published {final}")
    return {"results": str(final)}


def _exchange(new: Path, final: Path) -> None:
    """Put `new` where `final` is. A run that is published again, after a retry, replaces its own earlier results."""
    if final.exists():
        old = new.with_suffix(".old")
        final.rename(old)
        try:
            new.rename(final)
        except OSError:
            old.rename(final)
            raise
        shutil.rmtree(old)
    else:
        new.rename(final)


def _point(link: Path, target: str) -> None:
    temporary = link.with_name(f".{link.name}.{uuid.uuid4().hex[:8]}.tmp")
    temporary.symlink_to(target)
    temporary.replace(link)
