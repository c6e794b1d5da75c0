"""Each sequence as a point: Nc plot, neutrality plot, PR2 plot."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from opengenome.core.measures.effective_number import expected_at
from opengenome.core.measures.names import NAMES
from opengenome.errors import number_of
from opengenome.io.dataset import SEQ_ID
from opengenome.report.figures.figure import Chart, Figure, Named, Table, drawn, layer_data, missing, tooltips
from opengenome.report.figures.largest import Groups
from opengenome.report.figures.sequences import NO_TABLE, Sequences
from opengenome.report.figures.theme import GUIDE

HEIGHT = 420
_SHARE: dict[str, Any] = {"scale": alt.Scale(domain=[0, 1]), "axis": alt.Axis(tickCount=5, format=".1f")}
_NC = "nc_plot", "Nc plot: effective number of codons against GC3s"
_NEUTRALITY = "neutrality_plot", "Neutrality plot: GC12 against GC3"
_PR2 = "pr2_plot", "PR2 plot: balance of complementary bases at third positions"


def scatter_plots(found: Sequences | None, groups: Groups | None) -> list[Figure]:
    """found: None if the run has no table by sequence. groups: None if it has no groups."""
    if found is None:
        return [missing(named, NO_TABLE) for named in (_NC, _NEUTRALITY, _PR2)]
    return [_nc(found, groups), _neutrality(found, groups), _pr2(found, groups)]


def points(table: Table, x: alt.X, y: alt.Y, groups: Groups | None) -> alt.Chart:
    """A point for each row that has both, more transparent the more there are."""
    many = max(1, len(table.frame))
    of_axes = (str(axis.shorthand).removesuffix(":Q") for axis in (x, y))
    numbers = (alt.Tooltip(f"{name}:Q", title=NAMES[name].symbol if name in NAMES else name) for name in of_axes)
    texts = [f"{SEQ_ID}:N", *(["group:N"] if groups else [])]
    opacity, size = float(np.clip(25 / many**0.5, 0.2, 0.75)), float(np.clip(2000 / many**0.5, 10, 40))
    mark = alt.Chart().mark_circle(opacity=round(opacity, 2), size=round(size))
    chart: alt.Chart = mark.encode(x=x, y=y, tooltip=[*tooltips(*texts), *numbers]).properties(height=HEIGHT)
    return chart.encode(color=groups.colour()) if groups else chart


def _nc(found: Sequences, groups: Groups | None) -> Figure:
    x = alt.X("gc3s:Q", **_SHARE, title=NAMES["gc3s"].label)
    y = alt.Y("enc_wright:Q", scale=alt.Scale(domain=[20, 64]), title=NAMES["enc_wright"].label)
    s = np.arange(101) / 100
    curve = layer_data(pd.DataFrame({"s": s, "expected": np.round(expected_at(s), 3)}))
    line = alt.Chart(curve).mark_line(style=GUIDE, tooltip=False).encode(x=alt.X("s:Q"), y=alt.Y("expected:Q"))
    text = (
        "Each point is a sequence. The curve is the ENC that GC3s alone would give under the standard code. Points well"
        " below it use fewer codons than their GC3s explains."
        f"{found.sampled}{_colours(groups)}"
        f"{_without(found, ('gc3s', 'enc_wright'), 'no ENC: too few codons')}"
    )
    return _figure(_NC, text, alt.LayerChart(layer=[points(found.table, x, y, groups), line]), found)


def _neutrality(found: Sequences, groups: Groups | None) -> Figure:
    fit = found.neutrality
    x = alt.X("gc3:Q", **_SHARE, title=NAMES["gc3"].label)
    y = alt.Y("gc12:Q", **_SHARE, title=NAMES["gc12"].label)
    layers = [points(found.table, x, y, groups), _line([(0, 0), (1, 1)], dash=[2, 4])]
    said = "There is no line, because GC3 does not vary."
    if fit.varies:
        layers.append(_line([(end, fit.at(end)) for end in (fit.lowest, fit.highest)]))
        r = f"{fit.r:.3f}" if np.isfinite(fit.r) else "undefined"
        said = f"The line is that of all sequences: slope {fit.slope:.3f}, r = {r}, n = {fit.n:,}."
    text = (
        f"Each point is a sequence. {said} A slope near 1 (the dotted line) suggests that mutation shapes all positions"
        " alike, one near 0 that selection holds the first two."
        f"{found.sampled}{_colours(groups)}{_without(found, ('gc3', 'gc12'), 'no codons')}"
    )
    return _figure(_NEUTRALITY, text, alt.LayerChart(layer=layers), found)


def _pr2(found: Sequences, groups: Groups | None) -> Figure:
    x = alt.X("pr2_gc:Q", **_SHARE, title=NAMES["pr2_gc"].symbol)
    y = alt.Y("pr2_at:Q", **_SHARE, title=NAMES["pr2_at"].symbol)
    centre = _line([(0.5, 0), (0.5, 1)]), _line([(0, 0.5), (1, 0.5)])
    text = (
        "Each point is a sequence; only amino acids with four synonymous codons count. In the centre A equals T and G"
        " equals C, as when mutation and selection do not tell the strands apart."
        f"{found.sampled}{_colours(groups)}"
        f"{_without(found, ('pr2_gc', 'pr2_at'), 'no point: too few such codons')}"
    )
    return _figure(_PR2, text, alt.LayerChart(layer=[points(found.table, x, y, groups), *centre]), found)


def _figure(named: Named, text: str, chart: Chart, found: Sequences) -> Figure:
    x, y = {_NC: ("gc3s", "enc_wright"), _NEUTRALITY: ("gc3", "gc12"), _PR2: ("pr2_gc", "pr2_at")}[named]
    if not found.both[x, y]:
        return missing(named, "No sequence has enough codons for a point.")
    return drawn(named, text, chart, found.table, points=True)


def _line(ends: list[tuple[float, float]], dash: list[int] | None = None) -> alt.Chart:
    """A line through (x, y), which says nothing about a sequence."""
    mark = alt.Chart(layer_data(pd.DataFrame(ends, columns=["x", "y"])))
    line: alt.Chart = mark.mark_line(style=GUIDE, tooltip=False, strokeDash=dash or [1, 0])
    return line.encode(x=alt.X("x:Q"), y=alt.Y("y:Q"))


def _colours(groups: Groups | None) -> str:
    return groups.said if groups else ""


def _without(found: Sequences, pair: tuple[str, str], what: str) -> str:
    lacking = found.total - found.both[pair]
    verb = "has" if lacking == 1 else "have"
    return f" {number_of(lacking, 'sequence')} {verb} {what}." if lacking else ""
