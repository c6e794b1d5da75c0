"""The codon table as bars: how often each amino acid is, and which of its codons it uses."""

from __future__ import annotations

import altair as alt
import pandas as pd
from Bio.Data.IUPACData import protein_letters_1to3_extended as three_letters

from opengenome.core.genetic_code import STOP
from opengenome.errors import number_of
from opengenome.report.figures.figure import Figure, Table, drawn, missing, tooltips
from opengenome.report.figures.largest import synonymous
from opengenome.report.figures.theme import BASES, ON_BASES
from opengenome.report.material import Material

_AMINO_ACIDS = "amino_acid_usage", "Amino acid usage"
_RSCU = "rscu_by_amino_acid", "RSCU by amino acid"
_AXIS = "RSCU (1: all are used alike)"
_NOTHING = "No codon was counted."
_NAME = alt.Tooltip("name:N", title="amino acid")
_ROW = 22  # pixels
_LABELLED = 0.4  # narrower pieces have no room for three letters


def usage(material: Material) -> list[Figure]:
    table = pd.DataFrame(material.codon_table)
    if not table["count"].sum():
        return [missing(_AMINO_ACIDS, _NOTHING), missing(_RSCU, _NOTHING)]
    table["name"] = [three_letters.get(letter, "Xaa") if letter != STOP else "stop" for letter in table["amino_acid"]]
    return [_amino_acids(table), _by_family(table)]


def _amino_acids(table: pd.DataFrame) -> Figure:
    sense = table[table["amino_acid"] != STOP]
    if not sense["count"].sum():
        return missing(_AMINO_ACIDS, "No codon of an amino acid was counted.")
    bars = sense.groupby("name", sort=True).agg(codons=("codon", "size"), count=("count", "sum")).reset_index()
    bars["share"] = bars["count"] / bars["count"].sum()
    never = list(bars["name"][bars["count"] == 0])
    chart = alt.Chart().mark_bar().encode(
        x=alt.X("share:Q", title="Share of the sense codons", axis=alt.Axis(format="~%")),
        y=alt.Y("name:N", title=None, sort="-x"),
        tooltip=[_NAME, alt.Tooltip("share:Q", format=".2%"), *tooltips("count:Q", "codons:Q")],
    )  # fmt: skip
    text = (
        f"The share of each amino acid in {number_of(int(bars['count'].sum()), 'sense codon')}, stops left out."
        f"{' Never counted: ' + ', '.join(never) + '.' if never else ''}"
    )
    return drawn(_AMINO_ACIDS, text, chart.properties(height=_ROW * len(bars)), Table(_AMINO_ACIDS[0], bars))


def _by_family(table: pd.DataFrame) -> Figure:
    several = table[[*synonymous("".join(table["amino_acid"]))]]
    bars = several[several["rscu"].notna()]
    absent = sorted(set(several["name"]) - set(bars["name"]))
    if bars.empty:
        return missing(_RSCU, "No codon that has synonyms was counted.")
    columns = bars[["name", "codon", "count", "rscu"]].assign(third_base=bars["codon"].str[2])
    ends = columns.groupby("name")["rscu"].cumsum()
    columns = columns.assign(begin=ends - columns["rscu"], end=ends)
    base = alt.Chart().encode(
        y=alt.Y("name:N", title=None),
        tooltip=[_NAME, *tooltips("codon:N", "rscu:Q", "count:Q")],
    )
    pieces = base.mark_bar(stroke=ON_BASES, strokeWidth=0.5).encode(
        x=alt.X("begin:Q", title=_AXIS, axis=alt.Axis(tickMinStep=1)),
        x2=alt.X2("end:Q"),
        color=alt.Color("third_base:N", title="Third base", scale=alt.Scale(domain=[*BASES], range=[*BASES.values()])),
    )
    labels = base.transform_filter(f"datum.rscu >= {_LABELLED}").transform_calculate(
        middle="(datum.begin + datum.end) / 2"
    )
    letters = labels.mark_text(color=ON_BASES, fontSize=10).encode(x=alt.X("middle:Q"), text=alt.Text("codon:N"))
    never = list(bars["codon"][bars["count"] == 0])
    text = (
        "A bar for each amino acid with several codons; each piece is a codon, as long as its RSCU. A bar is as long as"
        " the amino acid has codons. Stops and single codons have no choice and are left out."
        f"{' Codons never used: ' + ', '.join(never) + '.' if never else ''}"
        f"{' Amino acids that do not occur: ' + ', '.join(absent) + '.' if absent else ''}"
    )
    chart = (pieces + letters).properties(height=_ROW * columns["name"].nunique())
    return drawn(_RSCU, text, chart, Table(_RSCU[0], columns))
