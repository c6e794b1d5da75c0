"""Measure the seconds spent in each step of a chain of iterators."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


class _End:
    """Marks the end of an iterator; it equals no item."""


_END = _End()


class Clock:
    """Adds up the seconds spent in named sections and iterators. Time in an inner one does not count for the outer."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._stack: list[str] = []
        self._since = time.perf_counter()

    @contextlib.contextmanager
    def section(self, name: str) -> Iterator[None]:
        self._switch(name)
        try:
            yield
        finally:
            self._switch(None)

    def around(self, name: str, items: Iterator[T]) -> Iterator[T]:
        while True:
            with self.section(name):
                item = next(items, _END)
            if isinstance(item, _End):
                return
            yield item

    def _switch(self, name: str | None) -> None:
        now = time.perf_counter()
        if self._stack:
            self.seconds[self._stack[-1]] += now - self._since  # type: ignore[assignment]
        if name is None:
            self._stack.pop()
        else:
            self._stack.append(name)
        self._since = now
