"""Break down the time of a DAG run by task and inside its batches."""

from __future__ import annotations

import os
import re
from typing import Any

from benchmarks.pipeline import DagRun, moment
from benchmarks.table import counted, memory, ruled, seconds
from opengenome import flow
from opengenome.cli.terminal import Shown

_INSIDE = ("session", "read", "count", "write", "total")


def by_task(run: DagRun) -> list[dict[str, Any]]:
    """For each task: instances, total seconds, first start and last end in seconds after the trigger."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for task in run.tasks:
        if task["start_date"] and task["end_date"]:
            span = moment(task["start_date"]) - run.trigger, moment(task["end_date"]) - run.trigger
            spans.setdefault(task["task_id"], []).append(span)
    return [
        {
            "task": name,
            "instances": len(spans[name]),
            "seconds": sum(end - start for start, end in spans[name]),
            "first_start": min(start for start, _ in spans[name]),
            "last_end": max(end for _, end in spans[name]),
        }
        for name in sorted(spans, key=flow.TASKS.index)
    ]


def covered(spans: list[tuple[float, float]]) -> float:
    """Seconds that at least one of the spans covers."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def without_task(run: DagRun) -> float:
    """Seconds of the run in which no task was running: the time of Airflow's scheduling."""
    spans = [
        (moment(task["start_date"]), moment(task["end_date"]))
        for task in run.tasks
        if task["start_date"] and task["end_date"]
    ]
    return run.wall - covered(spans)


def inside_batches(run: DagRun) -> dict[str, float]:
    """Sums over the batches that were counted, from their manifests.

    session, total: seconds of the driver. read, count, write: seconds of the Spark tasks, summed over all cores.
    task: seconds of the Airflow tasks. outside: task without total, which is the start of task and JVM, and the end.
    rate: bases over read + count, in GB/s for each core. peak: bytes, the largest JVM + driver + workers of a batch.
    """
    counted = [batch for batch in run.batches if not batch["reused"]]
    found = {name: sum(batch["timings"][name] for batch in counted) for name in _INSIDE}
    found["task"] = sum(row["seconds"] for row in by_task(run) if row["task"] == flow.COUNT_CODONS)
    found["outside"] = found["task"] - found["total"]
    found["batches"] = len(counted)
    reading = found["read"] + found["count"]
    found["rate"] = sum(batch["bases"] for batch in counted) / reading / 1e9 if reading else 0.0
    found["peak"] = max((peak_of(batch) for batch in counted), default=0)
    return found


def peak_of(batch: dict[str, Any]) -> int:
    """Peak memory in bytes of a batch of provenance.json."""
    return submit_peak(batch["peak_memory"], min(len(os.sched_getaffinity(0)), max(1, len(batch["per_sequence"]))))


def submit_peak(peak: dict[str, int], workers: int) -> int:
    """Peak memory in bytes: driver JVM + driver Python + `workers` times the largest worker."""
    return peak["jvm"] + peak["driver"] + workers * peak["worker"]


def task_memory(run: DagRun) -> dict[str, int]:
    """For each task, bytes above those of the process at its start, by its log; the largest of its instances."""
    found: dict[str, int] = {}
    for log in run.logs.rglob("*.log"):
        for above in re.findall(r"Memory: ([\d,]+) MB above", log.read_text(errors="replace")):
            task = next(part.removeprefix("task_id=") for part in log.parts if part.startswith("task_id="))
            found[task] = max(found.get(task, 0), int(above.replace(",", "")) * 1_000_000)
    return found


def lines(run: DagRun) -> list[Shown]:
    """Both breakdowns, for the terminal."""
    head = ["task", "instances", "total", "first start", "last end", ""]
    tasks = [
        (row["task"], str(row["instances"]), *(seconds(row[key]) for key in ("seconds", "first_start", "last_end")), "")
        for row in by_task(run)
    ]
    cpu = ", ".join(f"{name} {value:.1f}" for name, value in run.cpu.items())
    shown: list[Shown] = [
        f"DAG, {run.name}: published after {seconds(run.wall)}, known to the client after {seconds(run.client)}",
        ruled(head, tasks),
        f"no task running: {seconds(without_task(run))}. CPU seconds: {cpu}",
    ]
    above = ", ".join(f"{task} {memory(found)}" for task, found in sorted(task_memory(run).items()))
    shown.append(f"memory above the bare task process, at most: {above}")
    inside = inside_batches(run)
    if inside["batches"]:
        parts = ", ".join(f"{name} {seconds(inside[name])}" for name in ("outside", *_INSIDE, "task"))
        shown += [
            f"inside {counted(int(inside['batches']), 'batch', 'es')}, summed: {parts}",
            f"read + count: {inside['rate']:.2f} GB/s for each core; peak of a batch: {memory(int(inside['peak']))}"
            f" (JVM + driver + workers, by manifest), {memory(run.peak_submit)} (sampled)",
        ]
    return shown


def as_dict(run: DagRun) -> dict[str, Any]:
    """The run with both breakdowns, for JSON."""
    return run.as_dict() | {
        "by_task": by_task(run),
        "without_task": without_task(run),
        "inside_batches": inside_batches(run),
        "task_memory": task_memory(run),
    }
