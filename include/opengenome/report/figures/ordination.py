"""Sequences on the axes along which their synonymous codon usage differs most: what ordination.csv says, drawn."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from opengenome import flow
from opengenome.errors import number_of, readable
from opengenome.io.dataset import SEQ_ID
from opengenome.report.figures.figure import Figure, Named, Table, drawn, missing
from opengenome.report.figures.largest import Groups
from opengenome.report.figures.scatter import points
from opengenome.report.figures.sequences import GROUP
from opengenome.report.material import Material

_ANALYSES = (
    (("pca_of_rscu", "Principal components of RSCU"), "pca", "principal_components"),
    (("correspondence_of_rscu", "Correspondence analysis of RSCU"), "ca", "correspondence"),
)
_NOT_ASKED = "This run has no ordination. Start it with --ordination (in the form: tick “Ordination”)."


def ordinations(material: Material, groups: Groups | None) -> list[Figure]:
    """groups: None if the run has no groups."""
    told = material.summary.get("ordination")
    if told is None or not material.has(flow.ORDINATION):
        why = f"There is no ordination: {told['not_done']}." if told and "not_done" in told else _NOT_ASKED
        return [missing(named, why) for named, _, _ in _ANALYSES]
    table = _read(material, groups)
    return [_figure(analysis, told, table, groups) for analysis in _ANALYSES]


def _read(material: Material, groups: Groups | None) -> Table:
    axes = [f"{prefix}{axis}" for _, prefix, _ in _ANALYSES for axis in (1, 2)]
    texts = [SEQ_ID, *([GROUP] if groups else [])]
    frame = pd.read_csv(
        material.folder / flow.ORDINATION,
        usecols=[*texts, *axes],
        dtype=dict.fromkeys(texts, str) | dict.fromkeys(axes, "float64"),
        keep_default_na=False,  # a sequence may be called "nan"
        na_values={axis: [""] for axis in axes},
        float_precision="round_trip",
    )
    for column in texts:
        frame[column] = frame[column].str.removeprefix("'").map(readable)  # csv_text put it there
    return Table("ordination", groups.labelled(frame) if groups else frame)


def _figure(analysis: tuple[Named, str, str], told: dict[str, Any], table: Table, groups: Groups | None) -> Figure:
    named, prefix, key = analysis
    shares = told[key]["shares"]
    if len(shares) < 2:
        return missing(named, "The sequences differ in fewer than two ways, so there is no plane to draw.")
    fitted: dict[str, Any] = {"scale": alt.Scale(zero=False), "axis": alt.Axis(tickCount=8)}
    x = alt.X(f"{prefix}1:Q", title=f"Axis 1 ({100 * shares[0]:.1f} % of the variation)", **fitted)
    y = alt.Y(f"{prefix}2:Q", title=f"Axis 2 ({100 * shares[1]:.1f} % of the variation)", **fitted)
    text = (
        "Each point is a sequence. Those near each other prefer the same synonymous codons."
        f" The analysis is of {_analysed(told)} and {len(told['codons'])} codons."
        f"{groups.said if groups else ''}"
    )
    return drawn(named, text, points(table, x, y, groups), table, points=True)


def _analysed(told: dict[str, Any]) -> str:
    """Which sequences were analysed."""
    lacking = {
        "in the random sample": told["not_sampled"],
        "of use, for lack of a codon to compare": told["left_out"],
    }
    total = told["sequences"] + sum(lacking.values())
    if total == told["sequences"]:
        return f"all {number_of(total, 'sequence')}"
    why = ", ".join(f"{count:,} {'is' if count == 1 else 'are'} not {what}" for what, count in lacking.items() if count)
    return f"{told['sequences']:,} of {number_of(total, 'sequence')} ({why})"
