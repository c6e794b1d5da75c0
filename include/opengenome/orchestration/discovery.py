"""discover: find the input files of a source, decide the mode, and group files that are ingested together."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from opengenome import flow
from opengenome.core.bundling import bundles, bundles_of
from opengenome.core.genetic_code import OWN
from opengenome.core.model import Mode, SourceFile
from opengenome.errors import NothingToDo, UsageError, number_of, readable
from opengenome.io import entries, samplesheet, schemas, search
from opengenome.io.arranging import Arranged, arrange
from opengenome.io.assemblies import Assemblies
from opengenome.io.copies import is_copy
from opengenome.io.embedded import holds_sequences
from opengenome.io.overlaps import overlaps, versions
from opengenome.io.paths import text_of
from opengenome.io.schemas import Coding, Entry, RunInputs, Sample
from opengenome.orchestration.annotated import check_columns, check_group_by
from opengenome.orchestration.cds_rules import check_records, coding_of
from opengenome.orchestration.labels import amount, name_of
from opengenome.orchestration.named_files import read_named_files
from opengenome.orchestration.runs import Run
from opengenome.orchestration.settings import Settings
from opengenome.parameters import BATCH_OF_CDS, RunParameters

log = logging.getLogger(__name__)

# Airflow starts a process for each mapped task. Beyond this many entries, neighbours share a task.
_INGEST_TASKS = 32


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a run was started. kind: Airflow's run type. run_after: when it was due, ISO 8601; "" if unknown."""

    kind: str = "manual"
    run_after: str = ""


def discover(
    run_id: str, params: Mapping[str, Any], asked: Mapping[str, Any], occasion: Occasion
) -> list[dict[str, Any]]:
    """Check the parameters, find and recognise the input files, write inputs.json.gz.

    Returns what `ingest` is mapped over: first and count (positions among the entries of inputs.json.gz), a label, and
    inputs: the SHA-256 of inputs.json.gz. Raises UsageError and InputError, and NothingToDo if a run of the landing
    folder finds no file there.
    """
    run = Run.of(run_id)
    wanted = RunParameters.check(params, asked, run_id)
    source = wanted.source or text_of(run.settings.landing)
    try:
        arranged, samples = _arranged(source, wanted, run.settings)
    except search.NothingFoundError as error:
        if not wanted.source:
            raise NothingToDo(f"Nothing to count in {source}", advice=error.advice) from error
        raise
    if occasion.kind == "backfill":
        raise UsageError(
            "A backfill is not possible: files have no history, so each date would get the table of today's files",
            advice="Trigger a run instead.",
        )
    of_cds = arranged.mode is Mode.CDS and "batch_size" not in asked
    if of_cds:
        wanted = wanted.model_copy(update={"batch_size": BATCH_OF_CDS})
    started = datetime.now(UTC).isoformat(timespec="seconds")
    named = read_named_files(wanted, run_id, run.settings)
    if arranged.mode is not Mode.CDS:
        check_records(wanted, run_id, arranged.reason)
    coding = coding_of(wanted, run_id, arranged.reason) if arranged.mode is Mode.CDS else None
    if coding and named["code_table"]:
        coding = replace(coding, genetic_code=OWN, code_table=named["code_table"])
    inputs = RunInputs(
        run_id,
        started,
        wanted.as_json(),
        arranged.files,
        tuple(_entries(arranged, coding)),
        arranged.passed_over,
        occasion.run_after,
        arranged.mode,
        arranged.reason,
        coding,
        samples,
        warnings=arranged.warnings,
        **named,
    )
    check_columns(arranged.mode, samples, source)
    check_group_by(wanted.group_by, arranged.mode, samples, run_id)
    run.store.mark()
    sha256 = schemas.write(run.inputs_file, inputs)
    _log(inputs)
    if of_cds:
        log.info(f"Batches have up to {BATCH_OF_CDS:,} coding sequences, because no batch size was given")
    return [_group(inputs, first, count) | {"inputs": sha256} for first, count in _groups(len(inputs.entries))]


def _entries(arranged: Arranged, coding: Coding | None) -> Iterator[Entry]:
    """The files that are ingested together; a unit's stay together."""
    if not arranged.units:
        for first, count in bundles(arranged.files):
            yield Entry(entries.entry_key(arranged.files[first : first + count]), first, count)
        return
    begins = [0, *itertools.accumulate(unit.files for unit in arranged.units)]
    for first, count in bundles_of([arranged.files[begin:end] for begin, end in itertools.pairwise(begins)]):
        begin, end, units = begins[first], begins[first + count], arranged.units[first : first + count]
        yield Entry(entries.entry_key(arranged.files[begin:end], units, coding), begin, end - begin, units)


def _arranged(source: str, wanted: RunParameters, settings: Settings) -> tuple[Arranged, tuple[Sample, ...]]:
    """What is counted, and the samples if the source is a samplesheet."""
    if sheet := samplesheet.read(source, settings.source_roots, wanted.mode):
        assemblies = Assemblies(sheet.files, {})
        whole = () if sheet.units else overlaps(sheet.files, assemblies)
        warnings = (*whole, *versions(sheet.files, assemblies))
        return Arranged(sheet.mode, sheet.reason, sheet.files, sheet.units, warnings=warnings), sheet.samples
    found = search.search(source, settings.source_roots, settings.store)
    return arrange(found, wanted.mode, holds_sequences, _is_copy), ()


def _is_copy(packed: SourceFile, plain: SourceFile) -> bool:
    log.info(f"Comparing {packed.path} with {plain.path}")
    if is_copy(packed, plain):
        return True
    log.warning(f"{packed.path} is no copy of {plain.path}: both are counted")
    return False


def discovered(run_id: str) -> dict[str, Any]:
    """The mode and why; how many files are read and passed over, the first few of these as `path: why`; warnings."""
    return _summary(Run.of(run_id).inputs())


def _summary(inputs: RunInputs) -> dict[str, Any]:
    examples = [readable(one, 300) for one in search.examples(inputs.passed_over)]
    counts = {"read": len(inputs.files), "passed_over": len(inputs.passed_over)}
    return {
        "mode": str(inputs.mode),
        "reason": inputs.mode_reason,
        **counts,
        "examples": examples,
        "warnings": [readable(one, 600) for one in inputs.warnings],
    }


def _log(inputs: RunInputs) -> None:
    called = inputs.mode.called
    log.info(f"{called[0].upper()}{called[1:]}: {inputs.mode_reason}")
    for warning in inputs.warnings:
        log.warning(warning)
    log.info(f"{number_of(len(inputs.files), 'input file')}, {sum(file.size for file in inputs.files):,} bytes")
    summary = _summary(inputs)
    if summary["passed_over"]:
        log.info(f"{summary['passed_over']:,} passed over:")
        for example in summary["examples"]:
            log.info(f"  {example}")
        if more := summary["passed_over"] - len(summary["examples"]):
            log.info(f"  and {more:,} more; {flow.PROVENANCE} lists all of them")


def _groups(entries: int) -> Iterator[tuple[int, int]]:
    tasks = min(entries, _INGEST_TASKS)
    bounds = [entries * task // tasks for task in range(tasks + 1)]
    return ((first, last - first) for first, last in itertools.pairwise(bounds))


def _group(inputs: RunInputs, first: int, count: int) -> dict[str, Any]:
    entries = inputs.entries[first : first + count]
    files = inputs.files[entries[0].first : entries[-1].first + entries[-1].count]
    size = amount(sum(file.size for file in files), "MB", "bytes")
    return {"first": first, "count": count, "label": f"{name_of(files)} · {size}"}
