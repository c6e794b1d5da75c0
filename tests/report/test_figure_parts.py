"""The arithmetic of the figures: histograms, regression, clustering, rounding, the theme."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from opengenome.report.figures.clustering import leaf_order
from opengenome.report.figures.figure import Table
from opengenome.report.figures.histogram import MOST_BINS, of_lengths, of_shares
from opengenome.report.figures.largest import Groups
from opengenome.report.figures.ordination import _analysed
from opengenome.report.figures.regression import Regression
from opengenome.report.figures.theme import BASES, CATEGORIES, OTHER, theme


@pytest.mark.parametrize("low", [1, 90, 16_000])
@pytest.mark.parametrize("high", [120, 20_000, 200_000_000])
def test_a_histogram_of_lengths_counts_each_length_between_its_edges(low, high):
    lengths = np.unique(np.geomspace(low, max(high, low), 3000).astype(int)).astype(float)
    histogram = of_lengths()
    for piece in np.array_split(lengths, 7):
        histogram.add(piece)
    bins = histogram.bins()
    expected = [((lengths >= low) & (lengths < high)).sum() for low, high in zip(bins["from"], bins["to"], strict=True)]
    assert bins["sequences"].tolist() == expected
    assert bins["sequences"].sum() == len(lengths)
    assert len(bins) <= MOST_BINS
    assert (bins["from"][1:].to_numpy() == bins["to"][:-1].to_numpy()).all()


def test_shares_on_an_edge_are_in_the_bin_above_it_and_1_in_the_last():
    histogram = of_shares()
    histogram.add(np.array([0.0, 0.57, 0.29, 1.0, np.nan, 57 / 100]))
    assert np.flatnonzero(histogram.counts).tolist() == [0, 290, 570, 999]
    assert histogram.counts[570] == 2
    assert (histogram.known, histogram.missing) == (5, 1)


def test_a_margin_adds_an_empty_bin_on_each_side_if_there_is_one():
    histogram = of_shares()
    histogram.add(np.array([0.5, 0.55]))
    counts = histogram.bins()["sequences"].tolist()
    assert counts[0] == counts[-1] == 1
    assert histogram.bins(margin=1)["sequences"].tolist() == [0, *counts, 0]
    histogram.add(np.array([0.0, 1.0]))
    assert histogram.bins(margin=1).equals(histogram.bins())


def test_nothing_gives_no_bins():
    assert of_lengths().bins().empty


def test_a_regression_in_pieces_is_that_of_all_points():
    source = np.random.default_rng(3)
    x = source.uniform(0.2, 0.8, 10_000)
    y = 0.4 + 0.3 * x + source.normal(0, 0.02, len(x))
    x[::97], y[::89] = np.nan, np.nan
    fit = Regression()
    for begin in range(0, len(x), 777):
        fit.add(x[begin : begin + 777], y[begin : begin + 777])
    both = ~np.isnan(x) & ~np.isnan(y)
    slope, intercept = np.polyfit(x[both], y[both], 1)
    assert (fit.slope, fit.intercept) == pytest.approx((slope, intercept), rel=1e-9)
    assert fit.r == pytest.approx(np.corrcoef(x[both], y[both])[0, 1], rel=1e-9)
    assert (fit.n, fit.lowest, fit.highest) == (both.sum(), x[both].min(), x[both].max())
    assert fit.at(0.25) == pytest.approx(intercept + 0.25 * slope)


def test_points_at_one_x_have_no_line():
    fit = Regression()
    fit.add(np.array([0.4, 0.4]), np.array([0.1, 0.2]))
    assert not fit.varies


def test_points_at_one_y_have_a_line_and_no_correlation():
    fit = Regression()
    fit.add(np.array([0.4, 0.6]), np.array([0.5, 0.5]))
    assert fit.varies
    assert np.isnan(fit.r)


def test_the_order_of_leaves_is_that_of_scipy_s_clusters():
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    rows = np.random.default_rng(4).normal(size=(40, 59))
    rows[20:] += 1.5
    position = {row: k for k, row in enumerate(leaf_order(rows))}
    assert sorted(position) == list(range(40))
    tree = hierarchy.linkage(rows, "average")
    for number in (2, 5, 10, 20):
        clusters = hierarchy.fcluster(tree, number, "maxclust")
        for cluster in np.unique(clusters):
            places = sorted(position[row] for row in np.flatnonzero(clusters == cluster))
            assert places == list(range(places[0], places[-1] + 1))  # together


def test_rows_with_unknown_cells_have_an_order_too():
    rows = np.array([[1.0, np.nan], [np.nan, 1.0], [1.1, 5.0], [np.nan, np.nan]])
    assert sorted(leaf_order(rows)) == [0, 1, 2, 3]
    assert leaf_order(rows[:1]) == [0]


def test_rows_that_share_no_cell_are_as_far_apart_as_any_two():
    unknown = np.nan
    order = leaf_order(np.array([[0.0, unknown], [unknown, 1.0], [0.1, unknown], [unknown, 1.2]]))
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset((0, 2)), frozenset((1, 3))}


def test_joined_clusters_are_turned_so_that_their_nearest_ends_meet():
    places = np.array([7.0, 0.0, 15.5, 3.0, 1.0])
    order = places[leaf_order(places[:, None])].tolist()
    assert order in (sorted(places), sorted(places, reverse=True))


def test_numbers_have_four_significant_digits_and_missing_stays_missing():
    values = [0.123456, -12.34567, 123456.7, 1e-7 / 3, 0.0, np.nan, 0.99999]
    table = Table("t", pd.DataFrame({"x": values}))
    assert table.inline["values"] == 'x\n0.1235\n-12.35\n123500.0\n3.333e-08\n0.0\n""\n1.0\n'.replace('""', '""')
    assert np.isnan(table.frame["x"][5])


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("dark", "page"), [(False, "#FFFFFF"), (True, "#141414")])
def test_text_is_readable_on_light_and_dark_pages(dark, page):
    config = theme(dark)
    for colour in (config["axis"]["labelColor"], config["axis"]["titleColor"], config["legend"]["labelColor"]):
        assert contrast(colour, page) >= 4.5


@pytest.mark.parametrize(("number", "rest"), [(7, "The other one is grey."), (1006, "The other 1,000 are grey.")])
def test_the_groups_without_a_colour_are_counted_in_words_that_fit_their_number(number, rest):
    groups = Groups(number, number, "organism", tuple("abcdef"), ())
    assert groups.said == f" Colours: the 6 groups with most codons. {rest}"


def test_a_group_without_a_name_has_a_colour_and_the_others_lie_below():
    groups = Groups(7, 7, "organism", ("", "=b", "c", "d", "e", "f"), ())
    domain = groups.colour().to_dict()["scale"]["domain"]
    assert domain == ["(no value)", "'=b", "c", "d", "e", "f", "(other)"]
    labelled = groups.labelled(pd.DataFrame({"group": ["c", "g", "", "=b", "unheard of"]}))
    assert labelled["group"].tolist() == ["(other)", "(other)", "c", "(no value)", "=b"]


def test_no_two_things_have_one_colour():
    for colours in ((*CATEGORIES, OTHER), [*BASES.values()]):
        assert len(set(colours)) == len(colours)


def test_an_ordination_of_a_sample_says_what_was_left_out():
    assert _analysed({"sequences": 9, "not_sampled": 0, "left_out": 0}) == "all 9 sequences"
    assert _analysed({"sequences": 9, "not_sampled": 2000, "left_out": 1}) == (
        "9 of 2,010 sequences (2,000 are not in the random sample, 1 is not of use, for lack of a codon to compare)"
    )
