"""The codon table in the layout of the genetic code: 64 cells, each with its own count and colour."""

from __future__ import annotations

import re

import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.report.heatmap import STYLE, heatmap

CELL = re.compile(r'<td class="h(\d)" title="([^"]*)"><b>(\w{3})</b> <i>(.)</i><span>([\d,]+)</span></td>')


def test_every_codon_has_its_count_and_its_amino_acid():
    counts = [1000 + index for index in range(64)]
    cells = {codon: (letter, count) for _, _, codon, letter, count in CELL.findall(heatmap(counts, genetic_code(2)))}
    letters = genetic_code(2).amino_acids
    assert cells == {codon: (letters[at], f"{1000 + at:,}") for at, codon in enumerate(CODONS)}


def test_cells_lie_as_in_printed_genetic_codes():
    codons = [found[2] for found in CELL.findall(heatmap([1] * 64, genetic_code(1)))]
    assert codons[:8] == ["TTT", "TCT", "TAT", "TGT", "TTC", "TCC", "TAC", "TGC"]
    assert codons[-1] == "GGG"


@pytest.mark.parametrize(("counts", "step"), [([1] * 64, "4"), ([0] * 64, "0")])
def test_the_colour_is_the_middle_one_if_no_codon_is_preferred_and_none_if_nothing_was_counted(counts, step):
    text = heatmap(counts, genetic_code(1))
    assert {found[0] for found in CELL.findall(text)} == {step}
    assert "nan" not in text


def test_the_style_has_every_colour_that_a_cell_may_have():
    preferred = [100 if codon == "TTT" else 1 for codon in CODONS]
    steps = {found[2]: int(found[0]) for found in CELL.findall(heatmap(preferred, genetic_code(1)))}
    assert (steps["TTT"], steps["TTC"]) == (8, 0)
    assert all(f".heat .h{step}{{" in STYLE for step in range(9))
    assert "style=" not in heatmap(preferred, genetic_code(1))
