"""discover, ingest and plan: from what the user named to batches."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opengenome import ENGINE_VERSION
from opengenome.core.model import Batch, CountingParameters, SourceFile
from opengenome.core.planning import (
    FileMeasure,
    Limits,
    RecordRun,
    plan_batches,
    settled_breaks,
    too_many_batches,
)
from opengenome.errors import ContractError, InputError, NothingToDo
from opengenome.io import ingest, schemas, sources
from opengenome.io.batches import is_committed
from opengenome.io.schemas import BatchSpec, IngestManifest, Plan, RunInputs
from opengenome.io.store import Store
from opengenome.orchestration import parameters
from opengenome.orchestration.reasons import reasons
from opengenome.orchestration.runs import Run
from opengenome.orchestration.settings import MAX_BATCHES

# Airflow starts a process for each mapped task: past this many files, neighbours share one.
_INGEST_TASKS = 32


def discover(
    run_id: str, params: Mapping[str, Any], asked: Mapping[str, Any], *, scheduled: bool
) -> list[dict[str, Any]]:
    """Check the parameters, find and recognise the input files, write inputs.json.

    Returns what `ingest` is mapped over: first, count (positions in inputs.json) and a label. Raises UsageError and
    InputError, and NothingToDo for a scheduled run whose landing folder is empty.
    """
    run = Run.of(run_id)
    wanted = parameters.check(params, asked)
    landing = run.settings.landing
    if scheduled and not wanted.source and not _holds_input(landing, run.settings.source_roots):
        raise NothingToDo(f"Nothing to count: no FASTA or Parquet file in {landing}")
    found = sources.find_files(wanted.source or str(landing), run.settings.source_roots)
    ours = (run.settings.store, run.settings.results)
    files = [sources.fingerprint(path) for path in found if not any(path.is_relative_to(folder) for folder in ours)]
    if not files:
        raise InputError("Only files of the store were found", file=wanted.source)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    schemas.write(run.inputs_file, RunInputs(run_id, started, asdict(wanted), tuple(files)))
    print(f"{len(files):,} input files, {sum(file.size for file in files):,} bytes")
    return [_group(files, first, count) for first, count in _groups(len(files))]


def _holds_input(folder: Path, roots: Iterable[Path]) -> bool:
    try:
        return bool(sources.find_files(str(folder), roots))
    except InputError:
        return False


def _groups(files: int) -> Iterator[tuple[int, int]]:
    tasks = min(files, _INGEST_TASKS)
    bounds = [files * task // tasks for task in range(tasks + 1)]
    return ((first, last - first) for first, last in itertools.pairwise(bounds))


def _group(files: list[SourceFile], first: int, count: int) -> dict[str, Any]:
    group = files[first : first + count]
    name = Path(group[0].path).name
    name = name if len(name) <= 80 else f"{name[:77]}…"
    more = f" and {count - 1:,} more" if count > 1 else ""
    size = _amount(sum(file.size for file in group), "MB", "bytes")
    return {"first": first, "count": count, "label": f"{name}{more} · {size}"}


def _amount(number: int, millions: str, units: str) -> str:
    return f"{number / 1e6:,.1f} {millions}" if number >= 100_000 else f"{number:,} {units}"


def ingest_files(run_id: str, group: Mapping[str, Any]) -> dict[str, Any]:
    """Index one group of entries.

    group: what `discover` returned for it. Returns how many files, sequences and bases it has, how many entries were
    known, what shows of each that its files are what was read (`read` now, `stat`, `content`), and the SHA-256 of
    inputs.json. Raises ContractError where that is not the one that `discover` wrote.
    """
    run = Run.of(run_id)
    inputs = run.inputs(group["inputs"])
    trust = Trust(parameters_of(inputs).verify_inputs)
    first, count = group["first"], group["count"]
    totals = {"files": 0, "known": 0, "sequences": 0, "bases": 0}
    proofs = []
    for entry in inputs.entries[first : first + count]:
        run.touch()
        files = inputs.files[entry.first : entry.first + entry.count]
        name = _name_of(files)
        manifest, proof = ingest.ingest(files, run.store, functools.partial(print, f"{name}:"), trust)
        proofs.append(proof)
        sequences, bases = sum(manifest.sequences), sum(manifest.bases)
        print(f"{name}: {_PROOFS[proof]}, {sequences:,} sequences, {bases:,} bases, {len(manifest.parts)} parts")
        found = {"files": len(files), "known": int(proof != ingest.READ), "sequences": sequences, "bases": bases}
        totals = {key: totals[key] + found[key] for key in totals}
    return {**totals, "proofs": proofs, "inputs": group["inputs"]}


_PROOFS = {
    ingest.READ: "indexed",
    ingest.BY_STAT: "known, its stat has not changed",
    ingest.BY_CONTENT: "known, its content has not changed",
}


def plan(run_id: str, ingested: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Cut the records of all files into batches; write plan.json and one spec for each batch.

    ingested: what the `ingest` tasks returned, in order. Returns what `count_codons` is mapped over. Raises
    PlanError where there would be more than MAX_BATCHES batches, InputError where there is no sequence or a file
    changed since it was discovered, ContractError where what an earlier task wrote is damaged.
    """
    run = Run.of(run_id)
    inputs_sha256 = ingested[0]["inputs"]
    inputs = run.inputs(inputs_sha256)
    wanted = parameters_of(inputs)
    entries = [_ingested(entry, inputs, run.store) for entry in inputs.entries]
    counting = CountingParameters(wanted.frame, wanted.per_sequence)
    limits = Limits(wanted.batch_size, wanted.max_batch_bases)
    measures = [
        FileMeasure(name_in_folder(file), sequences, bases)
        for file, sequences, bases in zip(
            inputs.files,
            (count for entry in entries for count in entry.manifest.sequences),
            (count for entry in entries for count in entry.manifest.bases),
            strict=True,
        )
    ]
    sequences, bases = sum(file.sequences for file in measures), sum(file.bases for file in measures)
    if not sequences:
        raise InputError(f"The {len(inputs.files):,} input files hold no sequence")
    batches = _batches(entries, measures, limits, counting)
    if len(batches) > MAX_BATCHES:
        raise too_many_batches(sequences, bases, limits, MAX_BATCHES)
    if (sum(b.sequences for b in batches), sum(b.bases for b in batches)) != (sequences, bases):
        raise ContractError("The batches do not hold all that ingest measured")
    specs = [
        schemas.write(run.spec_file(batch.number), BatchSpec(batch, counting, ENGINE_VERSION)) for batch in batches
    ]
    duplicates = _duplicates(entries, sequences)
    proofs = tuple(proof for group in ingested for proof in group["proofs"])
    planned = Plan(inputs.run, ENGINE_VERSION, batches, duplicates, inputs_sha256, proofs)
    why = reasons(run, planned, (batch for batch in batches if not is_committed(run.store.batch(batch.key))))
    sha256 = schemas.write(run.plan_file, planned)
    if duplicates["ids"]:
        print(
            f"{duplicates['ids']:,} identifiers stand more than once, in {duplicates['records']:,} records: all counted"
        )
    print(f"{len(batches):,} batches, {len(batches) - len(why):,} of them committed already")
    return [
        _mapped(batch, len(batches), run) | {"spec_sha256": spec, "plan": sha256, "reason": why.get(batch.number, "")}
        for batch, spec in zip(batches, specs, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Ingested:
    """An entry as it lies in the store."""

    manifest: IngestManifest
    folder: Path


def _ingested(entry: Entry, inputs: RunInputs, store: Store) -> _Ingested:
    files = inputs.files[entry.first : entry.first + entry.count]
    ingest.check_unchanged(files, "after it was discovered")
    folder = store.ingest(entry.key)
    manifest = ingest.committed(folder)
    if manifest is None or entry.key != ingest.entry_key(files):
        raise ContractError("The file was not ingested, or what ingest left is damaged", file=files[0].path, advice=NEW_RUN)
    return _Ingested(manifest, folder)


def _batches(
    entries: list[_Ingested], measures: list[FileMeasure], limits: Limits, counting: CountingParameters
) -> tuple[Batch, ...]:
    """The batches, at most one more than a run may have."""
    begins = list(itertools.accumulate((file.sequences for file in measures), initial=0))
    settled = [begins[position] for position in settled_breaks(measures, limits)]
    for breaks in (settled, []):  # where settled batches are too many, full ones may do
        runs = (run for entry in entries for run in ingest.read_runs(entry.manifest, entry.folder))
        planned = plan_batches(runs, limits, counting, ENGINE_VERSION, breaks)
        batches = tuple(itertools.islice(planned, MAX_BATCHES + 1))
        if len(batches) <= MAX_BATCHES:
            break
    return batches


def _duplicates(entries: list[_Ingested], records: int) -> dict[str, Any]:
    from opengenome.core.duplicates import find_duplicates

    def hashes() -> Iterator[Any]:
        for entry in entries:
            for (column,) in ingest.read_record_columns(entry.folder, ["id_hash"]):
                yield column

    found = find_duplicates(hashes, records)
    examples = [[position + 1 for position in positions] for positions in found.examples]
    return {"ids": found.ids, "records": found.records, "examples": examples}


def _mapped(batch: Batch, batches: int, run: Run) -> dict[str, Any]:
    """A batch as it travels by XCom, but for the digests of its spec and its plan: under 1 KB."""
    sequences, bases = batch.sequences, batch.bases
    noun = "sequence" if sequences == 1 else "sequences"
    return {
        "batch": batch.number,
        "key": batch.key,
        "spec": str(run.spec_file(batch.number)),
        "output": str(run.store.batch(batch.key)),
        "sequences": sequences,
        "bases": bases,
        "label": f"batch {batch.number + 1}/{batches} · {sequences:,} {noun} · {_amount(bases, 'Mnt', 'nt')}",
    }
