"""MultiQC, run on a folder of results, shows the run: tried with MultiQC itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.report import multiqc as module
from opengenome.report.described import source_name
from opengenome.report.material import Material
from opengenome.report.multiqc import multiqc
from tests import peers
from tests.report import finished


@pytest.fixture
def whole(house):
    return finished.sequences(house)


@pytest.fixture
def coding(house):
    return finished.coding(house)


def told(material: Material, name: str):
    return json.loads(multiqc(material)[name])


def of_source(material: Material, source: str) -> Material:
    material.__dict__["provenance"] = material.provenance | {"source": source}
    return material


def shown(made: dict[str, bytes], folder: Path) -> tuple[dict, str]:
    """What MultiQC made of these files: its data, and its page."""
    found = folder / "found"
    found.mkdir()
    for name, data in made.items():
        (found / name).write_bytes(data)
    peers.run("multiqc", "--strict", "--no-version-check", "-o", folder / "out", found, cwd=folder)
    data = json.loads((folder / "out" / "multiqc_data" / "multiqc_data.json").read_text())
    return data, (folder / "out" / "multiqc_report.html").read_text()


@pytest.mark.e2e
def test_multiqc_shows_statistics_heat_map_ledger_drops_and_versions(coding, tmp_path):
    data, page = shown(multiqc(coding), tmp_path)
    values = data["report_general_stats_data"]["custom_content"]["data"]
    assert (values["proven"], values["sequences"], values["dropped"]) == ("yes", 9, 2)
    plots = data["report_plot_data"]
    by_group = "opengenome_codons_by_group_data"
    assert {f"{by_group}_plot", "opengenome_ledger_plot", "opengenome_dropped_plot"} <= set(plots)
    assert [len(row) for row in plots[f"{by_group}_plot"]["datasets"][0]["rows"]] == [64] * 4
    for text in ('id="opengenome_ledger"', 'id="opengenome_dropped"', f'id="{by_group}"', "pyspark"):
        assert text in page
    assert "<b>Homo" not in page


@pytest.mark.e2e
def test_two_runs_are_two_samples_of_one_report(whole, tmp_path):
    made = multiqc(whole)
    again = multiqc(of_source(whole, "/elsewhere/other.fasta"))
    data, _ = shown(made | {f"again_{name}": text for name, text in again.items()}, tmp_path)
    heat_map = data["report_plot_data"]["opengenome_codons_plot"]["datasets"][0]
    assert sorted(heat_map["ycats"]) == ["organelles", "other"]
    assert heat_map["rows"][0] == heat_map["rows"][1]


@pytest.mark.e2e
def test_two_runs_with_groups_are_two_heat_maps(coding, tmp_path):
    made = multiqc(coding)
    again = multiqc(of_source(coding, "/elsewhere/other genes.gb"))
    data, page = shown(made | {f"again_{name}": text for name, text in again.items()}, tmp_path)
    for name in ("data", "other_genes_gb"):
        assert data["report_plot_data"][f"opengenome_codons_by_group_{name}_plot"]["datasets"][0]["rows"]
    assert "Codon usage of other genes" in page


def test_the_general_statistics_are_those_of_the_summary(coding, whole):
    [values] = told(coding, flow.MULTIQC_GENERAL)["data"].values()
    summary = coding.summary
    assert values == {
        "proven": "yes",
        "sequences": 9,
        "codons": summary["codons"],
        "gc": 100 * summary["gc"],
        "gc3": 100 * summary["gc3"],
        "enc": summary["enc"]["wright_1990"],
        "dropped": 2,
    }
    document = told(whole, flow.MULTIQC_GENERAL)
    assert "dropped" not in document["data"]["organelles"]
    titles = [next(iter(column.values()))["title"] for column in document["pconfig"]]
    assert titles == ["Proven", "Sequences", "Codons", "GC", "GC3", "ENC"]


def test_the_heat_map_has_the_rscu_of_the_table_by_amino_acid(whole):
    document, table = told(whole, flow.MULTIQC_CODONS), whole.codon_table
    [row] = document["data"].values()
    expected = {
        f"{codon} ({amino_acid})": value
        for codon, amino_acid, value in zip(table["codon"], table["amino_acid"], table["rscu"], strict=True)
    }
    assert row == expected
    assert document["xcats"][:6] == ["TAA (*)", "TAG (*)", "TGA (*)", "GCA (A)", "GCC (A)", "GCG (A)"]


def test_groups_are_rows_with_their_code_and_no_markup(coding):
    document = told(coding, flow.MULTIQC_CODONS)
    assert document["ycats"] == [
        "‹b›Homo + co‹/b› (code 2)", "Organism 0 (code 1)", "Organism 1 (code 1)", "Organism 2 (code 1)",
    ]  # fmt: skip
    assert sorted(document["xcats"]) == list(CODONS)
    assert [len(row) for row in document["data"]] == [64] * 4


def test_of_very_many_groups_those_with_the_most_codons_are_shown_and_this_is_said(house, monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", 1)
    material = finished.coding(house)
    document = told(material, flow.MULTIQC_CODONS)
    sizes = {pair["group"]: pair["codons"] for pair in module._pairs(material)}
    largest = sorted(sorted(sizes, key=sizes.__getitem__)[-2:])
    assert [name.partition(" (code")[0] for name in document["ycats"]] == [
        name.translate(module._PLAIN) for name in largest
    ]
    assert "The 2 with the most codons; codon_usage_by_group.csv has all 4 groups." in document["description"]


def test_the_bars_of_the_ledger_add_up_to_the_bases(whole, coding):
    for material in (whole, coding):
        [bases] = told(material, flow.MULTIQC_LEDGER)["data"].values()
        assert sum(bases.values()) == material.summary["bases"]


def test_drops_have_a_section_only_if_there_are_some(whole, coding):
    assert told(coding, flow.MULTIQC_DROPPED)["data"] == {"data": {"length": 1, "pseudo": 1}}
    assert flow.MULTIQC_DROPPED not in multiqc(whole)


def test_names_that_users_configure_stay(coding, whole):
    sections = [told(coding, name) for name in (flow.MULTIQC_CODONS, flow.MULTIQC_LEDGER, flow.MULTIQC_DROPPED)]
    sections.append(told(whole, flow.MULTIQC_CODONS))
    assert [(one["parent_id"], one["id"], one["pconfig"]["id"]) for one in sections] == [
        ("opengenome", f"opengenome_{name}", f"opengenome_{name}_plot")
        for name in ("codons_by_group_data", "ledger", "dropped", "codons")
    ]
    assert set(multiqc(coding)) == {
        "opengenome_general_mqc.json", "opengenome_codons_mqc.json", "opengenome_ledger_mqc.json",
        "opengenome_dropped_mqc.json", "opengenome_mqc_versions.yml",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/data/genomes", "genomes"),
        ("/data/a.fasta\n/data/b.fasta\n/c", "a.fasta and 2 more"),
        ("file:///data/a%20%FF", r"a \xff"),
        ("", "landing folder"),
        ("/", "input"),
    ],
)
def test_a_run_is_called_after_its_source_without_a_path(whole, source, name):
    assert source_name(of_source(whole, source)) == name
