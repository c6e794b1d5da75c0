"""What a figure is, and how a chart and its table become one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from opengenome.core.measures.arrays import Floats
from opengenome.io.csv_text import FORMULA

_DIGITS = 4
_FORMULA = re.compile(FORMULA)
_NO_DATA = "empty"  # Altair's name for the data of a chart without any
_CANVAS = {"embedOptions": {"renderer": "canvas"}}  # thousands of points are slow as SVG


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and the table that it shows.

    name: of its files when they are downloaded, such as `nc_plot`. text: what it shows, in a few sentences, with what
    was sampled or is missing; also its alternative text. chart: a Vega-Lite specification with its data inline; None if
    there is nothing to draw, and `text` says why. Its `data` has `data` as CSV; figures of the same sequences have an
    equal one, so a page needs to hold it only once. Colours are those of `theme.theme`.
    """

    name: str
    title: str
    text: str
    chart: dict[str, Any] | None
    data: pd.DataFrame


class Table:
    """The table of one or several figures, numbers rounded to four significant digits."""

    def __init__(self, name: str, frame: pd.DataFrame) -> None:
        self.name = name
        frame = frame.reset_index(drop=True)
        self.frame = frame.assign(**{column: _rounded(frame[column].to_numpy()) for column in _floats(frame)})

    @cached_property
    def inline(self) -> dict[str, Any]:
        """The data of a specification: CSV, which is a third as long as JSON. Texts as in `csv_text`."""
        texts = self.frame.select_dtypes(exclude="number").columns
        guarded = self.frame.assign(**{name: self.frame[name].map(safe) for name in texts})
        parse = {name: "string" if name in texts else "number" for name in self.frame.columns}
        values = guarded.to_csv(index=False, lineterminator="\n")
        return {"name": self.name, "values": values, "format": {"type": "csv", "parse": parse}}


Chart = alt.Chart | alt.LayerChart | alt.FacetChart
Named = tuple[str, str]  # name and title


def drawn(named: Named, text: str, chart: Chart, table: Table, *, points: bool = False) -> Figure:
    """A figure as wide as its place. points: whether it has so many marks that it is drawn on a canvas."""
    name, title = named
    spec: dict[str, Any] = chart.properties(description=f"{title}. {text}", width="container").to_dict(validate=False)
    del spec["config"]  # Altair's own theme
    for layer in spec.get("layer", ()):
        if layer.get("data") == {"name": _NO_DATA}:
            del layer["data"]  # it has that of the whole
    spec.get("datasets", {}).pop(_NO_DATA, None)
    spec["data"] = table.inline
    if points:
        spec["usermeta"] = _CANVAS
    return Figure(name, title, text, spec, table.frame)


def missing(named: Named, why: str) -> Figure:
    """A figure that cannot be drawn."""
    return Figure(*named, why, None, pd.DataFrame())


def layer_data(frame: pd.DataFrame) -> alt.InlineData:
    """A small table of a layer that shows no data of the run, such as a curve."""
    return alt.InlineData(values=frame.to_dict("records"))


def tooltips(*columns: str) -> list[alt.Tooltip]:
    """What a mark says of its row. Altair takes plain texts too, but looks long for the class of each channel."""
    return [alt.Tooltip(column) for column in columns]


def safe(text: str) -> str:
    """A text as it stands in the CSV. Vega cannot draw the one name that no JavaScript object may have as a key."""
    return f"'{text}" if text == "__proto__" or _FORMULA.match(text) else text


def shortened(letters: int) -> str:
    """A Vega expression for a label of at most so many letters, without the apostrophe of `safe`.

    Names often begin alike, so their ends are kept too.
    """
    begin, end = (letters - 1) // 2, letters // 2
    name = """(slice(datum.label, 0, 1) == "'" ? slice(datum.label, 1) : datum.label)"""
    return f"length({name}) > {letters} ? slice({name}, 0, {begin}) + '…' + slice({name}, -{end}) : {name}"


def _floats(frame: pd.DataFrame) -> list[str]:
    return list(frame.select_dtypes(include="float64").columns)


def _rounded(values: Floats) -> Floats:
    """Four significant digits, each the nearest double, so that its shortest text has no more; NaN stays."""
    known = np.isfinite(values) & (values != 0)
    decimals = np.zeros(values.shape)
    decimals[known] = _DIGITS - 1 - np.floor(np.log10(np.abs(values[known])))
    # A power of ten below 1 is not exact, so large numbers are divided by one above 1 instead.
    up, down = 10.0 ** np.maximum(decimals, 0), 10.0 ** np.maximum(-decimals, 0)
    return np.asarray(np.round(values * up / down) * down / up)
