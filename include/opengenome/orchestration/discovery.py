"""discover: find the input files of a source and group those that are ingested together."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from opengenome import flow
from opengenome.core.bundling import bundles
from opengenome.errors import NothingToDo, UsageError
from opengenome.io import entries, samplesheet, schemas, search
from opengenome.io.paths import text_of
from opengenome.io.schemas import Entry, RunInputs
from opengenome.orchestration.labels import amount, name_of
from opengenome.orchestration.named_files import read_named_files
from opengenome.orchestration.runs import Run
from opengenome.parameters import RunParameters

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
        sheet = samplesheet.read(source, run.settings.source_roots, wanted.mode)
        found = (
            search.Found(sheet.files, ())
            if sheet
            else search.search(source, run.settings.source_roots, run.settings.store)
        )
    except search.NothingFoundError as error:
        if not wanted.source:
            raise NothingToDo(f"Nothing to count in {source}", advice=error.advice) from error
        raise
    if occasion.kind == "backfill":
        raise UsageError(
            "A backfill is not possible: files have no history, so each date would get the table of today's files",
            advice="Trigger a run instead.",
        )
    started = datetime.now(UTC).isoformat(timespec="seconds")
    together = tuple(
        Entry(entries.entry_key(found.files[first : first + count]), first, count)
        for first, count in bundles(found.files)
    )
    inputs = RunInputs(
        run_id,
        started,
        wanted.as_json(),
        found.files,
        together,
        found.passed_over,
        occasion.run_after,
        samples=sheet.samples if sheet else (),
        **read_named_files(wanted, run_id, run.settings),
    )
    run.store.mark()
    sha256 = schemas.write(run.inputs_file, inputs)
    _log(inputs)
    return [_group(inputs, first, count) | {"inputs": sha256} for first, count in _groups(len(together))]


def discovered(run_id: str) -> dict[str, Any]:
    """How many files are read and passed over, and the first few of the latter as `path: why`; small."""
    return _summary(Run.of(run_id).inputs())


def _summary(inputs: RunInputs) -> dict[str, Any]:
    examples = [one if len(one) <= 300 else f"{one[:299]}…" for one in search.examples(inputs.passed_over)]
    return {"read": len(inputs.files), "passed_over": len(inputs.passed_over), "examples": examples}


def _log(inputs: RunInputs) -> None:
    log.info(f"{len(inputs.files):,} input files, {sum(file.size for file in inputs.files):,} bytes")
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
