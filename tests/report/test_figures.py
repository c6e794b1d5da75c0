"""The figures of a run show what its published files say, all of it, and say what they leave out."""

from __future__ import annotations

import io
import json

import altair as alt
import numpy as np
import pandas as pd
import pytest

from opengenome import flow
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures import ordination
from opengenome.core.measures.composition import gc3s
from opengenome.core.measures.effective_number import enc_expected, expected_at
from opengenome.report.figures import figures
from opengenome.report.figures.theme import theme
from opengenome.report.material import Material
from tests.orchestration.conftest import house, write_input  # noqa: F401  (house: a fixture)
from tests.published import write_published
from tests.report.sequence_runs import FILES, by_name, rows_of, sequence_run

NAMES = [
    "amino_acid_usage", "rscu_by_amino_acid", "usage_by_group", "nc_plot", "neutrality_plot", "pr2_plot",
    "pca_of_rscu", "correspondence_of_rscu", "gc_by_position", "length_distribution", "gc_distribution",
]  # fmt: skip
SCATTER = NAMES[3:6]


@pytest.fixture
def material(house):  # noqa: F811
    return sequence_run(house)


def test_a_run_with_everything_has_every_figure_as_valid_vega_lite(material):
    drawn = figures(material)
    assert [figure.name for figure in drawn] == NAMES
    for figure in drawn:
        assert figure.chart["width"] == "container"
        assert figure.text in figure.chart["description"]
        assert "config" not in figure.chart  # the page gives it its theme
        small = figure.chart | {"data": figure.chart["data"] | {"values": ""}}
        alt.Chart.from_dict(small)  # raises for what Vega-Lite does not know


def test_each_figures_table_has_the_columns_of_what_it_shows(material):
    told = {tuple(figure.data.columns) for figure in figures(material)}
    assert told == {
        ("name", "codons", "count", "share"),
        ("name", "codon", "count", "rscu", "third_base", "begin", "end"),
        ("group", "genetic_code", "codon", "amino_acid", "rscu"),
        ("seq_id", "group", "gc3s", "enc_wright", "gc3", "gc12", "pr2_gc", "pr2_at"),
        ("seq_id", "group", "ca1", "ca2", "pca1", "pca2"),
        ("from", "to", "sequences", "position"),
        ("from", "to", "sequences"),
    }


def test_the_data_of_a_figure_are_its_table_as_csv(material):
    for figure in figures(material):
        texts = dict.fromkeys(figure.data.select_dtypes(exclude="number"), str)
        read = pd.read_csv(
            io.StringIO(figure.chart["data"]["values"]), dtype=texts, keep_default_na=False, na_values={
                name: [""] for name in figure.data.select_dtypes("number")}
        )  # fmt: skip
        for name in texts:
            read[name] = read[name].str.removeprefix("'")
        pd.testing.assert_frame_equal(read, figure.data, check_dtype=False)


def test_an_identifier_that_a_spreadsheet_would_run_gets_an_apostrophe(material):
    assert "\n'=short," in by_name(material)["nc_plot"].chart["data"]["values"]


def test_the_same_material_gives_the_same_figures(material):
    first, again = ([(f.name, f.text, f.chart) for f in figures(material)] for _ in range(2))
    assert json.dumps(first, allow_nan=False) == json.dumps(again)


def test_points_are_those_of_the_table_to_four_digits(material):
    rows, shown = rows_of(material).set_index("seq_id"), by_name(material)["nc_plot"].data.set_index("seq_id")
    assert sorted(rows.index) == sorted(shown.index)
    for name in ("gc3s", "enc_wright", "gc3", "gc12", "pr2_gc", "pr2_at"):
        np.testing.assert_allclose(shown[name], rows.loc[shown.index, name], rtol=5.01e-4)


def test_what_has_no_measure_is_counted_in_the_text_and_empty_in_the_data(material):
    rows, drawn = rows_of(material), by_name(material)
    lacking = int((rows["enc_wright"].isna() | rows["gc3s"].isna()).sum())
    assert lacking >= 2
    assert f"{lacking} sequences have no ENC" in drawn["nc_plot"].text
    assert "1 sequence has no codons" in drawn["gc_distribution"].text
    assert "1 sequence has no base" in drawn["length_distribution"].text
    assert drawn["nc_plot"].data["enc_wright"].isna().sum() == rows["enc_wright"].isna().sum()
    unbalanced = int((rows["pr2_gc"].isna() | rows["pr2_at"].isna()).sum())
    assert unbalanced > 1
    assert f"{unbalanced} sequences have no point: too few such codons" in drawn["pr2_plot"].text


def test_the_slope_is_that_of_all_sequences_also_when_a_sample_is_drawn(material, monkeypatch):
    monkeypatch.setattr(ordination, "MOST", 40)
    rows, figure = rows_of(material), by_name(material)["neutrality_plot"]
    known = rows[rows["gc3"].notna()]
    slope, _ = np.polyfit(known["gc3"], known["gc12"], 1)
    r = np.corrcoef(known["gc3"], known["gc12"])[0, 1]
    assert f"slope {slope:.3f}, r = {r:.3f}, n = {len(known):,}" in figure.text
    assert len(figure.data) == 40
    assert f"A random sample is drawn: 40 of {len(rows)} sequences" in figure.text


def test_histograms_hold_every_sequence_also_when_a_sample_is_drawn(material, monkeypatch):
    monkeypatch.setattr(ordination, "MOST", 40)
    rows, drawn = rows_of(material), by_name(material)
    assert drawn["length_distribution"].data["sequences"].sum() == (rows["length"] > 0).sum()
    assert drawn["gc_distribution"].data["sequences"].sum() == rows["gc"].notna().sum()
    by_position = drawn["gc_by_position"].data
    for name in ("gc1", "gc2", "gc3"):
        of_position = by_position[by_position["position"] == name.upper()]
        assert of_position["sequences"].sum() == rows[name].notna().sum()
        for _, low, high, count in of_position[["from", "to", "sequences"]].itertuples():
            assert count == ((rows[name] >= low) & ((rows[name] < high) | (high == rows[name]) & (high == 1))).sum()


def test_the_sample_lies_all_over_the_run(material, monkeypatch):
    monkeypatch.setattr(ordination, "MOST", 100)
    rows = rows_of(material)
    drawn = by_name(material)["nc_plot"].data["seq_id"]
    positions = rows.index[rows["seq_id"].isin(set(drawn))]
    assert len(positions) == 100
    assert np.histogram(positions, bins=5, range=(0, len(rows)))[0].min() >= 10


def test_the_expected_curve_is_that_of_the_core(material):
    spec = by_name(material)["nc_plot"].chart
    curve = spec["datasets"][spec["layer"][1]["data"]["name"]]
    assert len(curve) == 101
    np.testing.assert_allclose(
        [p["expected"] for p in curve], expected_at(np.array([p["s"] for p in curve])), atol=5e-4
    )
    counts = np.random.default_rng(1).integers(0, 50, (20, 64))
    code = genetic_code(1)
    np.testing.assert_array_equal(expected_at(gc3s(counts, code)), enc_expected(counts, code))


def test_the_ordination_is_that_of_its_file_and_axes_say_their_shares(material):
    published = pd.read_csv(material.folder / flow.ORDINATION, keep_default_na=False)
    told = material.summary["ordination"]
    for name, prefix, key in (
        ("pca_of_rscu", "pca", "principal_components"),
        ("correspondence_of_rscu", "ca", "correspondence"),
    ):
        figure = by_name(material)[name]
        shown = figure.data.set_index("seq_id").loc[published["seq_id"].str.removeprefix("'")]
        for number, axis in enumerate("xy"):
            column = f"{prefix}{number + 1}"
            np.testing.assert_allclose(shown[column], pd.to_numeric(published[column], errors="coerce"), rtol=1e-3)
            assert figure.chart["encoding"][axis]["field"] == column
            title = f"Axis {number + 1} ({100 * told[key]['shares'][number]:.1f} % of the variation)"
            assert figure.chart["encoding"][axis]["title"] == title
        lacking = told["left_out"]
        verb = "is" if lacking == 1 else "are"
        assert (
            f"{told['sequences']} of {told['sequences'] + lacking} sequences ({lacking} {verb} not of use"
            in figure.text
        )
        assert f" and {len(told['codons'])} codons." in figure.text


def test_six_groups_have_colours_and_the_rest_are_grey_and_counted(material):
    figure = by_name(material)["pca_of_rscu"]
    table = pd.read_csv(material.folder / flow.BY_GROUP_CSV)
    largest = table.groupby("group")["count"].sum().sort_values(ascending=False).index[:6]
    assert set(figure.data["group"]) == {*largest, "(other)"}
    assert figure.data["group"][0] == "(other)"  # below the others
    assert f"The other {FILES - 6} are grey" in figure.text
    assert figure.chart["encoding"]["color"]["title"] == "file"
    assert set(by_name(material)["usage_by_group"].data["group"]) == set(table["group"])


def test_groups_are_compared_by_the_rscu_of_their_table(material):
    cells = by_name(material)["usage_by_group"].data
    table = pd.read_csv(material.folder / flow.BY_GROUP_CSV)
    table["codon"] = table["codon"] + " " + table["amino_acid"]
    both = cells.merge(table, on=["group", "codon"], suffixes=("", "_published"))
    assert len(both) == len(cells)
    np.testing.assert_allclose(both["rscu"], both["rscu_published"], rtol=1e-3)
    assert both["amino_acid"].tolist() == both["amino_acid_published"].tolist()
    assert not set(cells["amino_acid"]) & {"*", "M", "W"}
    assert len(cells[cells["group"] == "f0.fasta"]) == 59


def test_bars_are_the_codon_table(material):
    table, drawn = pd.DataFrame(material.codon_table), by_name(material)
    sense = table[table["amino_acid"] != "*"]
    shares = drawn["amino_acid_usage"].data.set_index("name")["share"]
    assert shares["Leu"] == pytest.approx(sense[sense["amino_acid"] == "L"]["count"].sum() / sense["count"].sum(), 1e-3)
    assert shares.sum() == pytest.approx(1, abs=1e-3)
    assert drawn["amino_acid_usage"].data.set_index("name")["codons"]["Leu"] == 6
    rscu = drawn["rscu_by_amino_acid"].data.set_index("codon")["rscu"]
    assert len(rscu) == 59
    pieces = drawn["rscu_by_amino_acid"].data
    assert pieces["third_base"].tolist() == pieces["codon"].str[2].tolist()
    leucine = pieces[pieces["name"] == "Leu"]
    assert leucine["begin"].tolist() == pytest.approx([0, *leucine["end"][:-1]])
    assert leucine["end"].iloc[-1] == pytest.approx(6, rel=1e-3)
    assert rscu["CTG"] == pytest.approx(table.set_index("codon")["rscu"]["CTG"], 1e-3)


def test_a_run_without_tables_says_what_each_figure_needs(house):  # noqa: F811
    material = sequence_run(house, group_by="", ordination=False, per_sequence=False)
    drawn = by_name(material)
    assert [name for name in NAMES if drawn[name].chart is None] == NAMES[2:]
    assert "--no-per-sequence" in drawn["nc_plot"].text
    assert "--group-by" in drawn["usage_by_group"].text
    assert "--ordination" in drawn["pca_of_rscu"].text


def test_too_few_sequences_for_an_ordination_are_said_in_the_words_of_the_summary(house):  # noqa: F811
    write_input(house.data / "a.fasta", [("a", "ATGAAACTG" * 20), ("b", "ATGAAGCTT" * 20)])
    house.proven("r", source=str(house.data), ordination=True, require_all_codons="never")
    drawn = by_name(Material(house.results / "r"))
    assert "an ordination needs 3" in drawn["pca_of_rscu"].text


def test_tables_without_measures_are_no_error(tmp_path):
    drawn = by_name(Material(write_published(tmp_path / "p", further=True)))
    assert drawn["nc_plot"].chart is None
    assert drawn["amino_acid_usage"].chart is not None


def test_a_group_that_a_spreadsheet_would_run_keeps_its_colour_and_place(house):  # noqa: F811
    write_input(house.data / "-a.fasta", [("a", "ATGAAACTGGTTCCC" * 9), ("b", "ATGAAGCTTGTAGGG" * 9)])
    write_input(house.data / "b.fasta", [("c", "ATGAAACTGGTTCCC" * 9), ("d", "ATGAAACTCGTACCA" * 9)])
    house.proven("r", source=str(house.data), group_by="file", ordination=True, require_all_codons="never")
    drawn = by_name(Material(house.results / "r"))
    domain = drawn["pca_of_rscu"].chart["encoding"]["color"]["scale"]["domain"]
    assert domain == ["'-a.fasta", "b.fasta"]
    assert sorted(drawn["usage_by_group"].chart["layer"][0]["encoding"]["x"]["scale"]["domain"]) == domain
    assert ",'-a.fasta," in drawn["pca_of_rscu"].chart["data"]["values"]


def test_points_are_drawn_on_a_canvas_and_share_one_table(material):
    drawn = by_name(material)
    assert all(drawn[name].chart["usermeta"]["embedOptions"]["renderer"] == "canvas" for name in SCATTER)
    assert drawn["nc_plot"].chart["data"] == drawn["pr2_plot"].chart["data"] == drawn["neutrality_plot"].chart["data"]


@pytest.mark.e2e
@pytest.mark.parametrize("dark", [False, True])
def test_every_figure_can_be_drawn(material, dark):
    import vl_convert  # noqa: PLC0415

    for figure in figures(material):
        svg = vl_convert.vegalite_to_svg(figure.chart | {"width": 600}, config=theme(dark))
        assert svg.count("<path") > 10, figure.name
        assert "NaN" not in svg, figure.name
        assert "undefined" not in svg, figure.name
