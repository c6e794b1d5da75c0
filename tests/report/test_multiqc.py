"""MultiQC, run on a folder of results, shows the run: tried with MultiQC itself."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.report import multiqc as module
from opengenome.report.described import source_name, title
from opengenome.report.material import Material
from opengenome.report.multiqc import multiqc
from tests import peers
from tests.orchestration.annotated_runs import some_cds
from tests.report import finished
from tests.report.seen import coding_run


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


def of_summary(material: Material, **changed) -> Material:
    material.__dict__["summary"] = material.summary | changed
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
    assert (values["proven"], values["sequences"], values["dropped"]) == ("yes", 9, 3)
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
        "dropped": 3,
    }
    document = told(whole, flow.MULTIQC_GENERAL)
    assert "dropped" not in document["data"]["organelles"]
    assert titles(document) == ["Proven", "Sequences", "Codons", "GC", "GC3", "ENC"]
    assert titles(told(coding, flow.MULTIQC_GENERAL)) == ["Proven", "CDS", "Codons", "GC", "GC3", "ENC", "Dropped"]


def columns(document):
    return {name: column for one in document["pconfig"] for name, column in one.items()}


def titles(document):
    return [column["title"] for column in columns(document).values()]


def test_the_columns_of_the_statistics_have_one_namespace_and_scales_of_their_units(whole):
    found = columns(told(whole, flow.MULTIQC_GENERAL))
    assert {column["namespace"] for column in found.values()} == {"OpenGenome"}
    for name in ("gc", "gc3"):
        assert [found[name][key] for key in ("min", "max", "suffix")] == [0, 100, "%"]
    assert [found["enc"][key] for key in ("min", "max")] == [20, 61]


def test_a_measure_that_is_not_defined_is_left_out(whole):
    document = told(of_summary(whole, gc=None, gc3=None, enc=None), flow.MULTIQC_GENERAL)
    assert set(document["data"]["organelles"]) == {"proven", "sequences", "codons"}


def test_the_heat_map_has_the_rscu_of_the_table_by_amino_acid(whole):
    document, table = told(whole, flow.MULTIQC_CODONS), whole.codon_table
    [row] = document["data"].values()
    expected = {
        f"{codon} ({amino_acid})": value
        for codon, amino_acid, value in zip(table["codon"], table["amino_acid"], table["rscu"], strict=True)
    }
    assert row == expected
    assert document["pconfig"]["cluster_cols"] is False  # the codons stay in this order
    assert document["xcats"][:6] == ["TAA (*)", "TAG (*)", "TGA (*)", "GCA (A)", "GCC (A)", "GCG (A)"]


def test_groups_are_rows_with_their_code_and_no_markup(coding):
    document = told(coding, flow.MULTIQC_CODONS)
    assert document["ycats"] == [
        "(no value) (code 1)", "‹b›Homo + co‹/b› (code 2)", "Organism 1 (code 1)", "Organism 2 (code 1)",
    ]  # fmt: skip
    assert sorted(document["xcats"]) == list(CODONS)
    with (coding.folder / flow.BY_GROUP_CSV).open(encoding="utf-8", newline="") as file:
        published = {(row["group"], row["codon"]): row["rscu"] for row in csv.DictReader(file)}
    for name, row in zip(["", "<b>Homo & co</b>", "Organism 1", "Organism 2"], document["data"], strict=True):
        expected = [published[name, codon] for codon in document["xcats"]]
        assert row == [float(one) if one else None for one in expected]


def test_names_of_samples_and_columns_are_no_markup(whole, coding):
    assert list(told(of_source(whole, "/data/<i>&x"), flow.MULTIQC_LEDGER)["data"]) == ["‹i›+x"]
    groups = coding.summary["groups"] | {"by": "<i>"}
    assert "(RSCU) by &lt;i&gt;:" in told(of_summary(coding, groups=groups), flow.MULTIQC_CODONS)["description"]


def test_groups_that_all_fit_are_not_called_the_largest(coding, monkeypatch):
    assert module.MOST_ROWS == 500
    monkeypatch.setattr(module, "MOST_ROWS", 4)
    document = told(coding, flow.MULTIQC_CODONS)
    assert len(document["ycats"]) == 4
    assert "with the most codons" not in document["description"]


def test_the_name_of_a_group_is_short_and_printable(house):
    rows = [row for name in ("two\u2028lines", "\u202eturned", "x" * 10_000) for row in some_cds(2, organism=name)]
    names = told(coding_run(house, rows), flow.MULTIQC_CODONS)["ycats"]
    assert {r"two\u2028lines", r"\u202eturned"} < set(names)
    assert max(map(len, names)) < 200


def test_a_heat_map_under_one_of_several_codes_says_so(house):
    document = told(finished.coding(house, group_by=""), flow.MULTIQC_CODONS)
    said = "Under genetic code 1 (Standard), but 3 of 9 coding sequences have a code with other amino acids."
    assert document["description"].endswith(said)


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


def test_the_bars_are_the_ledger_and_add_up_to_the_bases(house):
    material = finished.sequences(house, frame=1)
    document, ledger = told(material, flow.MULTIQC_LEDGER), material.summary["ledger"]
    [bases] = document["data"].values()
    assert {document["categories"][key]["name"]: number for key, number in bases.items()} == {
        "in counted codons": 3 * ledger["counted"],
        "in ambiguous codons": 3 * ledger["ambiguous"],
        "trailing, fewer than a codon": ledger["trailing"],
        "skipped at the start": 21,  # a base of each sequence
    }
    assert sum(bases.values()) == material.summary["bases"]
    assert 0 < ledger["ambiguous"] < ledger["counted"]
    assert ledger["trailing"] not in (0, 21)


def test_drops_have_a_section_only_if_there_are_some(whole, coding):
    assert told(coding, flow.MULTIQC_DROPPED)["data"] == {"data": {"length": 1, "pseudo": 2}}
    assert flow.MULTIQC_DROPPED not in multiqc(whole)


def test_names_that_users_configure_stay(coding, whole):
    sections = [told(coding, name) for name in (flow.MULTIQC_CODONS, flow.MULTIQC_LEDGER, flow.MULTIQC_DROPPED)]
    sections.append(told(whole, flow.MULTIQC_CODONS))
    names = ("codons_by_group_data", "ledger", "dropped", "codons")
    for one, name in zip(sections, names, strict=True):
        assert one["parent_id"] == "opengenome"
        assert one["id"] == one["section_anchor"] == f"opengenome_{name}"
        assert one["pconfig"]["id"] == f"opengenome_{name}_plot"
    assert set(multiqc(coding)) == {
        "opengenome_general_mqc.json", "opengenome_codons_mqc.json", "opengenome_ledger_mqc.json",
        "opengenome_dropped_mqc.json", "opengenome_mqc_versions.yml",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/data/genomes", "genomes"),
        ("/data/a.fasta\n/data/b.fasta", "a.fasta and 1 more"),
        ("/data/a.fasta\n/data/b.fasta\n\n/c", "a.fasta and 2 more"),
        ("file:///data/a%20%FF", r"a \xff"),
        ("", "landing folder"),
        ("/", "input"),
    ],
)
def test_a_run_is_called_after_its_source_without_a_path(whole, source, name):
    assert source_name(of_source(whole, source)) == name
    assert title(whole) == f"Codon usage of {'' if source else 'the '}{name}"
