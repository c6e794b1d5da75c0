"""The results are a Workflow Run RO-Crate, which the public validator accepts, and tell nothing of this machine."""

from __future__ import annotations

import getpass
import json
import re
from pathlib import Path

import pytest

from opengenome import flow
from opengenome.io.store import sha256_of
from opengenome.report import ro_crate as module
from opengenome.report.described import software
from opengenome.report.material import Material
from opengenome.report.multiqc import multiqc
from opengenome.report.pipeline_info import pipeline_info
from opengenome.report.ro_crate import ro_crate
from tests import peers
from tests.report import finished

VALIDATOR = Path(__file__).with_name("crate_validator.py")


@pytest.fixture
def run(house):
    return finished.coding(house)


def entities(material: Material, made=None):
    document = json.loads(ro_crate(material, made)[flow.RO_CRATE])
    return {entity["@id"]: entity for entity in document["@graph"]}


def changed(material: Material, **values) -> Material:
    material.__dict__["provenance"] = material.provenance | values
    return material


def write(material: Material) -> None:
    """The crate, with what else is published."""
    others = multiqc(material) | pipeline_info(material)
    for name, data in {**others, **ro_crate(material, others)}.items():
        path = material.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


def found(folder: Path) -> list[str]:
    """What the validator finds; its last line is how much it checked."""
    return peers.run("python", VALIDATOR, folder, cwd=folder).splitlines()


@pytest.mark.e2e
def test_the_public_validator_accepts_the_crate_of_every_kind_of_run(house, run):
    for material in (run, finished.sequences(house)):
        write(material)
        assert found(material.folder) == ["checks: 63"]


@pytest.mark.e2e
def test_the_validator_is_asked_in_earnest(run):
    write(run)
    path = run.folder / flow.RO_CRATE
    document = json.loads(path.read_text())
    for entity in document["@graph"]:
        entity.pop("instrument", None)
    document["@graph"][1]["hasPart"].append({"@id": "nowhere.csv"})
    document["@graph"].append({"@id": "nowhere.csv", "@type": "File", "colour": "red"})
    path.write_text(json.dumps(document))
    text = "\n".join(found(run.folder))
    assert "MUST have an instrument" in text
    assert "does not include the Data Entity 'nowhere.csv'" in text
    assert "unknown term colour" in text


def test_every_published_file_is_a_part_with_its_digest_and_size(run):
    write(run)
    others = multiqc(run) | pipeline_info(run)
    told = entities(run, others)
    files = {str(path.relative_to(run.folder)) for path in run.folder.rglob("*") if path.is_file()} - {flow.RO_CRATE}
    assert {part["@id"] for part in told["./"]["hasPart"]} == files
    for name in files:
        path = run.folder / name
        assert (told[name]["sha256"], told[name]["contentSize"]) == (sha256_of(path), str(path.stat().st_size))


def test_the_workflow_is_the_dag_of_this_version(run):
    workflow = entities(run)[flow.WORKFLOW]
    dag = Path(module.__file__).parents[3] / "dags" / "codon_usage.py"
    assert ro_crate(run)[flow.WORKFLOW] == dag.read_bytes()
    assert workflow["sha256"] == sha256_of(dag)
    assert workflow["version"] == run.provenance["versions"]["opengenome"]


def test_the_run_has_its_times_parameters_and_inputs(run):
    times = {"started": "2026-11-18T10:00:00+00:00", "aggregated": "2026-11-18T11:00:00+00:00"}
    told = entities(changed(run, **times))
    action = told["#run-c"]
    assert action["startTime"] == times["started"]
    assert told["./"]["datePublished"] == times["aggregated"]
    assert action["endTime"] == "2026-11-18T11:07:43.250000+00:00"  # of the trace
    assert {told[one["@id"]]["name"] for one in action["object"]} >= {"genomes.fasta", "more.fasta", "min_codons"}
    assert told["#value-min_codons"]["value"] == 0
    assert told["#parameter-min_codons"]["additionalType"] == "Integer"
    sizes = [told[f"#input-{number}"]["contentSize"] for number in (0, 1)]
    assert sizes == [str(file["size"]) for file in run.provenance["inputs"]]
    assert told["#parameter-ordination"]["additionalType"] == "Boolean"
    assert told["#parameter-source"]["additionalType"] == "Text"
    without = entities(changed(Material(run.folder), **times))
    assert without["#run-c"]["endTime"] == times["aggregated"]
    digests = [told[f"#input-{number}"]["identifier"] for number in (0, 1)]
    assert digests == [file["digest"] for file in run.provenance["inputs"]]


def test_an_input_is_told_with_its_compression_and_its_digest_if_they_are_known(run):
    file = {key: value for key, value in run.provenance["inputs"][0].items() if key != "digest"}
    inputs = [file | {"compression": "none"}, file | {"format": "FASTA", "compression": "gzip", "digest": "blake3:ab"}]
    told = entities(changed(run, inputs=inputs))
    assert told["#input-0"]["encodingFormat"] == file["format"]
    assert "identifier" not in told["#input-0"]
    assert (told["#input-1"]["encodingFormat"], told["#input-1"]["identifier"]) == ("FASTA, gzip", "blake3:ab")


def test_the_results_are_told_in_a_sentence_and_nobody_grants_a_license_for_them(house, run):
    summary = run.summary
    for material, things in ((run, "9 coding sequences"), (finished.sequences(house), "21 sequences")):
        root = entities(material)["./"]
        assert root["description"] == f"{material.summary['codons']:,} codons of {things}, counted and proven."
    assert summary["codons"] != 9
    one = Material(run.folder)
    one.__dict__["summary"] = {name: 1 if name in ("codons", "sequences") else told for name, told in summary.items()}
    assert entities(one)["./"]["description"] == "1 codon of 1 coding sequence, counted and proven."
    told = entities(run)
    assert told[told["./"]["license"]["@id"]]["name"] == "No license stated"


def test_every_file_has_its_media_type_and_every_program_its_version(run):
    told = entities(run, multiqc(run) | pipeline_info(run))
    types = {name: told[name].get("encodingFormat") for name in (part["@id"] for part in told["./"]["hasPart"])}
    assert {Path(name).suffix: kind for name, kind in types.items()} == {
        ".csv": "text/csv",
        ".json": "application/json",
        ".parquet": "application/vnd.apache.parquet",
        ".html": "text/html",
        ".yml": "application/yaml",
        ".txt": "text/tab-separated-values",
        ".py": "text/x-python",
    }
    programs = [told[one["@id"]] for one in told[flow.WORKFLOW]["softwareRequirements"]]
    assert {one["name"]: one["softwareVersion"] for one in programs} == software(run)


def test_nothing_is_told_of_the_machine_and_its_user(run):
    home = "/home/ann.smith/my data"
    parameters = run.provenance["parameters"] | {
        "source": f"{home}/a.fasta\n file://{home}/b%FF ",
        "code_table": f" {home}/own.txt",
        "reference": f"{home}/results/analyze-1",
        "trna": "~ann.smith/trna.csv",
        "group_by": "../ann.smith/x",
    }
    inputs = [file | {"path": f"{home}/{number}.gb"} for number, file in enumerate(run.provenance["inputs"])]
    text = ro_crate(changed(run, parameters=parameters, source=parameters["source"], inputs=inputs))[flow.RO_CRATE]
    document = json.loads(text)
    words = [word for word in re.findall(r'"((?:[^"\\]|\\.)*)"', text.decode()) if not word.startswith("http")]
    assert [word for word in words if re.search(r"(^|\s|\\n|:)(/|~|file:)\w", word)] == []
    for private in (str(run.folder), "ann.smith", "my data", getpass.getuser() + "/", "node1"):
        assert private not in text.decode()
    values = {one["name"]: one["value"] for one in document["@graph"] if one["@type"] == "PropertyValue"}
    assert values["source"] == "a.fasta\nb\\xff"
    assert [values[name] for name in ("code_table", "reference", "trna", "group_by")] == [
        *("own.txt", "analyze-1", "trna.csv", "x")
    ]


def test_text_that_is_no_path_stays(run):
    parameters = run.provenance["parameters"] | {"reference": "group:a/b", "group_by": "or/ganism"}
    told = entities(changed(run, parameters=parameters))
    assert (told["#value-reference"]["value"], told["#value-group_by"]["value"]) == ("group:a/b", "or/ganism")


def test_of_very_many_inputs_the_first_are_listed_and_this_is_said(run, monkeypatch):
    monkeypatch.setattr(module, "MOST_INPUTS", 1)
    told = entities(run)
    assert "#input-1" not in told
    assert told["#inputs-further"]["name"] == "1 more input files"


def test_a_run_may_be_called_anything(run):
    assert "#run-manual__2026%20%2F%20x" in entities(changed(run, run="manual__2026 / x"))
