"""Showing a run while it happens: redrawn in place on a terminal, a line per change elsewhere."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO

from opengenome.cli.watch import FINISHED, Display, Look, TaskState
from opengenome.flow import TASKS

_SIGNS = {"success": "✓", "failed": "✗", "upstream_failed": "–", "skipped": "–", "running": "▸", "up_for_retry": "↻"}
_ACTIVE = ("running", "up_for_retry", "failed")
_QUEUED = 3.0  # seconds after which it is said that a run waits for its turn
_MOST_LINES = 6  # of mapped instances under one task


def display_for(out: IO[str], seen: Iterable[TaskState] = ()) -> Display:
    """A screen where `out` is a terminal that can move its cursor, else lines. seen: as of Lines."""
    moves = out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return Screen(out) if moves else Lines(out, seen)


class Lines:
    """One line per change, with the seconds since the start: for logs and pipes. seen: states that are no change."""

    def __init__(self, out: IO[str], seen: Iterable[TaskState] = ()) -> None:
        self._out = out
        self._seen = {(task.task, task.index): (task.state, task.attempt) for task in seen}
        self._queued = False

    def note(self, text: str) -> None:
        """Print a line of its own."""
        print(text, file=self._out, flush=True)

    def show(self, look: Look) -> None:
        """Print what changed since the last look."""
        if look.state == "queued" and look.elapsed > _QUEUED and not self._queued:
            self._queued = True
            self.note(f"{look.elapsed:7.1f} s  waiting until Airflow takes up the run")
        for task in sorted(look.tasks, key=_order):
            key, now = (task.task, task.index), (task.state, task.attempt)
            if task.state in _ACTIVE or task.state in FINISHED:
                if self._seen.get(key) != now:
                    print(f"{look.elapsed:7.1f} s  {task.name}: {_words(task)}", file=self._out, flush=True)
                self._seen[key] = now


class Screen:
    """The whole run, redrawn in place."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._height = 0

    def show(self, look: Look) -> None:
        """Draw over the last look."""
        size = shutil.get_terminal_size()
        # What has scrolled out at the top cannot be drawn over.
        lines = [line[: size.columns - 1] for line in drawn(look)][: max(1, size.lines - 1)]
        up = f"\x1b[{self._height}A" if self._height else ""
        self._out.write(up + "".join(f"\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        self._out.flush()
        self._height = len(lines)

    def note(self, text: str) -> None:
        """Print a line that stays, above what is drawn next."""
        up = f"\x1b[{self._height}A\x1b[J" if self._height else ""
        self._out.write(f"{up}{text}\n")
        self._out.flush()
        self._height = 0


def drawn(look: Look) -> Iterator[str]:
    """The run as lines of text."""
    yield f"{look.state} · {look.elapsed:.0f} s"
    groups: dict[str, list[TaskState]] = {}
    for task in sorted(look.tasks, key=_order):
        groups.setdefault(task.task, []).append(task)
    for name, members in groups.items():
        if members[0].index < 0:
            yield f"  {_sign(members[0].state)} {name}{_suffix(members[0])}"
            continue
        counts = Counter(member.state for member in members)
        others = ", ".join(f"{count} {_plain(state)}" for state, count in counts.items() if state != "success")
        yield f"  {_sign(_overall(counts))} {name} {counts['success']}/{len(members)}{others and f' ({others})'}"
        active = [member for member in members if member.state in _ACTIVE]
        for member in active[:_MOST_LINES]:
            yield f"      {_sign(member.state)} {member.label}{_suffix(member)}"


def _order(task: TaskState) -> tuple[int, str, int]:
    """In the order of the flow; a task that it does not name comes after it."""
    place = TASKS.index(task.task) if task.task in TASKS else len(TASKS)
    return place, task.task, task.index


def _overall(counts: Counter[str]) -> str:
    for state in ("failed", "running", "up_for_retry"):
        if counts[state]:
            return state
    return "success" if set(counts) == {"success"} else "waiting"


def _sign(state: str) -> str:
    return _SIGNS.get(state, "·")


def _plain(state: str) -> str:
    return {"up_for_retry": "to be retried", "upstream_failed": "not run"}.get(state, state)


def _words(task: TaskState) -> str:
    return f"{_plain(task.state)}{_suffix(task)}"


def _suffix(task: TaskState) -> str:
    """Which attempt it is, where that says something."""
    if task.state in ("running", "success", "failed") and task.attempt > 1:
        return f" (attempt {task.attempt} of {task.attempts})"
    if task.state == "up_for_retry":
        return f" (attempt {task.attempt} of {task.attempts} failed)"
    return ""
