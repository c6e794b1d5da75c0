"""How lengths and GC spread over all sequences, and GC by codon position."""

from __future__ import annotations

import altair as alt
import pandas as pd

from opengenome.errors import number_of
from opengenome.report.figures.figure import Figure, Named, Table, drawn, missing, tooltips
from opengenome.report.figures.histogram import Histogram
from opengenome.report.figures.sequences import LENGTH, NO_TABLE, Sequences
from opengenome.report.figures.theme import CATEGORIES

_HEIGHT = 260
_FEW = 6  # sequences in the fullest bin, each of which has a tick
_POSITIONS = {"gc1": "GC1", "gc2": "GC2", "gc3": "GC3"}
_BY_POSITION = "gc_by_position", "GC by codon position"
_LENGTHS = "length_distribution", "Lengths of the sequences"
_GC = "gc_distribution", "GC of the sequences"


def distributions(found: Sequences | None) -> list[Figure]:
    """found: None if the run has no table by sequence."""
    if found is None:
        return [missing(named, NO_TABLE) for named in (_BY_POSITION, _LENGTHS, _GC)]
    return [_by_position(found), _lengths(found), _gc(found)]


def _by_position(found: Sequences) -> Figure:
    each = {_POSITIONS[name]: found.histograms[name] for name in _POSITIONS}
    if not each["GC1"].known:
        return missing(_BY_POSITION, "No sequence has a codon.")
    begins, ends = zip(*(histogram.span() for histogram in each.values()), strict=True)
    # A margin of empty bins, so that the outlines end on the axis.
    bins = {position: histogram.bins((min(begins), max(ends)), margin=1) for position, histogram in each.items()}
    frames = [frame.assign(position=position) for position, frame in bins.items()]
    table = Table("gc_by_position", pd.concat(frames, ignore_index=True))
    names = list(_POSITIONS.values())
    chart = alt.Chart().transform_calculate(middle="(datum.from + datum.to) / 2").mark_line(strokeWidth=2).encode(
        x=alt.X("middle:Q", title="Share of G and C", axis=alt.Axis(tickCount=5)),
        y=_sequences(table),
        color=alt.Color("position:N", scale=alt.Scale(domain=names, range=CATEGORIES[:3]), title="Codon position"),
        strokeDash=alt.StrokeDash("position:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 3], [2, 2]])),
        tooltip=tooltips("position:N", "from:Q", "to:Q", "sequences:Q"),
    )  # fmt: skip
    means = ", ".join(f"{position} {histogram.total / histogram.known:.3f}" for position, histogram in each.items())
    text = (
        f"{_all(each['GC1'].known)}, by the share of G and C at first, second and third positions."
        f" Means: {means}. GC3 follows mutation most freely, because it changes the protein least."
        f"{_lacking(each['GC1'], 'no codons')}"
    )
    return drawn(_BY_POSITION, text, chart.properties(height=_HEIGHT), table)


def _lengths(found: Sequences) -> Figure:
    histogram = found.histograms[LENGTH]
    if not histogram.known:
        return missing(_LENGTHS, "No sequence has a base.")
    bins = histogram.bins()
    scale, axis = alt.Scale(type="log", nice=False), _lengths_axis(bins["from"].iloc[0], bins["to"].iloc[-1])
    x = alt.X("from:Q", bin="binned", title="Length in bases (logarithmic axis)", scale=scale, axis=axis)
    text = (
        f"{_all(histogram.known)} by length; the mean is {histogram.total / histogram.known:,.0f}"
        f" bases. Each bar spans the same ratio of lengths.{_lacking(histogram, 'no base')}"
    )
    return _bars(_LENGTHS, text, histogram, x)


def _lengths_axis(low: float, high: float) -> alt.Axis:
    """Labels at 1, 2 and 5 of each power of ten: Vega would label many small lengths, and none of the largest."""
    ticks = [ten * one for ten in (10**power for power in range(12)) for one in (1, 2, 5) if low <= ten * one <= high]
    return alt.Axis(format=",d", values=ticks) if len(ticks) > 2 else alt.Axis(format=",d")


def _gc(found: Sequences) -> Figure:
    histogram = found.histograms["gc"]
    if not histogram.known:
        return missing(_GC, "No sequence has a codon.")
    scale = alt.Scale(zero=False, nice=False)
    x = alt.X("from:Q", bin="binned", title="Share of G and C in the counted codons", scale=scale)
    text = (
        f"{_all(histogram.known)} by GC; the mean is {histogram.total / histogram.known:.3f}."
        f" Several peaks suggest several kinds of sequences.{_lacking(histogram, 'no codons')}"
    )
    return _bars(_GC, text, histogram, x)


def _bars(named: Named, text: str, histogram: Histogram, x: alt.X) -> Figure:
    table = Table(named[0], histogram.bins())
    chart = alt.Chart().mark_bar(binSpacing=0.5).encode(
        x=x,
        x2=alt.X2("to:Q"),
        y=_sequences(table),
        tooltip=tooltips("from:Q", "to:Q", "sequences:Q"),
    )  # fmt: skip
    return drawn(named, text, chart.properties(height=_HEIGHT), table)


def _sequences(table: Table) -> alt.Y:
    """The axis of numbers of sequences. Vega would divide an axis that ends at 1 or 2 into halves."""
    most = int(table.frame["sequences"].max())
    whole = alt.Axis(format=",d", values=list(range(most + 1))) if most < _FEW else alt.Axis(format=",d", tickMinStep=1)
    return alt.Y("sequences:Q", title="Sequences", axis=whole)


def _all(number: int) -> str:
    return f"All {number:,} sequences" if number > 1 else "One sequence"


def _lacking(histogram: Histogram, what: str) -> str:
    verb = "has" if histogram.missing == 1 else "have"
    return f" {number_of(histogram.missing, 'sequence')} {verb} {what}." if histogram.missing else ""
