"""The progress of a run in bases: how many are counted, how fast, and how long the rest takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from opengenome.cli.watch import Look
from opengenome.flow import COUNT_CODONS
from opengenome.orchestration.labels import amount


class Pace:
    """The progress of one run, updated at each look. planned: bases of all batches. done: bases counted so far.

    The rate covers only batches that this run counts: batches committed by an earlier run take no time.
    """

    def __init__(self, bases: Sequence[int] = (), fresh: Sequence[bool] = ()) -> None:
        """bases: of each batch. fresh: whether this run has to count it."""
        self._bases, self._fresh = bases, fresh
        self.planned, self.done = sum(bases), 0
        self._began: tuple[float, int] | None = None  # seconds, and the fresh bases counted by then
        self._ended = self._now = 0.0  # when there were last news of counted bases; the last look
        self._counted = 0  # fresh bases

    @classmethod
    def of(cls, planned: object) -> Pace:
        """From what the task `plan` returned; without bases for anything else."""
        try:
            batches = [(int(one["bases"]), bool(one["reason"] or one["recount"])) for one in planned]  # type: ignore[attr-defined]
        except (TypeError, KeyError, ValueError):
            return cls()
        return cls(*zip(*batches, strict=True)) if batches else cls()

    def see(self, look: Look, within: Mapping[int, int] = MappingProxyType({})) -> None:
        """Update the progress from the run's current state. within: bases counted of running batches, by number."""
        tasks = [task for task in look.tasks if task.task == COUNT_CODONS and 0 <= task.index < len(self._bases)]
        ended = [task.index for task in tasks if task.state == "success"]
        running = {task.index: within.get(task.index, 0) for task in tasks if task.state == "running"}
        done = {index: self._bases[index] for index in ended} | running
        counted = sum(bases for index, bases in done.items() if self._fresh[index])
        if self._began is None and any(task.state in ("running", "success") for task in tasks):
            self._began = look.elapsed, counted
        if counted != self._counted:
            self._ended = look.elapsed
        self.done, self._counted, self._now = sum(done.values()), counted, look.elapsed

    @property
    def rate(self) -> float:
        """Bases each second, up to the last news; 0 before the first. A batch that starts anew takes some back."""
        began, before = self._began or (0.0, 0)
        return max(0.0, (self._counted - before) / (self._ended - began)) if self._ended > began else 0.0

    @property
    def left(self) -> float | None:
        """Seconds until all is counted; None if unknown."""
        if not self.rate:
            return None
        fresh = sum(bases for bases, fresh in zip(self._bases, self._fresh, strict=True) if fresh)
        return max(0.0, (fresh - self._counted) / self.rate - (self._now - self._ended))

    def words(self) -> str:
        """`65.7 of 151.2 Mnt · 8 s left · 11.2 Mnt/s`; a narrow screen cuts the end."""
        planned = amount(self.planned, "Mnt", "nt")
        done = f"{self.done / 1e6:,.1f}" if planned.endswith("Mnt") else f"{self.done:,}"
        found = [f"{done} of {planned}"]
        if self.left:
            found += [f"{duration(self.left)} left", f"{amount(round(self.rate), 'Mnt', 'nt')}/s"]
        return " · ".join(found)


def duration(seconds: float) -> str:
    """`8 s`, `2 min 5 s`, `3 h 4 min`."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s"
