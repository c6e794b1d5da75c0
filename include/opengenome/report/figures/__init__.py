"""The figures of the report: each made of published tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from opengenome.report.material import Material


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and the table that it shows.

    name: of its files when they are downloaded, such as `nc_plot`. text: what it shows, in one or two sentences, with
    what was sampled or is missing; also its alternative text. chart: a Vega-Lite specification with its data inline;
    None if there is nothing to draw, and `text` says why.
    """

    name: str
    title: str
    text: str
    chart: dict[str, Any] | None
    data: pd.DataFrame


def figures(material: Material) -> list[Figure]:
    """The figures of a run, in the order of the page."""
    del material
    return []
