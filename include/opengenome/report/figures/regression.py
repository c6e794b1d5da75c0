"""The line of least squares through points that pass by in a stream."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np

from opengenome.core.measures.arrays import Floats

_NEAR = 0.5  # shares lie round it; sums of distances from it lose no digits


@dataclass
class Regression:
    """Of y on x. n: how many points have both. lowest, highest: x of the outermost ones."""

    n: int = 0
    lowest: float = inf
    highest: float = -inf
    _x: float = 0.0
    _y: float = 0.0
    _xx: float = 0.0
    _xy: float = 0.0
    _yy: float = 0.0

    def add(self, x: Floats, y: Floats) -> None:
        """x, y: (n,); a point without one of them is left out."""
        both = np.isfinite(x) & np.isfinite(y)
        if not both.any():
            return
        self.lowest, self.highest = min(self.lowest, float(x[both].min())), max(self.highest, float(x[both].max()))
        u, v = x[both] - _NEAR, y[both] - _NEAR
        self.n += len(u)
        self._x, self._y = self._x + float(u.sum()), self._y + float(v.sum())
        self._xx, self._xy = self._xx + float((u * u).sum()), self._xy + float((u * v).sum())
        self._yy += float((v * v).sum())

    @property
    def varies(self) -> bool:
        """Whether there is a line: points at two places of x or more."""
        return self.highest > self.lowest

    @property
    def slope(self) -> float:
        return self._within(self._xy, self._x, self._y) / self._within(self._xx, self._x, self._x)

    @property
    def intercept(self) -> float:
        return self._y / self.n + _NEAR - self.slope * (self._x / self.n + _NEAR)

    @property
    def r(self) -> float:
        """Pearson's correlation; NaN if y does not vary."""
        squares = self._within(self._xx, self._x, self._x) * self._within(self._yy, self._y, self._y)
        return self._within(self._xy, self._x, self._y) / sqrt(squares) if squares > 0 else nan

    def at(self, x: float) -> float:
        return self.intercept + self.slope * x

    def _within(self, products: float, a: float, b: float) -> float:
        return products - a * b / self.n
