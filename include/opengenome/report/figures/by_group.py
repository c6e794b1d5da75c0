"""The codon usage of groups beside each other."""

from __future__ import annotations

from collections import Counter

import altair as alt
import numpy as np
import pandas as pd

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP
from opengenome.report.figures.clustering import leaf_order
from opengenome.report.figures.figure import Chart, Figure, Table, drawn, missing, safe, tooltips
from opengenome.report.figures.largest import NAMELESS, Groups
from opengenome.report.material import Material

_NAMED = "usage_by_group", "RSCU by group"
_SIDE_BY_SIDE = 12  # more columns leave no room for numbers
_ROW = 15  # pixels
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
    chart = draw([*codons.values()], [*map(safe, names)], cells["rscu"].max()).properties(height=height)
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
    return frame[frame["rscu"].notna()].reset_index(drop=True)


def _base(most: float) -> alt.Chart:
    ramp = alt.Color("rscu:Q", title="RSCU", scale=alt.Scale(domain=[0, max(1.0, most)]))
    tooltip = tooltips("group:N", "genetic_code:Q", "codon:N", "amino_acid:N", "rscu:Q")
    base: alt.Chart = alt.Chart().mark_rect().encode(color=ramp, tooltip=tooltip)
    return base


def _side_by_side(codons: list[str], names: list[str], most: float) -> Chart:
    """Codons below each other, groups beside each other, numbers in the cells."""
    cells = _base(most).encode(
        x=alt.X("group:N", sort=names, title=None, axis=alt.Axis(orient="top", labelAngle=-40, labelLimit=150)),
        y=alt.Y("codon:N", sort=codons, title=None),
    )
    legible = alt.condition(f"datum.rscu > {0.45 * most:.3g}", alt.value("black"), alt.value("white"))
    numbers = cells.mark_text(fontSize=10).encode(text=alt.Text("rscu:Q", format=".2f"), color=legible)
    return alt.LayerChart(layer=[cells, numbers])


def _heat_map(codons: list[str], names: list[str], most: float) -> Chart:
    """Groups below each other, codons beside each other."""
    cells: alt.Chart = _base(most).encode(
        x=alt.X("codon:N", sort=codons, title=None, axis=alt.Axis(labelAngle=-90, labelOverlap=True)),
        y=alt.Y("group:N", sort=names, title=None, axis=alt.Axis(labelLimit=200)),
    )
    return cells


def _text(groups: Groups, *, few: bool) -> str:
    shown = len(groups.largest)
    several = len({usage.code for usage in groups.largest}) > 1
    codes = " Genetic codes differ: each group has its own, and the letters beside the codons are those of the run's."
    most = f" Shown are the {shown} with most codons of {groups.number:,}." if groups.number > shown else ""
    return (
        f"How each group chooses among synonymous codons: 1 if all are used alike. {'Columns' if few else 'Rows'} that"
        " are alike lie together (average linkage). Stops and single codons are left out. An empty cell: the group does"
        f" not have the amino acid, or the codon has no synonym.{codes if several else ''}{most}"
    )
