"""The batches of a run, and when its tasks ran."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from opengenome import flow
from opengenome.core.model import rate, spark_seconds
from opengenome.report.material import Material, TaskTrace
from opengenome.report.page.shown import seconds

WIDTH = 1000  # of the drawing, in its own units
LANE = 22  # the height of a lane
_THINNEST = 2.0
_TICKS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400)
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """A planned batch, and its task; None if nobody knows when it ran. memory: the peak of each process, in bytes.

    rate: bases per second in Spark; None if nobody knows. Memory and rate are of the run that counted the batch.
    """

    number: int
    key: str
    sequences: int
    bases: int
    reused: bool
    memory: dict[str, int]
    rate: int | None
    task: TaskTrace | None


def batches(material: Material) -> list[Batch]:
    """In the order of the plan."""
    tasks = {task.index: task for task in material.trace if task.task == flow.COUNT_CODONS}
    return [_batch(one, tasks.get(one["batch"])) for one in material.provenance["batches"]]


def _batch(one: dict[str, Any], task: TaskTrace | None) -> Batch:
    facts = one["sequences"], one["bases"], one["reused"] is True, one["peak_memory"]
    return Batch(one["batch"] + 1, one["key"], *facts, rate(one["bases"], spark_seconds(one["timings"])), task)


@dataclass(frozen=True, slots=True)
class Bar:
    """A task in the drawing. kind: of its colour."""

    kind: str
    title: str
    left: float
    width: float
    top: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """Tasks by time. lanes: (name, top). ticks: (time since the first start, left)."""

    bars: list[Bar]
    lanes: list[tuple[str, int]]
    ticks: list[tuple[str, float]]
    height: int
    seconds: float


def drawing(material: Material, batches: Sequence[Batch]) -> Drawing | None:
    """None if nobody knows when the tasks ran. Tasks of a name share a lane, and have more if they overlap."""
    trace = material.trace
    if not trace:
        return None
    begin = min(task.started for task in trace)
    whole = max(max(task.started + task.seconds for task in trace) - begin, 0.001)
    reused = {batch.number - 1 for batch in batches if batch.reused}
    bars: list[Bar] = []
    lanes: list[tuple[str, int]] = []
    for name in dict.fromkeys(task.task for task in trace):
        lanes.append((name, LANE * len(lanes)))
        first, used = len(lanes) - 1, 0
        for task, lane in _lanes([task for task in trace if task.task == name]):
            while used < lane:
                used += 1
                lanes.append(("", LANE * len(lanes)))
            left, width = WIDTH * (task.started - begin) / whole, max(_THINNEST, WIDTH * task.seconds / whole)
            kind = "other" if name != flow.COUNT_CODONS else "reused" if task.index in reused else "counted"
            top = LANE * (first + lane)
            bars.append(Bar(kind, _title(task, begin, kind), round(min(left, WIDTH - width), 2), round(width, 2), top))
    step = next((step for step in _TICKS if whole / step <= _MOST_TICKS), _TICKS[-1])
    ticks = [(_tick(second), round(WIDTH * second / whole, 2)) for second in range(0, int(whole) + 1, step)]
    return Drawing(bars, lanes, ticks[:100], LANE * len(lanes), whole)


def _lanes(tasks: Sequence[TaskTrace]) -> Iterator[tuple[TaskTrace, int]]:
    """Each task with the first lane that is free when it starts."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    used = 0
    for task in sorted(tasks, key=lambda task: task.started):
        while busy and busy[0][0] <= task.started:
            heapq.heappush(free, heapq.heappop(busy)[1])
        lane = heapq.heappop(free) if free else used
        used = max(used, lane + 1)
        heapq.heappush(busy, (task.started + task.seconds, lane))
        yield task, lane


def _tick(second: int) -> str:
    return f"{second} s" if second < 60 else seconds(second).removesuffix(" 00 s").removesuffix(" 00 min")


def _title(task: TaskTrace, begin: float, kind: str) -> str:
    attempts = f", attempt {task.attempt}" if task.attempt > 1 else ""
    reused = ", reused" if kind == "reused" else ""
    return f"{task.label}: from {task.started - begin:,.1f} s, for {task.seconds:,.1f} s{attempts}{reused}"
