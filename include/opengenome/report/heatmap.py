"""The codon table in the layout of the genetic code, as an HTML table that needs no script. No file is read."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import product
from math import isnan

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP, GeneticCode
from opengenome.core.measures.synonymous import per_thousand, rscu
from opengenome.report.rounding import rounded

_BASES = "TCAG"  # the order in which the genetic code is printed
_STEPS = 8  # of the colour, from 0
# One hue, from light to dark (in the dark: from dark to light), so that nobody has to tell colours apart.
STYLE = (
    ".heat{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    ".heat td{border:1px solid var(--line);padding:.2em .5em;min-width:5.5em;white-space:nowrap}"
    ".heat thead td{border:0}"
    ".heat th{padding:.2em .5em;font-weight:600;text-align:center}"
    ".heat td span{float:right;margin-left:.8em}.heat i{font-style:normal;font-weight:600}"
    + "".join(
        f".heat .h{step}{{background:color-mix(in srgb,var(--heat) {step * 9}%,var(--paper))}}"
        for step in range(_STEPS + 1)
    )
)


def heatmap(counts: Sequence[int], code: GeneticCode) -> str:
    """An HTML table: 64 cells with codon, amino acid and count, coloured by RSCU; a page with it needs STYLE.

    counts: 64, codons alphabetical. STYLE takes the colours from the page: --heat, --paper and --line.
    """
    places = {codon: place for place, codon in enumerate(CODONS)}
    usage, thousand = rscu(counts, code).tolist(), per_thousand(counts).tolist()

    def cell(codon: str) -> str:
        at = places[codon]
        letter, count = code.amino_acids[at], f"{counts[at]:,}"
        told = "no codon of this amino acid" if isnan(usage[at]) else f"RSCU {rounded(usage[at], 2)}"
        share = "" if isnan(thousand[at]) else f", {rounded(thousand[at], 2, 1000)} per thousand"
        title = escape(f"{codon} ({'stop' if letter == STOP else letter}): {count}{share}, {told}")
        # 1, where no codon is preferred, is the middle of the colours. RSCU may be above 2, which is strong already.
        step = 0 if isnan(usage[at]) else round(_STEPS * min(usage[at] / 2, 1.0))
        return f'<td class="h{step}" title="{title}"><b>{codon}</b> <i>{escape(letter)}</i><span>{count}</span></td>'

    head = "".join(f'<th scope="col">{base}</th>' for base in _BASES)
    rows = "".join(
        f'<tr><th scope="row">{first}·{third}</th>{"".join(cell(first + second + third) for second in _BASES)}</tr>'
        for first, third in product(_BASES, _BASES)
    )
    return (
        '<table class="heat"><caption>Counts in the layout of the genetic code: rows are the first and the third base,'
        " columns the second. The stronger its colour, the more a codon is preferred to others of its amino acid."
        f"</caption><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )
