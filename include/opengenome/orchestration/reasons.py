"""Why a batch has to be counted: its plan compared with those of the newest earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from opengenome.core.model import Batch, SourceFile
from opengenome.errors import ContractError
from opengenome.io import schemas
from opengenome.io.paths import path_of
from opengenome.io.schemas import Plan, RunInputs
from opengenome.orchestration.labels import named
from opengenome.orchestration.runs import INPUTS, PLAN, Run

FIRST = "counted: no earlier output"
_RUNS = 8  # how many earlier runs are compared

Content = tuple[tuple[str, int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with its inputs. contents: what each batch reads."""

    inputs: RunInputs
    plan: Plan
    contents: frozenset[Content]
    files: dict[str, SourceFile]

    @classmethod
    def of(cls, inputs: RunInputs, plan: Plan) -> Planned:
        contents = frozenset(_content(batch) for batch in plan.batches)
        return cls(inputs, plan, contents, {file.path: file for file in inputs.files})


def reasons(run: Run, now: Plan, uncommitted: Iterable[Batch]) -> dict[int, str]:
    """For each batch without committed output, by its number: the reason, which its log shows first."""
    waiting = list(uncommitted)
    if not waiting:
        return {}
    current = Planned.of(run.inputs(), now)
    earlier = list(_earlier(run))
    origins = _origins(run, current)
    return {batch.number: _reason(batch, current, earlier, origins) for batch in waiting}


def _earlier(run: Run) -> Iterator[Planned]:
    """The newest plans of other runs, newest first. Unreadable plans are passed over."""
    plans = [path for path in run.folder.parent.glob(f"*/{PLAN}") if path.parent != run.folder]
    for path in sorted(plans, key=_modified, reverse=True)[:_RUNS]:
        try:
            yield Planned.of(schemas.read_run_inputs(path.with_name(INPUTS)), schemas.read_plan(path))
        except ContractError:
            continue


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # removed by `clean` meanwhile
        return 0


def _reason(batch: Batch, current: Planned, earlier: list[Planned], origins: dict[Path, tuple[str, ...]]) -> str:
    content = _content(batch)
    for past in earlier:
        if content in past.contents:
            parameters = _changed_parameters(past, current)
            return f"recomputed: {parameters}" if parameters else FIRST
    paths = {path for chunk in batch.chunks for path in origins.get(path_of(chunk.path).parent, (chunk.path,))}
    for past in earlier:
        known = paths & past.files.keys()
        changed = sorted(path for path in known if past.files[path] != current.files[path])
        if changed:
            return f"recomputed: input changed: {named(changed)}"
        if known:
            limits = _changed_limits(past, current)
            moved = "batch boundaries moved with the files beside it"
            new = f"new input: {named(sorted(paths - known))}" if paths - known else moved
            return f"recomputed: {limits or new}"
    beside = any(past.files.keys() & current.files.keys() for past in earlier)
    return f"counted: new input: {named(sorted(paths))}" if beside else FIRST


def _content(batch: Batch) -> Content:
    return tuple(chunk.content for chunk in batch.chunks)


def _changed_parameters(past: Planned, current: Planned) -> str | None:
    if past.plan.engine != current.plan.engine:
        return f"engine {past.plan.engine} → {current.plan.engine}"
    return _changed(past, current, "frame", "per_sequence", "codon_pairs")


def _changed_limits(past: Planned, current: Planned) -> str | None:
    return _changed(past, current, "batch_size", "max_batch_bases")


def _changed(past: Planned, current: Planned, *names: str) -> str | None:
    after = current.inputs.parameters
    before = dict.fromkeys(names, False) | past.inputs.parameters  # a run of an earlier version has no switch of today
    return next(
        (f"{name} changed {before[name]} → {after[name]}" for name in names if before[name] != after[name]), None
    )


def _origins(run: Run, planned: Planned) -> dict[Path, tuple[str, ...]]:
    """The input files of each ingest folder. Chunks name the shards in these folders."""
    inputs = planned.inputs
    return {
        run.store.ingest(entry.key): tuple(file.path for file in inputs.files[entry.first : entry.first + entry.count])
        for entry in inputs.entries
    }
