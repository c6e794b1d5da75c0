"""The codon usage of groups beside each other."""

from __future__ import annotations

from collections import Counter

import altair as alt
import numpy as np
import pandas as pd

from opengenome.core.alphabet import CODONS
from opengenome.report.figures.clustering import leaf_order
from opengenome.report.figures.figure import Chart, Figure, Table, drawn, missing
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
        return [missing(*_NAMED, _NO_GROUPS)]
    relative = np.array([usage.rscu for usage in groups.largest])
    told = [codon for codon in range(len(CODONS)) if not np.isnan(relative[:, codon]).all()]
    if not told:
        return [missing(*_NAMED, "No codon that has synonyms was counted.")]
    order = leaf_order(relative[:, told])
    letters = material.codon_table["amino_acid"]
    told.sort(key=lambda codon: (letters[codon], codon))
    labels = _labels(groups)
    table = Table(_NAMED[0], _cells(groups, [(row, labels[row]) for row in order], told, letters))
    rows = [labels[row] for row in order]
    columns = [f"{CODONS[codon]} {letters[codon]}" for codon in told]
    few = len(rows) <= _SIDE_BY_SIDE
    chart = _side_by_side(columns, rows) if few else _heat_map(columns, rows)
    return [drawn(*_NAMED, _text(groups, few=few), chart, table)]


def _labels(groups: Groups) -> list[str]:
    """A name for each row; with the genetic code if a group has several."""
    codes = Counter(usage.group for usage in groups.largest)
    return [
        (usage.group or NAMELESS) + (f" (code {usage.code})" if codes[usage.group] > 1 else "")
        for usage in groups.largest
    ]


def _cells(groups: Groups, rows: list[tuple[int, str]], told: list[int], letters: list[str]) -> pd.DataFrame:
    cells = [
        (label, groups.largest[row].code, f"{CODONS[codon]} {letters[codon]}", groups.largest[row].rscu[codon])
        for row, label in rows
        for codon in told
    ]
    frame = pd.DataFrame(cells, columns=["group", "genetic_code", "codon", "rscu"])
    return frame[frame["rscu"].notna()].reset_index(drop=True)


def _side_by_side(codons: list[str], names: list[str]) -> Chart:
    """Codons below each other, groups beside each other, numbers in the cells."""
    base = alt.Chart().encode(
        x=alt.X("group:N", sort=names, title=None, axis=alt.Axis(orient="top", labelAngle=-40, labelLimit=150)),
        y=alt.Y("codon:N", sort=codons, title=None),
        tooltip=["group:N", "genetic_code:Q", "codon:N", "rscu:Q"],
    )
    light = "datum.rscu > 2.2 ? 'black' : 'white'"
    return (
        base.mark_rect().encode(color=_ramp())
        + base.mark_text(fontSize=10, color=alt.ExprRef(light)).encode(text=alt.Text("rscu:Q", format=".2f"))
    ).properties(height=alt.Step(_ROW))


def _heat_map(codons: list[str], names: list[str]) -> Chart:
    """Groups below each other, codons beside each other."""
    chart = alt.Chart().mark_rect().encode(
        x=alt.X("codon:N", sort=codons, title=None, axis=alt.Axis(labelAngle=-90, labelOverlap=True)),
        y=alt.Y("group:N", sort=names, title=None, axis=alt.Axis(labelLimit=200)),
        color=_ramp(),
        tooltip=["group:N", "genetic_code:Q", "codon:N", "rscu:Q"],
    )  # fmt: skip
    return chart.properties(height=alt.Step(_ROW))


def _ramp() -> alt.Color:
    return alt.Color("rscu:Q", title="RSCU", scale=alt.Scale(domainMin=0))


def _text(groups: Groups, *, few: bool) -> str:
    shown = len(groups.largest)
    codes = {usage.code for usage in groups.largest}
    most = f" Shown are the {shown} with most codons of {groups.number:,}." if groups.number > shown else ""
    several = " Genetic codes differ: a codon is compared within its amino acid in each one's own code."
    return (
        f"How each group chooses among synonymous codons: 1 if all are used alike. {'Columns' if few else 'Rows'} that"
        " are alike lie together (average linkage). Codons are sorted by amino acid; stops and single codons are left"
        f" out. An empty cell: the group does not have the amino acid.{several if len(codes) > 1 else ''}{most}"
    )
