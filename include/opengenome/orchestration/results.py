"""aggregate, validate, report and publish: from committed batches to a proven table."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from opengenome import flow
from opengenome.core.accounts import Fault, Law, Verified
from opengenome.core.coding import CdsTally
from opengenome.core.model import AllCodons, Batch, BatchManifest, CountingParameters, Ledger
from opengenome.core.validation import COLLECTION, Absence, BatchEvidence, Evidence, Recomputed, absence, prove
from opengenome.errors import Again, ContractError, LawError, OpenGenomeError, number_of
from opengenome.io import batches, members, published, tables
from opengenome.io.pair_tables import write_pairs
from opengenome.io.schemas import Plan, RunInputs
from opengenome.io.store import sha256_of, storing
from opengenome.io.verification import verify
from opengenome.orchestration import checking, joining, publishing, reporting, telling
from opengenome.orchestration.annotated import Annotated
from opengenome.orchestration.coding import coding_sequences
from opengenome.orchestration.join import Join
from opengenome.orchestration.pairing import pair_faults, with_pairs
from opengenome.orchestration.referring import given_of, with_reference
from opengenome.orchestration.report import Report, codes_in_use, written_by
from opengenome.orchestration.runs import Run, code_number, counting_of, parameters_of
from opengenome.parameters import PARAMETERS

log = logging.getLogger(__name__)

# Validating again does not repair a committed file that was damaged after its task had verified it.
_AGAIN = (
    f"If files were damaged, retry the run (in Airflow: clear {flow.COUNT_CODONS} and its downstream tasks): batches"
    " that do not verify are counted again."
)
_REPORTS = "reports.json"

TaskReport = Mapping[str, Any]  # what a count_codons task returned: batch, path, sha256, sequences, codons, reused …


def aggregate(run_id: str, reports: Iterable[TaskReport]) -> dict[str, Any]:
    """Add up the batches and write the tables, summary and provenance into the run's report folder.

    reports: what the count_codons tasks returned. Returns sequences, bases, codons, and the SHA-256 of the plan and of
    each file of the report. `validate` finds whatever does not fit the plan and names every broken law. Raises
    ContractError if plan.json or inputs.json.gz is not what an earlier task wrote.
    """
    run = Run.of(run_id)
    _forget_proof(run)
    _forget_others(run)
    reported = [dict(report) for report in reports]
    log.info(f"Aggregating results from {number_of(len(reported), 'batch', 'batches')}")
    tables.write_document(run.folder / _REPORTS, {"reports": reported})
    plan_sha256 = reported[0]["plan"] if reported else None
    plan = run.plan(plan_sha256)
    inputs = run.inputs(plan.inputs_sha256)
    manifests: dict[int, BatchManifest] = {}
    for batch in plan.batches:
        try:
            manifest, _ = batches.load_manifest(run.store.batch(batch.key) / batches.MANIFEST)
            manifests[batch.number] = manifest.without_chunks()
        except ContractError as error:
            log.info(f"Left out: {error}")
    files: dict[str, str] = {}
    cds = coding_sequences(inputs, run.store)
    tally = cds.tally() if cds else None
    if cds:
        files[flow.DROPPED] = cds.write_dropped(run.report / flow.DROPPED)
    join = _join(run, inputs, plan, manifests, tally)
    joined = joining.write_all(join) if join else joining.Joined({})
    given = join.given if join else given_of(inputs)
    files |= joined.files
    reused = {one["batch"]: one["reused"] for one in reported}
    report = Report(run, inputs, plan, manifests, reused, tally, joined.groups, given, joined.ordination)
    files |= tables.write_codon_table(run.report, report.columns())
    if given.pairs:
        files |= write_pairs(run.report, given.pairs, report.code)
    files[tables.SUMMARY] = tables.write_document(run.report / tables.SUMMARY, report.summary())
    provenance = report.provenance() | written_by()
    files[tables.PROVENANCE] = tables.write_document(run.report / tables.PROVENANCE, provenance)
    ledger = report.ledger
    log.info(telling.found(report.totals, ledger.sequences, ledger.bases))
    numbers = {"sequences": ledger.sequences, "bases": ledger.bases, "codons": ledger.counted}
    return {**numbers, "files": files, "plan": plan_sha256}


def validate(run_id: str, aggregated: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Prove every law from the files on disk; write validation.json, the proof of the other files.

    aggregated: what `aggregate` returned; if given, the files must be those that it wrote. Returns proven, laws (how
    many), and sha256 of validation.json. Raises LawError that names each broken law, and ContractError for a file that
    cannot be read.
    """
    run = Run.of(run_id)
    _forget_proof(run)
    try:
        written = (aggregated or {}).get("files")
        files = _digests(run, {*tables.REPORT, *members.ours(run.report), *(written or ())})
        written = files if written is None else written
        changed = tuple(name for name in sorted({*files, *written}) if files.get(name) != written.get(name))
        evidence, further = _evidence(run, changed, (aggregated or {}).get("plan"))
        verdicts = prove(evidence)
    except OpenGenomeError as error:
        error.advice = error.advice or _AGAIN
        raise
    laws: list[dict[str, Any]] = [
        {"law": verdict.law, "holds": not verdict.broken, "detail": "; ".join(verdict.broken) or "holds"}
        for verdict in verdicts
    ]
    proven = all(law["holds"] for law in laws)
    if proven:
        members.check_listed(files, run.report)
    absent = absence(evidence)
    warnings = [*further, *([f"{absent}."] if absent and not absent.fails else [])]
    sha256 = tables.write_document(
        run.report / tables.VALIDATION,
        {"proven": proven, "laws": laws, "warnings": warnings, "files": files if proven else {}},
    )
    for law in laws:
        log.info(f"holds   {law['law']}" if law["holds"] else f"BROKEN  {law['law']}: {law['detail']}")
    for warning in warnings:
        log.warning(warning)
    if absent and [verdict.broken for verdict in verdicts if verdict.broken] == [(str(absent),)]:
        raise _absent(absent, evidence.require_all_codons, run_id)
    if not proven:
        broken = " | ".join(f"law {law['law'].split(':')[0]}: {law['detail']}" for law in laws if not law["holds"])
        raise LawError(f"Validation failed: {broken}", advice=_AGAIN)
    return {"proven": True, "laws": len(laws), "sha256": sha256}


def report(run_id: str, validation_sha256: str | None = None) -> dict[str, str]:
    """Make the views of the proven files. Returns the SHA-256 of validation.json and of report.json, the list of views.

    validation_sha256: what `validate` returned; if given, the proof must be that one. Raises ContractError or LawError
    if a file is not the one that was proven. A view that cannot be made is named in report.json, with the reason.
    """
    run = Run.of(run_id)
    published.remove_views(run.report)  # those of an attempt that was killed
    proof = published.expected(run.report, validation_sha256)
    published.check_files(run.report, proof)  # Airflow shows the views before `publish` checks the files
    return {"validation": proof.sha256, "views": reporting.report(run)}


def publish(run_id: str, validation_sha256: str | None = None, views_sha256: str | None = None) -> dict[str, str]:
    """Publish the proven files and their views in results/<run>/ and move the pointer to the newest run.

    validation_sha256, views_sha256: what `validate` and `report` returned; if given, the files must be those. Returns
    the folder. Raises ContractError or LawError if a file is not the one that was proven; then nothing has changed.
    """
    run = Run.of(run_id)
    final = publishing.publish(run, validation_sha256, views_sha256)
    log.info(f"Published {final}")
    log.info(telling.COMPLETED)
    return {"results": str(final)}


def _absent(absent: Absence, wanted: AllCodons, run_id: str) -> LawError:
    """The error for a run that lacks codons but breaks no other law. A retry would count the same."""
    parameter = PARAMETERS["require_all_codons"]
    switch = parameter.called(run_id)
    if flow.of_command(run_id):
        without, _ = parameter.flags[AllCodons.NEVER]
        asked, instead = f"{switch} requires all codons", f"Without it, or with {without}, this is a warning."
        allow = f"If codons may be missing, run `analyze` again with {without}: nothing is counted again."
    else:
        asked, instead = f"{switch} is '{wanted}'", f"In a run with '{AllCodons.NEVER}', this is a warning."
        allow = (
            f"If codons may be missing, start another run with {switch} set to '{AllCodons.NEVER}':"
            " nothing is counted again."
        )
    if wanted == AllCodons.ALWAYS:
        return LawError(f"{absent}; {asked}", advice=instead, again=Again.NO)
    small = f"among {COLLECTION:,} codons or more, none should be missing"
    return LawError(f"{absent}; {small}", advice=allow, again=Again.NO)


def _forget_proof(run: Run) -> None:
    """Remove the proof of an earlier attempt and the views made after it, because the files are about to change."""
    with storing(run.report):
        (run.report / tables.VALIDATION).unlink(missing_ok=True)
    published.remove_views(run.report)


def _forget_others(run: Run) -> None:
    """Remove the files of some runs that an earlier attempt wrote.

    None is left that this attempt does not write, and none is written in place: results may hold links to them.
    """
    with storing(run.report):
        for name in members.ours(run.report) - {*tables.PUBLISHED}:
            (run.report / name).unlink()


def _digests(run: Run, names: set[str]) -> dict[str, str]:
    digests = {}
    for name in filter(members.is_proven, sorted(names)):
        try:
            digests[name] = sha256_of(run.report / name)
        except OSError as error:
            raise ContractError(f"{name} cannot be read: {error.strerror}", file=run.report / name) from error
    return digests


def _join(
    run: Run, inputs: RunInputs, plan: Plan, manifests: Mapping[int, BatchManifest], tally: CdsTally | None
) -> Join | None:
    """The join of counts and annotation; None if nothing would follow from it."""
    wanted = parameters_of(inputs)
    if not counting_of(wanted).per_sequence:
        return None
    apart = bool(wanted.group_by) or len(codes_in_use(inputs, code_number(inputs), tally)) > 1
    annotated = Annotated(inputs, wanted.group_by, code_number(inputs))
    join = Join(run, plan, manifests, annotated, apart, wanted.per_sequence, wanted.ordination, given_of(inputs))
    join = with_reference(join)
    return with_pairs(join) if wanted.codon_pairs else join


def _evidence(run: Run, changed: tuple[str, ...], plan_sha256: str | None) -> tuple[Evidence, list[str]]:
    """The evidence, and warnings."""
    plan = run.plan(plan_sha256)
    inputs = run.inputs(plan.inputs_sha256)
    reported = defaultdict(list)
    reports = tables.read_document(run.folder / _REPORTS)["reports"]
    for one in reports:
        reported[one["batch"]].append(one)
    wanted = parameters_of(inputs)
    counting = counting_of(wanted)
    judged = [_batch_evidence(run, batch, tuple(reported.pop(batch.number, ())), counting) for batch in plan.batches]
    manifests = {batch.planned.number: batch.verified.manifest for batch in judged if batch.verified.manifest}
    cds = coding_sequences(inputs, run.store)
    units = tuple(cds.evidence()) if cds else None
    tally = CdsTally.sum(unit.tally for unit in units) if units is not None else None
    table = tables.read_codon_table(run.report)
    sound = {batch.planned.number: manifests[batch.planned.number] for batch in judged if not batch.verified.faults}
    join = _join(run, inputs, plan, sound, tally)
    checked = checking.check(join, table["count"])
    given = join.given if join else given_of(inputs)
    reused = {one["batch"]: one["reused"] for one in reports}
    report = Report(run, inputs, plan, manifests, reused, tally, checked.groups, given, checked.ordination)
    summary = tables.read_document(run.report / tables.SUMMARY)
    provenance = tables.read_document(run.report / tables.PROVENANCE)
    expected = report.provenance()
    evidence = Evidence(
        batches=judged,
        table=table,
        ledger=_ledger(summary),
        code=report.code,
        require_all_codons=wanted.require_all_codons,
        unplanned=tuple(reported),
        report=(
            Recomputed("the codon table", _by_codon(table), _by_codon(report.columns())),
            Recomputed(tables.SUMMARY, summary, report.summary()),
            # Times and versions in provenance.json cannot be derived again.
            Recomputed(tables.PROVENANCE, {name: provenance.get(name) for name in expected}, expected),
        ),
        changed=changed,
        faults=(*checked.faults, *(pair_faults(run, given.pairs, report.code) if given.pairs else ())),
        cds=units,
    )
    return evidence, report.warnings()


def _by_codon(columns: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The table's rows, so that a difference is named by its codon."""
    rows = zip(*columns.values(), strict=True)
    return {row[0]: dict(zip(columns, row, strict=True)) for row in rows}


def _ledger(summary: Mapping[str, Any]) -> Ledger:
    try:
        ledger = Ledger(**summary["ledger"])
    except (KeyError, TypeError) as error:
        raise ContractError(f"The ledger in {tables.SUMMARY} cannot be read: {error!r}") from error
    if any(type(value) is not int for value in ledger.values()):
        raise ContractError(f"The ledger in {tables.SUMMARY} holds a value that is not a whole number")
    return ledger


def _batch_evidence(
    run: Run, planned: Batch, reported: tuple[dict[str, Any], ...], counting: CountingParameters
) -> BatchEvidence:
    folder = run.store.batch(planned.key)
    verified = verify(planned, counting, folder)
    if verified.manifest is None:
        return BatchEvidence(planned, reported, verified)
    ledger = verified.manifest.ledger
    facts = {"path": str(folder), "sequences": ledger.sequences, "codons": ledger.counted}
    wrong_reports = [
        Fault(Law.PLAN, f"its task reported {name} {report.get(name)}; its output has {fact}")
        for report in reported
        for name, fact in facts.items()
        if report.get(name) != fact
    ]
    manifest = verified.manifest.without_chunks()
    return BatchEvidence(planned, reported, Verified(manifest, verified.sha256, (*verified.faults, *wrong_reports)))
