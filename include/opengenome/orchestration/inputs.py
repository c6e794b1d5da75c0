"""ingest and plan: from input files to records to batches."""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opengenome import ENGINE_VERSION
from opengenome.core.bundling import name_in_folder
from opengenome.core.model import Batch, CountingParameters, Mode
from opengenome.core.planning import FileMeasure, Limits, plan_batches, settled_breaks, too_many_batches
from opengenome.errors import FOUND_ANEW, NEW_RUN, Again, ContractError, InputError, number_of
from opengenome.flow import DISCOVER, MAX_BATCHES
from opengenome.io import entries, ingest, schemas
from opengenome.io.batches import is_committed
from opengenome.io.coding.accounts import no_cds, total
from opengenome.io.emptiness import no_base
from opengenome.io.records import read_record_columns, read_spans
from opengenome.io.schemas import BatchSpec, Entry, IngestManifest, Plan, RunInputs
from opengenome.io.store import Store
from opengenome.orchestration import telling
from opengenome.orchestration.labels import amount, name_of
from opengenome.orchestration.reasons import reasons
from opengenome.orchestration.runs import Run, counting_of, parameters_of
from opengenome.parameters import PARAMETERS

log = logging.getLogger(__name__)


def ingest_files(run_id: str, group: Mapping[str, Any]) -> dict[str, Any]:
    """Index one group of entries.

    group: what `discover` returned for it. Returns the numbers of files, sequences and bases, the number of entries
    that were already in the store, for each entry how its files were checked (`read` now, `stat`, `content`), and the
    SHA-256 of inputs.json.gz. Raises ContractError if that file is not the one that `discover` wrote.
    """
    run = Run.of(run_id)
    inputs = run.inputs(group["inputs"])
    trust = parameters_of(inputs).verify_inputs
    first, count = group["first"], group["count"]
    totals = {"files": 0, "known": 0, "sequences": 0, "bases": 0}
    proofs = []
    for entry in inputs.entries[first : first + count]:
        run.touch()
        material = inputs.material(entry)
        name = name_of(material.files)
        with _found_again():
            manifest, proof = ingest.ingest(material, run.store, functools.partial(log.info, "%s: %s", name), trust)
        proofs.append(proof)
        sequences, bases = sum(manifest.sequences), sum(manifest.bases)
        log.info(f"{name}: {_PROOFS[proof]}, {number_of(sequences, 'sequence')}, {bases:,} bases{_dropped(manifest)}")
        measured = {"files": entry.count, "known": int(proof != ingest.READ), "sequences": sequences, "bases": bases}
        totals = {key: totals[key] + measured[key] for key in totals}
    return {**totals, "proofs": proofs, "inputs": group["inputs"]}


def _dropped(manifest: IngestManifest) -> str:
    """How many CDS are not counted, and why, as the end of a log line."""
    account = total(manifest.cds)
    if not account.dropped:
        return ""
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in account.dropped.items())
    return f"; of {account.found:,} CDS {number_of(account.found - account.counted, 'was', 'were')} dropped: {reasons}"


_PROOFS = {
    ingest.READ: "indexed",
    ingest.BY_STAT: "already ingested, stat unchanged",
    ingest.BY_CONTENT: "already ingested, content unchanged",
}


def plan(run_id: str, ingested: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Cut the records of all files into batches; write plan.json and one spec for each batch.

    ingested: what the `ingest` tasks returned, in order. Returns what `count_codons` is mapped over. Raises PlanError
    for more than MAX_BATCHES batches, InputError if there is no base or a file changed after it was discovered,
    ContractError if a file of an earlier task is damaged.
    """
    run = Run.of(run_id)
    inputs_sha256 = ingested[0]["inputs"]
    inputs = run.inputs(inputs_sha256)
    wanted = parameters_of(inputs)
    in_store = [_ingested(entry, inputs, run.store) for entry in inputs.entries]
    counting = counting_of(wanted)
    limits = Limits(wanted.batch_size, wanted.max_batch_bases)
    measures = [
        FileMeasure(name_in_folder(file), sequences, bases)
        for file, sequences, bases in zip(
            inputs.files,
            (count for entry in in_store for count in entry.manifest.sequences),
            (count for entry in in_store for count in entry.manifest.bases),
            strict=True,
        )
    ]
    sequences, bases = sum(file.sequences for file in measures), sum(file.bases for file in measures)
    if not bases and inputs.mode == Mode.CDS:
        raise no_cds(total(account for entry in in_store for account in entry.manifest.cds), inputs)
    if not sequences:
        files = f"{len(measures):,} input files hold" if len(measures) > 1 else "input file holds"
        raise InputError(
            f"The {files} no sequence", file=inputs.files[0].path, advice="Give files that hold records of sequences."
        )
    if not bases:
        first = next(file for file, measure in zip(inputs.files, measures, strict=True) if measure.sequences)
        raise no_base(first, len(measures), sequences)
    batches = _batches(in_store, measures, limits, counting)
    if len(batches) > MAX_BATCHES:
        names = PARAMETERS["batch_size"].called(run_id), PARAMETERS["max_batch_bases"].called(run_id)
        raise too_many_batches(sequences, bases, limits, MAX_BATCHES, names)
    if (sum(b.sequences for b in batches), sum(b.bases for b in batches)) != (sequences, bases):
        raise ContractError("The batches do not hold all the sequences and bases that ingest measured")
    specs = [
        schemas.write(run.spec_file(batch.number), BatchSpec(batch, counting, ENGINE_VERSION)) for batch in batches
    ]
    duplicates = _duplicates(in_store, sequences)
    proofs = tuple(proof for group in ingested for proof in group["proofs"])
    digests = tuple(digest for entry in in_store for digest in entry.manifest.digests)
    planned = Plan(inputs.run, ENGINE_VERSION, batches, duplicates, inputs_sha256, proofs, digests)
    why = reasons(run, planned, (batch for batch in batches if not is_committed(run.store.batch(batch.key))))
    sha256 = schemas.write(run.plan_file, planned)
    if duplicates["ids"]:
        ids = number_of(duplicates["ids"], "identifier occurs", "identifiers occur")
        log.info(f"{ids} more than once, in {duplicates['records']:,} records: all counted")
    log.info(telling.loaded(sequences, bases, len(batches), len(batches) - len(why)))
    firsts = itertools.accumulate((batch.sequences for batch in batches), initial=0)
    return [
        _mapped(batch, len(batches), run)
        | {"spec_sha256": spec, "plan": sha256, "reason": why.get(batch.number, ""), "recount": wanted.recount}
        | {"first": first, "batches": len(batches)}
        for batch, spec, first in zip(batches, specs, firsts, strict=False)
    ]


@contextlib.contextmanager
def _found_again() -> Iterator[None]:
    """Advise a retry where a file is not as `discover` found it, because a retry begins there (`flow.RETRIED_FROM`)."""
    try:
        yield
    except InputError as error:
        if error.advice != FOUND_ANEW:
            raise
        advice = f"A retry begins with `{DISCOVER}`, which takes the files as they are now."
        raise InputError(error.message, advice=advice, again=Again.YES, **error.where) from error.__cause__


@dataclass(frozen=True, slots=True)
class _Ingested:
    """An ingested entry of the store."""

    manifest: IngestManifest
    folder: Path


def _ingested(entry: Entry, inputs: RunInputs, store: Store) -> _Ingested:
    material = inputs.material(entry)
    with _found_again():
        ingest.check_unchanged(material.files, "after it was discovered")
    folder = store.ingest(entry.key)
    manifest = entries.committed(folder, material)
    if manifest is None:
        raise ContractError(
            "The file was not ingested, or its entry in the store is damaged",
            file=material.files[0].path,
            advice=NEW_RUN,
        )
    return _Ingested(manifest, folder)


def _batches(
    entries: list[_Ingested], measures: list[FileMeasure], limits: Limits, counting: CountingParameters
) -> tuple[Batch, ...]:
    """The batches, cut off after one more than a run may have."""
    begins = list(itertools.accumulate((file.sequences for file in measures), initial=0))
    settled = [begins[position] for position in settled_breaks(measures, limits)]
    for breaks in (settled, []):  # if there are too many settled batches, full ones may be few enough
        runs = (run for entry in entries for run in read_spans(entry.manifest, entry.folder))
        planned = plan_batches(runs, limits, counting, ENGINE_VERSION, breaks)
        batches = tuple(itertools.islice(planned, MAX_BATCHES + 1))
        if len(batches) <= MAX_BATCHES:
            break
    return batches


def _duplicates(entries: list[_Ingested], records: int) -> dict[str, Any]:
    from opengenome.core.duplicates import find_duplicates

    def hashes() -> Iterator[Any]:
        for entry in entries:
            for (column,) in read_record_columns(entry.folder, ["id_hash"]):
                yield column

    duplicates = find_duplicates(hashes, records)
    examples = [[position + 1 for position in positions] for positions in duplicates.examples]
    return {"ids": duplicates.ids, "records": duplicates.records, "examples": examples}


def _mapped(batch: Batch, batches: int, run: Run) -> dict[str, Any]:
    """The XCom of a batch, without the digests of its spec and plan: under 1 KB."""
    sequences, bases, size = batch.sequences, batch.bases, amount(batch.bases, "Mnt", "nt")
    return {
        "batch": batch.number,
        "key": batch.key,
        "spec": str(run.spec_file(batch.number)),
        "output": str(run.store.batch(batch.key)),
        "sequences": sequences,
        "bases": bases,
        "label": " · ".join((f"batch {batch.number + 1}/{batches}", number_of(sequences, "sequence"), size)),
    }
