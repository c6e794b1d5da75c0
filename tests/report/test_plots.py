"""What stands on the axes of the plots, and what they say in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from opengenome.report.figures.largest import groups
from opengenome.report.material import Material
from tests.orchestration.annotated_runs import some_cds
from tests.orchestration.conftest import write_input
from tests.report.seen import coding_run
from tests.report.sequence_runs import by_name, rows_of, sequence_run


@pytest.fixture
def material(house):
    return sequence_run(house)


def test_each_plot_has_its_columns_on_its_axes_and_its_lines_where_they_belong(material):
    rows, drawn = rows_of(material), by_name(material)
    known = rows[rows["gc3"].notna()]
    slope, intercept = np.polyfit(known["gc3"], known["gc12"], 1)
    ends = [(x, intercept + slope * x) for x in (known["gc3"].min(), known["gc3"].max())]
    expected = {
        "nc_plot": ("gc3s", "enc_wright", []),
        "neutrality_plot": ("gc3", "gc12", [[(0, 0), (1, 1)], ends]),
        "pr2_plot": ("pr2_gc", "pr2_at", [[(0.5, 0), (0.5, 1)], [(0, 0.5), (1, 0.5)]]),
    }
    for name, (x, y, lines) in expected.items():
        chart = drawn[name].chart
        points, *others = chart["layer"]
        assert [points["encoding"][axis]["field"] for axis in "xy"] == [x, y]
        assert "data" not in points  # it has that of the whole
        for axis in "xy":
            low, high = points["encoding"][axis]["scale"]["domain"]
            assert low <= rows[points["encoding"][axis]["field"]].min()
            assert rows[points["encoding"][axis]["field"]].max() <= high
        found = [[(p["x"], p["y"]) for p in chart["datasets"][one["data"]["name"]]] for one in others if lines]
        assert np.array(found) == pytest.approx(np.array(lines).reshape(np.shape(found)))


def test_the_means_of_the_distributions_are_those_of_the_sequences(material):
    rows, drawn = rows_of(material), by_name(material)
    lengths = rows["length"][rows["length"] > 0]
    assert f"All {len(lengths)} sequences by length; the mean is {lengths.mean():,.0f} bases" in (
        drawn["length_distribution"].text
    )
    assert f"the mean is {rows['gc'].mean():.3f}." in drawn["gc_distribution"].text
    means = ", ".join(f"{name.upper()} {rows[name].mean():.3f}" for name in ("gc1", "gc2", "gc3"))
    assert f"Means: {means}." in drawn["gc_by_position"].text
    assert drawn["length_distribution"].chart["encoding"]["x"]["scale"]["type"] == "log"


def test_the_outline_of_each_position_ends_on_the_axis(material):
    bins = by_name(material)["gc_by_position"].data
    for _, of_position in bins.groupby("position"):
        first, last = of_position.iloc[0], of_position.iloc[-1]
        assert first["sequences"] == 0 or first["from"] == 0
        assert last["sequences"] == 0 or last["to"] == 1


def test_of_one_short_sequence_the_figures_say_what_is_missing(house):
    write_input(house.data / "a.fasta", [("a", "ATGAAATTT")])
    house.proven("r", source=str(house.data), require_all_codons="never")
    drawn = by_name(Material(house.results / "r"))
    for name in ("nc_plot", "pr2_plot"):
        assert (drawn[name].chart, drawn[name].text) == (None, "No sequence has enough codons for a point.")
    assert "There is no line, because GC3 does not vary." in drawn["neutrality_plot"].text
    assert len(drawn["neutrality_plot"].chart["layer"]) == 2
    assert "in 3 sense codons, stops left out. Never counted: Ala, Arg, " in drawn["amino_acid_usage"].text
    assert "Codons never used: AAG, TTC. Amino acids that do not occur: Ala, Arg, " in drawn["rscu_by_amino_acid"].text


def test_a_group_with_two_codes_is_one_group_with_two_rows(house):
    material = coding_run(house, [*some_cds(3, organism="A"), *some_cds(2, seed=4, organism="A", code=2)])
    found = groups(material)
    assert (found.number, found.by, [usage.code for usage in found.largest]) == (1, "organism", [1, 2])
    figure = by_name(material)["usage_by_group"]
    assert set(figure.data["group"]) == {"A (code 1)", "A (code 2)"}
    assert "Genetic codes differ" in figure.text
    assert "Shown are" not in figure.text
    assert "Colours: organism." in by_name(material)["nc_plot"].text


@pytest.mark.parametrize(("number", "ticks"), [(1, [0, 1]), (2, [0, 1, 2])])
def test_an_axis_of_few_sequences_has_a_tick_for_each_and_none_between(house, number, ticks):
    drawn = by_name(coding_run(house, [some_cds(1)[0]] * number))
    for name in ("gc_by_position", "length_distribution", "gc_distribution"):
        assert drawn[name].chart["encoding"]["y"]["axis"]["values"] == ticks


def test_lengths_are_labelled_up_to_the_largest_power(house):
    lengths = (30, 300, 5_000)
    rows = [replace(row, letters="ACG" * (length // 3)) for row, length in zip(some_cds(3), lengths, strict=True)]
    axis = by_name(coding_run(house, rows))["length_distribution"].chart["encoding"]["x"]["axis"]
    assert axis["values"] == [50, 100, 200, 500, 1000, 2000, 5000]


def test_the_groups_with_most_codons_are_coloured_whatever_their_codes(house):
    rows = [row for seed, name in enumerate("abcdef") for row in some_cds(1, seed=seed, organism=name)]
    rows += [row for code in (1, 2) for row in some_cds(1, seed=10 + code, organism="z", code=code)]
    found = groups(coding_run(house, rows))
    assert (found.coloured, found.number, found.rows) == (("z", "a", "b", "c", "d", "e"), 7, 8)
