"""discover, ingest and plan: from what the user named to batches."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping
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
from opengenome.errors import ContractError, InputError, NothingToDo, UsageError
from opengenome.io import ingest, schemas, search, sources
from opengenome.io.batches import is_committed
from opengenome.io.paths import path_of, shown, text_of
from opengenome.io.schemas import BatchSpec, IngestManifest, Plan, RunInputs
from opengenome.io.store import Store
from opengenome.orchestration import parameters
from opengenome.orchestration.reasons import reasons
from opengenome.orchestration.runs import Run
from opengenome.orchestration.settings import MAX_BATCHES

# Airflow starts a process for each mapped task: past this many files, neighbours share one.
_INGEST_TASKS = 32


def discover(
    run_id: str, params: Mapping[str, Any], asked: Mapping[str, Any], *, scheduled: bool, backfill: bool = False
) -> list[dict[str, Any]]:
    """Check the parameters, find and recognise the input files, write inputs.json.

    Returns what `ingest` is mapped over: first, count (positions in inputs.json) and a label. Raises UsageError and
    InputError, and NothingToDo for a scheduled run whose landing folder is empty.
    """
    run = Run.of(run_id)
    wanted = parameters.check(params, asked)
    if backfill:
        raise UsageError(
            "A backfill is not possible: files have no history, so each date would get the table of today's files",
            advice="Trigger a run instead.",
        )
    source = wanted.source or text_of(run.settings.landing)
    try:
        found = search.search(source, run.settings.source_roots, run.settings.store)
    except search.NothingFoundError as error:
        if scheduled and not wanted.source:
            raise NothingToDo(f"Nothing to count in {source}. {error.advice}".rstrip(".")) from error
        raise
    started = datetime.now(UTC).isoformat(timespec="seconds")
    inputs = RunInputs(run_id, started, asdict(wanted), found.files, found.passed_over)
    schemas.write(run.inputs_file, inputs)
    _tell(inputs)
    return [_group(found.files, first, count) for first, count in _groups(len(found.files))]


def discovered(inputs: RunInputs) -> dict[str, Any]:
    """How many files are read and passed over, and the first few that are passed over: `path: why`. It is small."""
    examples = [one if len(one) <= 300 else f"{one[:299]}…" for one in search.examples(inputs.passed_over)]
    return {"read": len(inputs.files), "passed_over": len(inputs.passed_over), "examples": examples}


def _tell(inputs: RunInputs) -> None:
    print(f"{len(inputs.files):,} input files, {sum(file.size for file in inputs.files):,} bytes")
    told = discovered(inputs)
    if told["passed_over"]:
        print(f"{told['passed_over']:,} passed over:")
        for example in told["examples"]:
            print(f"  {example}")
        if more := told["passed_over"] - len(told["examples"]):
            print(f"  and {more:,} more, all of them in inputs.json")


def _groups(files: int) -> Iterator[tuple[int, int]]:
    tasks = min(files, _INGEST_TASKS)
    bounds = [files * task // tasks for task in range(tasks + 1)]
    return ((first, last - first) for first, last in itertools.pairwise(bounds))


def _group(files: tuple[SourceFile, ...], first: int, count: int) -> dict[str, Any]:
    group = files[first : first + count]
    name = _name(group[0])
    name = name if len(name) <= 80 else f"{name[:77]}…"
    more = f" and {count - 1:,} more" if count > 1 else ""
    size = _amount(sum(file.size for file in group), "MB", "bytes")
    return {"first": first, "count": count, "label": f"{name}{more} · {size}"}


def _name(file: SourceFile) -> str:
    return shown(path_of(file.path).name)


def _amount(number: int, millions: str, units: str) -> str:
    return f"{number / 1e6:,.1f} {millions}" if number >= 100_000 else f"{number:,} {units}"


def ingest_files(run_id: str, group: Mapping[str, Any]) -> dict[str, int]:
    """Index one group of files. Returns how many files, sequences and bases it has, and how many files were known."""
    run = Run.of(run_id)
    totals = {"files": 0, "known": 0, "sequences": 0, "bases": 0}
    first, count = group["first"], group["count"]
    for file in run.inputs().files[first : first + count]:
        run.touch()
        name = _name(file)
        progress = functools.partial(print, f"{name}:")
        manifest, known = ingest.ingest_file(file, run.store, ENGINE_VERSION, progress)
        word = "known" if known else "indexed"
        print(
            f"{name}: {word}, {manifest.sequences:,} sequences, {manifest.bases:,} bases, {len(manifest.parts)} parts"
        )
        for key, value in (
            ("files", 1),
            ("known", known),
            ("sequences", manifest.sequences),
            ("bases", manifest.bases),
        ):
            totals[key] += int(value)
    return totals


def plan(run_id: str) -> list[dict[str, Any]]:
    """Cut the records of all files into batches; write plan.json and one spec for each batch.

    Returns what `count_codons` is mapped over. Raises PlanError where there would be more than MAX_BATCHES batches, and
    InputError where a file changed since it was discovered.
    """
    run = Run.of(run_id)
    inputs, wanted = run.inputs(), run.parameters()
    manifests = [_manifest(file, run.store) for file in inputs.files]
    counting = CountingParameters(wanted.frame, wanted.per_sequence)
    limits = Limits(wanted.batch_size, wanted.max_batch_bases)
    batches = _batches(manifests, run.store, limits, counting)
    sequences, bases = sum(m.sequences for m in manifests), sum(m.bases for m in manifests)
    if not sequences:
        raise InputError(f"No sequence is in any of the {len(manifests):,} input files", file=inputs.files[0].path)
    if len(batches) > MAX_BATCHES:
        raise too_many_batches(sequences, bases, limits, MAX_BATCHES)
    if (sum(b.sequences for b in batches), sum(b.bases for b in batches)) != (sequences, bases):
        raise ContractError("The batches do not hold all that ingest measured")
    for batch in batches:
        schemas.write(run.spec_file(batch.number), BatchSpec(batch, counting, ENGINE_VERSION))
    duplicates = _duplicates(manifests, run.store, sequences)
    planned = Plan(inputs.run, ENGINE_VERSION, batches, duplicates)
    why = reasons(run, planned, (batch for batch in batches if not is_committed(run.store.batch(batch.key))))
    schemas.write(run.plan_file, planned)
    if duplicates["ids"]:
        print(
            f"{duplicates['ids']:,} identifiers stand more than once, in {duplicates['records']:,} records: all counted"
        )
    print(f"{len(batches):,} batches, {len(batches) - len(why):,} of them committed already")
    return [_mapped(batch, len(batches), run) | {"reason": why.get(batch.number, "")} for batch in batches]


def _batches(
    manifests: list[IngestManifest], store: Store, limits: Limits, counting: CountingParameters
) -> tuple[Batch, ...]:
    """The batches, at most one more than a run may have."""
    manifests = [found for found in manifests if found.sequences]
    measures = [
        FileMeasure("/".join(Path(found.file.path).parts[-2:]), found.sequences, found.bases) for found in manifests
    ]
    settled = {manifests[position].parts[0].path for position in settled_breaks(measures, limits)}
    for breaks in (settled, set()):  # where settled batches are too many, full ones may do
        planned = plan_batches(_runs(manifests, store), limits, counting, ENGINE_VERSION, breaks)
        batches = tuple(itertools.islice(planned, MAX_BATCHES + 1))
        if len(batches) <= MAX_BATCHES:
            break
    return batches


def _manifest(file: SourceFile, store: Store) -> IngestManifest:
    if not sources.unchanged(file):
        raise InputError("The file changed after it was discovered", file=file.path, advice="Start a new run.")
    manifest = ingest.known_manifest(store.ingest(sources.file_key(file, ENGINE_VERSION)))
    if manifest is None:
        raise ContractError("The file was not ingested", file=file.path, advice="Clear its ingest task.")
    return manifest


def _runs(manifests: list[IngestManifest], store: Store) -> Iterator[RecordRun]:
    for manifest in manifests:
        yield from ingest.read_runs(manifest, store.ingest(sources.file_key(manifest.file, ENGINE_VERSION)))


def _duplicates(manifests: list[IngestManifest], store: Store, records: int) -> dict[str, Any]:
    from opengenome.core.duplicates import find_duplicates

    def hashes() -> Iterator[Any]:
        for manifest in manifests:
            folder = store.ingest(sources.file_key(manifest.file, ENGINE_VERSION))
            for (column,) in ingest.read_record_columns(folder, ["id_hash"]):
                yield column

    found = find_duplicates(hashes, records)
    examples = [[position + 1 for position in positions] for positions in found.examples]
    return {"ids": found.ids, "records": found.records, "examples": examples}


def _mapped(batch: Batch, batches: int, run: Run) -> dict[str, Any]:
    """A batch as it travels by XCom: under 1 KB."""
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
