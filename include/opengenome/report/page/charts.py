"""The figures as data of the page: packed text that no browser runs, or parses before a figure is drawn."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

from opengenome.report.figures import Figure


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure. spec: its Vega-Lite specification without its table, packed; "" if there is nothing to draw.

    table: the number of its table. kinds: "number" or "string" by column, as JSON.
    """

    name: str
    title: str
    text: str
    spec: str = ""
    table: int = -1
    kinds: str = "{}"


def charts(drawn: list[Figure]) -> tuple[list[Chart], list[str]]:
    """The figures, and their tables as CSV, packed; figures with equal tables share one.

    Raises ValueError for a specification that is not JSON: NaN is null there.
    """
    tables: dict[str, int] = {}
    made = [_chart(figure, tables) for figure in drawn]
    return made, [_packed(text) for text in tables]


def _chart(figure: Figure, tables: dict[str, int]) -> Chart:
    told = figure.name, figure.title, figure.text
    if figure.chart is None:
        return Chart(*told)
    spec: dict[str, Any] = {**figure.chart}
    data = spec.pop("data")
    number = tables.setdefault(data["values"], len(tables))
    return Chart(*told, _packed(json.dumps(spec, allow_nan=False)), number, json.dumps(data["format"]["parse"]))


def _packed(text: str) -> str:
    """Base64 of gzip, which needs no escaping."""
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()
