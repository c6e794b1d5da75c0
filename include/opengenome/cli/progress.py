"""Show the progress of a run: redrawn in place on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Self

from opengenome.cli.pace import Pace
from opengenome.cli.terminal import can_draw, console, draw
from opengenome.cli.watch import FINISHED, Display, Look, TaskState
from opengenome.errors import EngineError
from opengenome.flow import COUNT_CODONS, TASKS

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_SIGNS = {"success": "✓", "failed": "✗", "upstream_failed": "–", "skipped": "–", "running": "▸", "up_for_retry": "↻"}
_COLOURS = {"success": "green", "failed": "bold red", "running": "cyan", "up_for_retry": "yellow"}
_ACTIVE = ("running", "up_for_retry", "failed")
_QUEUED = 3.0  # seconds after which a line says that a run waits in the queue
_MOST_LINES = 6  # of mapped instances under one task
_BAR, _SHORTEST = 30, 8  # columns
_WORDS = 45  # columns reserved beside the bar, so that its length does not change

Planned = Callable[[], object]
Within = Callable[[int], int]


def display_for(
    out: IO[str], seen: Iterable[TaskState] = (), planned: Planned = list, within: Within = lambda _: 0
) -> Display:
    """A Screen if `out` is a terminal that can move its cursor, else Lines."""
    return Screen(out, planned, within) if can_draw(out) else Lines(out, seen)


class Lines:
    """For logs and pipes: one line for each change, with the seconds since the start. seen: states already shown."""

    def __init__(self, out: IO[str], seen: Iterable[TaskState] = ()) -> None:
        self._out = out
        self._seen = {(task.task, task.index): (task.state, task.attempt) for task in seen}
        self._queued = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to do."""

    def note(self, text: str) -> None:
        """Print a line."""
        print(text, file=self._out, flush=True)

    def show(self, look: Look) -> None:
        """Print what changed since the last look."""
        if look.state == "queued" and look.elapsed > _QUEUED and not self._queued:
            self._queued = True
            self.note(f"{look.elapsed:7.1f} s  waiting for Airflow to start the run")
        for task in sorted(look.tasks, key=_order):
            key, now = (task.task, task.index), (task.state, task.attempt)
            if task.state in _ACTIVE or task.state in FINISHED - {"upstream_failed"}:  # the failure says enough
                if self._seen.get(key) != now:
                    self.note(f"{look.elapsed:7.1f} s  {task.name}: {_words(task)}")
                self._seen[key] = now


class Screen:
    """The whole run, redrawn in place. Two callables ask Airflow and may raise EngineError.

    planned: the XCom of `plan`. within: the bases that a running batch has counted, by its number.
    Inside its `with` block, lines printed to standard error appear above the drawing.
    """

    def __init__(self, out: IO[str], planned: Planned = list, within: Within = lambda _: 0) -> None:
        from rich.live import Live

        # Standard output may be redirected to a file, so it is left alone.
        self._live = Live(console=console(out), auto_refresh=False, redirect_stdout=False)
        self._planned, self._within, self._pace = planned, within, Pace()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, look: Look) -> None:
        """Draw this look over the last one."""
        from rich.console import Group

        if not self._pace.planned and any(task.task == COUNT_CODONS and task.index >= 0 for task in look.tasks):
            with contextlib.suppress(EngineError):  # the next look asks again
                self._pace = Pace.of(self._planned())
        self._pace.see(look, self._counted(look))
        self._live.update(Group(*drawn(look, self._pace, self._live.console.width)), refresh=True)

    def _counted(self, look: Look) -> dict[int, int]:
        """The bases that running batches have counted."""
        running = [task.index for task in look.tasks if task.task == COUNT_CODONS and task.state == "running"]
        with contextlib.suppress(EngineError):
            return {index: self._within(index) for index in running[:_MOST_LINES]}
        return {}

    def note(self, text: str) -> None:
        """Print a line that stays above the drawing."""
        draw([text], self._live.console)


def drawn(look: Look, pace: Pace, width: int) -> Iterator[RenderableType]:
    """The run line by line. width: columns of the screen."""
    yield _line("", f"{look.state} · {look.elapsed:.0f} s")
    groups: dict[str, list[TaskState]] = {}
    for task in sorted(look.tasks, key=_order):
        groups.setdefault(task.task, []).append(task)
    for name, members in groups.items():
        if members[0].index < 0:
            yield _line(members[0].state, f" {name}{_suffix(members[0])}", 2)
            continue
        counts = Counter(member.state for member in members)
        others = ", ".join(f"{count} {_plain(state)}" for state, count in counts.items() if state != "success")
        yield _line(_overall(counts), f" {name} {counts['success']}/{len(members)}{others and f' ({others})'}", 2)
        if name == COUNT_CODONS and pace.planned:
            yield _bar(pace, width)
        active = [member for member in members if member.state in _ACTIVE]
        for member in active[:_MOST_LINES]:
            yield _line(member.state, f" {member.label}{_suffix(member)}", 6)


def _line(state: str, text: str, indent: int = 0) -> Text:
    """A line that is cut at the edge of the screen. state: chooses the sign before it; "" for none."""
    from rich.text import Text

    sign = _SIGNS.get(state, "·") if state else ""
    return Text.assemble(" " * indent, (sign, _COLOURS.get(state, "dim")), text, no_wrap=True, overflow="ellipsis")


def _bar(pace: Pace, width: int) -> RenderableType:
    """The progress of the batches in bases. A narrow screen shows the numbers alone."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    text = _line("", pace.words())
    room = min(_BAR, width - 6 - 2 - max(_WORDS, len(text)))
    if room < _SHORTEST:
        return _line("", pace.words(), 6)
    bar = ProgressBar(pace.planned, pace.done, room, complete_style="cyan", finished_style="green")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_row("    ", bar, text)
    return grid


def _order(task: TaskState) -> tuple[int, str, int]:
    """Sort by the order of the flow, unknown tasks last."""
    place = TASKS.index(task.task) if task.task in TASKS else len(TASKS)
    return place, task.task, task.index


def _overall(counts: Counter[str]) -> str:
    for state in ("failed", "running", "up_for_retry"):
        if counts[state]:
            return state
    return "success" if set(counts) == {"success"} else "waiting"


def _plain(state: str) -> str:
    return {"up_for_retry": "to be retried", "upstream_failed": "not run"}.get(state, state)


def _words(task: TaskState) -> str:
    return f"{_plain(task.state)}{_suffix(task)}"


def _suffix(task: TaskState) -> str:
    """The number of the attempt, if the task was retried."""
    if task.state in ("running", "success", "failed") and task.attempt > 1:
        return f" (attempt {task.attempt} of {task.attempts})"
    if task.state == "up_for_retry":
        return f" (attempt {task.attempt} of {task.attempts} failed)"
    return ""
