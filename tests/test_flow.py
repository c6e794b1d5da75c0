"""The names of the flow have one home: nobody spells what flow.py names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from opengenome import flow
from opengenome.io.store import run_slug
from spelling import ROOT, SOURCES, texts

HOME = Path(flow.__file__).resolve()
OTHER_FILES = [
    ROOT / "opengenome",
    ROOT / "Dockerfile",
    ROOT / "docker-compose.yaml",
    *sorted((ROOT / "docker").iterdir()),
]

# Whole texts. A word of the language, such as "plan", "ingest" and "again", also names keys and folders.
NAMES = (
    *(name for name in flow.TASKS if name not in (flow.PLAN, flow.INGEST, flow.REPORT)),
    *(flow.DAG, flow.DISCOVERED, flow.FAILURE, flow.ASSET_URI, flow.ADHOC_ASSET_URI, flow.ADHOC_ASSET),
)
# Parts of texts.
PARTS = (
    *(flow.CSV, flow.PARQUET, flow.SUMMARY, flow.PROVENANCE, flow.VALIDATION),
    *(flow.API, "dagRuns", "/dags/", "dag_id=", "run_id=", "/mapped/", flow.COUNT_CODONS),
)


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.resolve() != HOME], ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_module_spells_a_name_of_the_flow(path):
    spelled = [
        f"{path}:{line}: {text}"
        for line, text in texts(path.read_text())
        if text in NAMES or any(part in text for part in PARTS)
    ]
    assert not spelled


@pytest.mark.parametrize("path", OTHER_FILES, ids=lambda path: path.name)
def test_no_other_file_spells_a_name_of_the_flow(path):
    """But Airflow's own path of its API, which the containers' probe asks without our package."""
    text = path.read_text()
    assert not [part for part in (*PARTS, flow.DAG) if part in text and part != flow.API]


def test_flow_spells_each_name_once():
    found = [text for _, text in texts(HOME.read_text())]
    together = (flow.ASSET_URI, flow.ADHOC_ASSET_URI, flow.ADHOC_ASSET)
    spelled = [name for name in NAMES if name not in together]
    assert {name: found.count(name) for name in spelled} == dict.fromkeys(spelled, 1)


def test_what_others_link_to_stays():
    """People have stored them: links in Airflow, DAGs that wait for the table, scripts that read the files."""
    assert flow.ASSET_URI == "opengenome://codon_usage/latest"
    assert (flow.ADHOC_ASSET, flow.ADHOC_ASSET_URI) == ("codon_usage_adhoc", "opengenome://codon_usage/latest-adhoc")
    assert (flow.CSV, flow.PARQUET) == ("codon_usage.csv", "codon_usage.parquet")
    assert flow.batch_page("codon_usage", "a/b 1", 3) == "/opengenome/dags/codon_usage/runs/a%2Fb%201/batches/3"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("chloroplasts", "analyze-chloroplasts-"),
        ("NC_012920 and 3 more", "analyze-NC_012920_and_3_more-"),
        ("../étude (2)'; x", "analyze-tude_2_x-"),
        ("é", "analyze-2"),
        ("", "analyze-2"),
        ("x" * 300, f"analyze-{'x' * 24}-"),
        ("20261126T055801Z-893bc974", "analyze-20261126T055801Z_893bc97-"),
    ],
)
def test_a_run_of_the_command_is_called_by_its_source_and_time(source, named):
    run = flow.new_run(flow.ANALYZE, source)
    assert run.startswith(named)
    assert len(run) <= 60
    assert flow.of_command(run)
    assert run_slug(run) == run  # the name of its folder, and of its page
    assert quote(run, safe="") == run


def test_runs_of_earlier_versions_are_still_the_commands():
    assert flow.of_command("analyze-20261126T055801Z-893bc974")
    assert flow.of_command("demo-20261125T162607Z-9529b843")
    when = "20261126T055801Z-893bc974"
    for other in (f"analyze-a-b-{when}", f"analyze--{when}", f"mine-{when}", when):
        assert not flow.of_command(other)


def test_a_run_may_be_called_anything_in_an_address():
    assert flow.run_path("a/b\udcff") == "/api/v2/dags/codon_usage/dagRuns/a%2Fb%FF"
    assert flow.run_page("a/b") == "/dags/codon_usage/runs/a%2Fb"
    assert flow.task_page("r", flow.COUNT_CODONS, 2) == "/dags/codon_usage/runs/r/tasks/count_codons/mapped/2"
    assert flow.task_page("r", flow.PLAN, -1) == "/dags/codon_usage/runs/r/tasks/plan"
