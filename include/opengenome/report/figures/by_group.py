"""The codon usage of groups beside each other."""

from __future__ import annotations

from collections import Counter
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP
from opengenome.report.figures.clustering import leaf_order
from opengenome.report.figures.figure import Chart, Figure, Table, drawn, missing, safe, shortened, tooltips
from opengenome.report.figures.largest import NAMELESS, Groups
from opengenome.report.figures.theme import UNKNOWN
from opengenome.report.material import Material

_NAMED = "usage_by_group", "RSCU by group"
_SIDE_BY_SIDE = 12  # more columns leave no room for numbers
_ROW = 15  # pixels
_HEAD, _NAME = 22, 30  # letters of a name above a column, and beside a row
# White letters on cells darker than these, black ones on the others. The second is a part of the way from 1 to the top.
_DARK_BELOW, _DARK_ABOVE = 0.1, 0.75
_NO_GROUPS = (
    "This run has no groups. Start it with --group-by and a column, such as organism or file (in the form: “Groups”)."
)


def by_group(material: Material, groups: Groups | None) -> list[Figure]:
    """groups: None if the run has no groups."""
    if groups is None:
        return [missing(_NAMED, _NO_GROUPS)]
    relative = np.array([usage.rscu for usage in groups.largest])
    told = [codon for codon in range(len(CODONS)) if not np.isnan(relative[:, codon]).all()]
    if not told:
        return [missing(_NAMED, "No codon that has synonyms was counted.")]
    order = leaf_order(relative[:, told])
    letters = material.codon_table["amino_acid"]
    told.sort(key=lambda codon: (letters[codon] == STOP, letters[codon], codon))
    codons = {codon: f"{CODONS[codon]} {letters[codon]}" for codon in told}
    labels = _labels(groups)
    names = [labels[row] for row in order]
    cells = _cells(groups, dict(zip(order, names, strict=True)), codons)
    few = len(names) <= _SIDE_BY_SIDE
    draw = _side_by_side if few else _heat_map
    height = _ROW * len(codons if few else names)
    chart = draw([*codons.values()], [*map(safe, names)], cells["rscu"].max())
    chart = chart.properties(height=height, view=alt.ViewBackground(fill=UNKNOWN))
    return [drawn(_NAMED, _text(groups, few=few), chart, Table(_NAMED[0], cells))]


def _labels(groups: Groups) -> list[str]:
    """A name for each row; with the genetic code if a group has several."""
    codes = Counter(usage.group for usage in groups.largest)
    return [
        (usage.group or NAMELESS) + (f" (code {usage.code})" if codes[usage.group] > 1 else "")
        for usage in groups.largest
    ]


def _cells(groups: Groups, rows: dict[int, str], codons: dict[int, str]) -> pd.DataFrame:
    """A row for each cell that says something. rows, codons: labels by index, in their order."""
    each = [(label, groups.largest[row], codon) for row, label in rows.items() for codon in codons]
    cells = [
        (label, usage.code, codons[codon], usage.amino_acids[codon], usage.rscu[codon]) for label, usage, codon in each
    ]
    frame = pd.DataFrame(cells, columns=["group", "genetic_code", "codon", "amino_acid", "rscu"])
    return frame[frame["rscu"].notna()]


def _base(most: float) -> alt.Chart:
    # The middle of the colours is 1, where no codon is preferred.
    ramp = alt.Color("rscu:Q", title="RSCU", scale=alt.Scale(domain=[0, max(2.0, most)], domainMid=1))
    tooltip = tooltips("group:N", "genetic_code:Q", "codon:N", "amino_acid:N", "rscu:Q")
    base: alt.Chart = alt.Chart().mark_rect().encode(color=ramp, tooltip=tooltip)
    return base


def _ordered(names: list[str]) -> dict[str, Any]:
    """An axis of these names. Of `sort` Vega-Lite makes an expression, and a group may be called "constructor"."""
    return {"scale": alt.Scale(domain=names), "title": None}


def _side_by_side(codons: list[str], names: list[str], most: float) -> Chart:
    """Codons below each other, groups beside each other, numbers in the cells."""
    cells = _base(most).encode(
        x=alt.X("group:N", **_ordered(names), axis=alt.Axis(orient="top", labelAngle=-40, labelExpr=shortened(_HEAD))),
        y=alt.Y("codon:N", **_ordered(codons)),
    )
    dark = f"datum.rscu < {_DARK_BELOW} || datum.rscu > {1 + _DARK_ABOVE * (max(2.0, most) - 1):.4g}"
    legible = alt.condition(dark, alt.value("white"), alt.value("black"))
    numbers = cells.mark_text(fontSize=10).encode(text=alt.Text("rscu:Q", format=".2f"), color=legible)
    return alt.LayerChart(layer=[cells, numbers])


def _heat_map(codons: list[str], names: list[str], most: float) -> Chart:
    """Groups below each other, codons beside each other."""
    cells: alt.Chart = _base(most).encode(
        x=alt.X("codon:N", **_ordered(codons), axis=alt.Axis(labelAngle=-90, labelOverlap=True)),
        y=alt.Y("group:N", **_ordered(names), axis=alt.Axis(labelExpr=shortened(_NAME), labelLimit=220)),
    )
    return cells


def _text(groups: Groups, *, few: bool) -> str:
    shown = len(groups.largest)
    several = len({usage.code for usage in groups.largest}) > 1
    codes = " Genetic codes differ: each group has its own, and the letters beside the codons are those of the run's."
    most = f" Shown are the {shown} with most codons of {groups.rows:,}." if groups.rows > shown else ""
    return (
        f"How each group chooses among synonymous codons: 1 if all are used alike. {'Columns' if few else 'Rows'} that"
        " are alike lie together (average linkage). Stops and single codons are left out. A grey cell: the group does"
        f" not have the amino acid, or the codon has no synonym.{codes if several else ''}{most}"
    )
