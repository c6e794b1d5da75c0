"""The figure of groups: names can be told apart, what is left out is said, and no codon is drawn that has no value."""

from __future__ import annotations

import re

import pytest

from opengenome.report.figures import figures
from opengenome.report.figures.figure import Figure
from opengenome.report.figures.theme import UNKNOWN, theme
from opengenome.report.material import Material
from tests.orchestration.annotated_runs import some_cds
from tests.orchestration.conftest import House
from tests.report.seen import coding_run

LONG = "Candidatus Specimen longius, isolate number "


def _run(house: House, groups: int) -> Material:
    """Groups whose names differ at their ends; the first two have CDS of two genetic codes."""
    rows = [row for k in range(groups) for row in some_cds(2, seed=k, organism=f"{LONG}{k}")]
    rows += [row for k in range(2) for row in some_cds(2, seed=100 + k, organism=f"{LONG}{k}", code=2)]
    return coding_run(house, rows)


def _figure(material: Material, name: str = "usage_by_group") -> Figure:
    return next(figure for figure in figures(material) if figure.name == name)


def _texts(figure: Figure) -> list[str]:
    """What stands in its picture."""
    import vl_convert  # noqa: PLC0415  (80 MB)

    svg = vl_convert.vegalite_to_svg({**(figure.chart or {}), "width": 600}, config=theme(dark=False))
    return re.findall(r">([^<>]+)</text>", svg)


@pytest.mark.e2e
@pytest.mark.parametrize("groups", [3, 20])
def test_long_names_of_groups_are_shortened_within_so_that_their_ends_tell_them_apart(house, groups):
    material = _run(house, groups)
    named = [text for text in _texts(_figure(material)) if text.startswith("Candidatus")]
    assert len(set(named)) == len(named) == groups + 2
    assert all("…" in name and len(name) <= 30 for name in named)
    assert {name[-8:] for name in named} >= {"(code 1)", "(code 2)"}
    legend = [text for text in _texts(_figure(material, "nc_plot")) if text.startswith("Candidat")]
    assert len(set(legend)) == len(legend) == min(groups, 6)


@pytest.mark.parametrize(("groups", "lie"), [(10, "Columns"), (11, "Rows")])
def test_up_to_twelve_rows_of_groups_stand_beside_each_other(house, groups, lie):
    assert f"{lie} that are alike lie together" in _figure(_run(house, groups)).text  # two have a second code


def test_rows_that_are_not_shown_are_counted_with_each_genetic_code_apart(house, monkeypatch):
    monkeypatch.setattr("opengenome.report.figures.largest.MOST", 4)
    assert "Shown are the 4 with most codons of 5." in _figure(_run(house, 3)).text


def test_a_codon_without_a_value_is_grey_and_no_colour_of_the_scale_is(house):
    figure = _figure(_run(house, 3))
    assert figure.chart
    assert figure.chart["view"] == {"fill": UNKNOWN}
    assert figure.data["rscu"].notna().all()
    met = figure.data[figure.data["codon"].str.startswith("ATG")]
    assert set(met["genetic_code"]) == {2}  # the only one of these codes in which Met has a synonym


def test_codons_lie_by_amino_acid_and_the_scale_ends_at_the_greatest_value(house):
    figure = _figure(_run(house, 3))
    assert figure.chart
    encoding = figure.chart["layer"][0]["encoding"]
    letters = [codon[-1] for codon in encoding["y"]["scale"]["domain"]]
    assert letters == [*sorted(one for one in letters if one != "*"), "*"]  # TGA, which code 2 reads as W
    assert encoding["color"]["scale"]["domain"] == pytest.approx([0, figure.data["rscu"].max()], abs=0.001)
