"""The codon table in the layout of the genetic code: 64 cells, each with its own values and colours."""

from __future__ import annotations

import pytest
from jinja2 import Environment

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.usage import codon_table
from opengenome.report import heatmap
from tests.report.seen import Element, seen


def drawn(counts: list[int], code: int = 1) -> Element:
    """As a page would draw it whose templates know nothing else."""
    text = "{% from 'heatmap.html' import heat_map %}{{ heat_map(heat) }}"
    template = Environment(loader=heatmap.templates(), autoescape=True).from_string(text)
    columns = codon_table(counts, genetic_code(code)).columns()
    return seen(template.render(heat=heatmap.heat_map(columns, "x")).encode())


def levels(whole: Element, measure: str) -> dict[str, str]:
    return {codon: whole.by_id(f"codon-{codon}").all("span", of=measure)[0].attributes["class"] for codon in CODONS}


def test_every_codon_has_its_count_and_its_amino_acid():
    whole = drawn([1000 + index for index in range(64)], 2)
    for index, (codon, letter) in enumerate(zip(CODONS, genetic_code(2).amino_acids, strict=True)):
        cell = whole.by_id(f"codon-{codon}")
        (count,) = cell.all("span", of="count")
        assert count.all("data")[0].text == f"{1000 + index:,}"
        assert count.all("abbr")[0].text == ("Stop" if letter == "*" else letter)


def test_the_caption_names_the_genetic_code_if_it_is_known():
    table = codon_table([1] * 64, genetic_code(1)).columns()
    end = "; stops have a dashed frame"
    assert heatmap.heat_map(table).caption == f"64 codons{end}"
    known = heatmap.heat_map(table, "genetic code 1 (Standard)").caption
    assert known == f"64 codons, with the amino acids of genetic code 1 (Standard){end}"


def test_cells_lie_as_in_printed_genetic_codes():
    codons = [cell.attributes["id"][-3:] for cell in drawn([1] * 64).all("td")]
    assert codons[:8] == ["TTT", "TCT", "TAT", "TGT", "TTC", "TCC", "TAC", "TGC"]
    assert codons[-1] == "GGG"


@pytest.mark.parametrize(("counts", "level"), [([1] * 64, "h6"), ([0] * 64, "hx")])
def test_the_colour_is_the_middle_one_if_no_codon_is_preferred_and_none_if_nothing_was_counted(counts, level):
    assert {kind.split()[-1] for kind in levels(drawn(counts), "rscu").values()} == {level}


def test_the_style_has_every_colour_that_a_cell_may_have():
    found = levels(drawn([100 if codon == "TTT" else 1 for codon in CODONS]), "count")
    assert (found["TTT"], found["TTC"]) == ("v count h12", "v count h0")
    for level in (*range(heatmap.STEPS + 1), "x"):
        assert f".h{level} {{" in heatmap.style()


def test_every_measure_of_the_switch_is_shown_by_the_style_when_it_is_chosen():
    switch = [one.attributes["id"] for one in drawn([1] * 64).all("input")]
    assert switch == [f"show-{measure.column}" for measure in heatmap.MEASURES]
    for measure in heatmap.MEASURES:
        assert f":root:has(#show-{measure.column}:checked) .{measure.column}" in heatmap.style()
