"""The order of rows in a clustered heat map: hierarchical clustering by average linkage (UPGMA)."""

from __future__ import annotations

import numpy as np

from opengenome.core.measures.arrays import Floats


def leaf_order(rows: Floats) -> list[int]:
    """The rows in the order of the leaves of their tree. Time: n³ of n rows, which is nothing for a hundred.

    rows: (n, m), NaN where unknown. The distance of two rows is the root mean square of their differences where both
    are known, and the largest distance of all if nowhere. Joined clusters are turned so that their nearest ends meet.
    Source: Sokal & Michener 1958.
    """
    distances = _distances(rows)
    between = distances.copy()
    np.fill_diagonal(between, np.inf)
    clusters = [[row] for row in range(len(rows))]
    for _ in range(len(rows) - 1):
        a, b = sorted(divmod(int(between.argmin()), len(rows)))
        size_a, size_b = len(clusters[a]), len(clusters[b])
        together = (size_a * between[a] + size_b * between[b]) / (size_a + size_b)
        between[a], between[:, a] = together, together
        between[b], between[:, b], between[a, a] = np.inf, np.inf, np.inf
        clusters[a] = _joined(clusters[a], clusters[b], distances)
    return clusters[0] if clusters else []


def _joined(a: list[int], b: list[int], distances: Floats) -> list[int]:
    ways = [(left, right) for left in (a, a[::-1]) for right in (b, b[::-1])]
    left, right = min(ways, key=lambda way: distances[way[0][-1], way[1][0]])
    return left + right


def _distances(rows: Floats) -> Floats:
    """(n, n), symmetric to the last bit."""
    found = np.full((len(rows), len(rows)), np.nan)
    known = ~np.isnan(rows)
    for k, row in enumerate(rows):
        both = known & known[k]
        squares = np.where(both, (rows - row) ** 2, 0.0).sum(axis=1)
        found[k] = np.sqrt(squares / np.where(both.any(axis=1), both.sum(axis=1), np.nan))
    return np.where(np.isnan(found), np.nanmax(found, initial=0.0), found)
