"""The folder that nf-core's pipelines have too: parameters, versions, and when each task ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from opengenome import flow
from opengenome.core.model import spark_seconds
from opengenome.errors import printable
from opengenome.report.described import as_json, source_name, versions_yaml
from opengenome.report.material import Material, TaskTrace

# Nextflow's names and forms. What we do not know is "-", as there.
_COLUMNS = (
    *("task_id", "hash", "native_id", "name", "status", "exit", "submit", "duration", "realtime", "%cpu", "peak_rss"),
    *("peak_vmem", "rchar", "wchar", "attempt", "hostname"),
)
_UNKNOWN = "-"
_SECONDS, _MINUTES, _HOURS = 1, 60, 3600
_WIDTH = 1000  # of a bar's drawing, in its own units

_STYLE = """
:root { color-scheme: light dark; --bar: #0072b2; --reused: #999999; }
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .15rem .6rem .15rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.bar { width: 45%; }
svg { display: block; width: 100%; height: .8rem; }
rect { fill: var(--bar); } rect.reused { fill: var(--reused); }
@media (max-width: 40rem) { td, th { overflow-wrap: anywhere; } :is(td, th):is(:nth-child(4), :nth-child(5)) { display: none; } }
"""  # noqa: E501  (CSS)


def pipeline_info(material: Material) -> dict[str, bytes]:
    """The files by name, below the results folder."""
    return {
        flow.PARAMS: as_json(material.provenance["parameters"]),
        flow.SOFTWARE: versions_yaml(material),
        flow.TRACE: _trace(material),
        flow.TIMELINE: _timeline(material),
    }


def _trace(material: Material) -> bytes:
    """A table with tabs between its columns, a line for each task; of an unknown trace, for each batch."""
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for number, told in enumerate(_tasks(material), 1):
        values = {"task_id": str(number), **told}
        rows.append(tuple(printable(values.get(column, _UNKNOWN)) for column in _COLUMNS))
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def _tasks(material: Material) -> Iterator[dict[str, str]]:
    batches = _batches(material)
    if not material.trace:
        yield from (
            _batch(batch) | {"name": f"{flow.COUNT_CODONS} ({number + 1})"} for number, batch in batches.items()
        )
    for task in material.trace:
        counted = batches.get(task.index, {}) if task.task == flow.COUNT_CODONS else {}
        memory = {"peak_rss": _memory(task.peak_memory)} if task.peak_memory else {}
        yield {
            "name": f"{task.task} ({task.label})" if task.label != task.task else task.task,
            "status": "COMPLETED",
            "exit": "0",
            "submit": f"{_time(task.started):%Y-%m-%d %H:%M:%S}.{_time(task.started).microsecond // 1000:03d}",
            "duration": _duration(task.seconds),
            "realtime": _duration(task.seconds),
            "attempt": str(task.attempt),
            "hostname": task.host or _UNKNOWN,
            **memory,
            **_batch(counted),
        }


def _batches(material: Material) -> dict[int, Mapping[str, Any]]:
    return {int(batch["batch"]): batch for batch in material.provenance["batches"]}


def _batch(batch: Mapping[str, Any]) -> dict[str, str]:
    """What provenance knows of a batch. Times and memory of a reused one are those of an earlier run."""
    if not batch:
        return {}
    key, told = batch["key"], {"status": "CACHED" if batch["reused"] else "COMPLETED", "exit": "0"}
    told["hash"] = f"{key[:2]}/{key[2:8]}"
    if batch["reused"]:
        return told
    if seconds := spark_seconds(batch["timings"]):
        told["realtime"] = _duration(seconds)
    if memory := sum(batch["peak_memory"].values()):
        told["peak_rss"] = _memory(memory)
    return told


def _timeline(material: Material) -> bytes:
    """A page without scripts: a table of the tasks with a bar for each."""
    name = escape(source_name(material))
    run = escape(printable(str(material.provenance["run"])))
    if material.trace:
        begin = min(task.started for task in material.trace)
        length = max(task.started + task.seconds for task in material.trace) - begin
        rows = "".join(_row(*both, begin, length) for both in zip(material.trace, _tasks(material), strict=True))
        told = f"From {_time(begin):%Y-%m-%d %H:%M:%S} UTC on, {_duration(length)}. Gray: reused from an earlier run."
        numbers = "".join(f'<th scope="col" class="number">{one}' for one in ("Start", "Duration", "Attempt", "Memory"))
        head = f'<tr><th scope="col">Task{numbers}<th scope="col">When</tr>'
        body = f"<table><thead>{head}</thead><tbody>\n{rows}</tbody></table>"
    else:
        told, body = "When the tasks ran is not known.", ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Timeline of {name}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>\n<h1>Timeline of {name}</h1>\n<p>Run {run}. {told}</p>\n{body}\n"
        "</main></body></html>\n"
    ).encode()


def _row(task: TaskTrace, told: Mapping[str, str], begin: float, length: float) -> str:
    """A row of the timeline. told: what the trace says of the task."""
    start, scale = task.started - begin, _WIDTH / (length or 1)
    kind = ' class="reused"' if told["status"] == "CACHED" else ""
    numbers = (f"+{_duration(start)}", told["duration"], told["attempt"], told.get("peak_rss", _UNKNOWN))
    cells = "".join(f'<td class="number">{text}' for text in numbers)
    bar = (
        f'<svg viewBox="0 0 {_WIDTH} 10" preserveAspectRatio="none" aria-hidden="true"><rect{kind} y="0" height="10"'
        f' x="{start * scale:.1f}" width="{max(task.seconds * scale, 2):.1f}"/></svg>'
    )
    return f'<tr><td>{escape(printable(told["name"]))}{cells}<td class="bar">{bar}</tr>\n'


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _duration(seconds: float) -> str:
    """As Nextflow writes it: 350ms, 2.5s, 3m 7s, 1h 2m 5s."""
    if seconds < _SECONDS:
        return f"{seconds * 1000:.0f}ms"
    if round(seconds, 1) < _MINUTES:
        return f"{seconds:.1f}s".replace(".0s", "s")
    whole = round(seconds)
    hours, minutes = whole // _HOURS, whole % _HOURS // _MINUTES
    return f"{f'{hours}h ' if hours else ''}{minutes}m {whole % _MINUTES}s"


def _memory(size: int) -> str:
    """As Nextflow writes it: in units of 1024, such as 85.8 MB."""
    number, unit = float(size), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{number:.1f} {unit}".replace(".0 ", " ")
