"""The DAG: its tasks, dependencies and form, and the cost of parsing it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fnmatch import fnmatch

import pytest
from airflow_process import DAG_FILE, ROOT, environment

from opengenome import flow
from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.core.validation import COLLECTION
from opengenome.parameters import PARAMETERS
from tests.published import EVERY

HEAVY = ("numpy", "pandas", "pyarrow", "pyspark", "numba", "Bio", "fastapi")


@pytest.fixture(scope="module")
def dag(airflow):
    return airflow.ask("describe")


@pytest.fixture(scope="module")
def tasks(dag):
    return dag["tasks"]


@pytest.fixture(scope="module")
def form(dag):
    return dag["params"]


def test_the_dag_folder_holds_one_dag_without_import_errors(dag):
    assert dag["errors"] == {}
    assert dag["dags"] == ["codon_usage"]


def test_the_arrows_are_those_of_the_design(tasks):
    assert {name: task["next"] for name, task in tasks.items()} == {
        "discover": ["ingest"],
        "ingest": ["plan"],
        "plan": ["count_codons"],
        "count_codons": ["aggregate"],
        "aggregate": ["validate"],
        "validate": ["report"],
        "report": ["publish"],
        "publish": [],
    }


def test_the_tasks_have_the_names_and_the_order_of_the_flow(tasks):
    name, order = flow.TASKS[0], []
    while name:
        order.append(name)
        (name,) = tasks[name]["next"] or [""]
    assert tuple(order) == flow.TASKS


def test_no_task_runs_after_one_that_failed(tasks):
    assert {task["rule"] for task in tasks.values()} == {"all_success"}


def test_it_runs_daily_and_does_not_catch_up(dag):
    assert dag["schedule"] == "@daily"
    assert dag["catchup"] is False


def test_files_and_batches_are_mapped_and_nothing_else(tasks):
    assert {name for name, task in tasks.items() if task["mapped"]} == {"ingest", "count_codons"}
    assert "label" in tasks["ingest"]["label"]
    assert "label" in tasks["count_codons"]["label"]


def test_a_batch_is_a_spark_submit_in_our_pool(tasks):
    assert "SparkSubmitOperator" in tasks["count_codons"]["classes"]
    assert tasks["count_codons"]["pool"] == "opengenome_spark"
    assert {task["pool"] for name, task in tasks.items() if name != "count_codons"} == {"default_pool"}


def test_temporary_failures_are_retried_with_growing_pauses(tasks):
    assert {task["retries"] for task in tasks.values()} == {2}
    assert {task["backoff"] for task in tasks.values()} == {2.0}


def test_every_task_has_a_time_out_of_the_setting_and_those_that_read_little_a_shorter_one(tasks):
    short = dict.fromkeys(("discover", "plan", "publish"), 21600.0)
    assert {name: task["timeout"] for name, task in tasks.items()} == dict.fromkeys(tasks, 43200.0) | short


def test_tasks_link_to_what_they_made_also_when_they_are_read_from_the_database(airflow, tasks):
    linked = {"count_codons": ["Batch output"], "validate": ["Verdict"], "publish": ["Result"]}
    assert {name: task["links"] for name, task in tasks.items() if task["links"]} == linked
    assert {name: found for name, found in airflow.ask("serialized_links").items() if found} == linked


def test_airflow_shows_publish_as_the_task_that_makes_both_assets_and_consumes_none(tasks):
    assert tasks["publish"]["outlets"] == ["codon_usage", "codon_usage_adhoc"]
    assert tasks["publish"]["inlets"] == []


def test_the_page_of_the_dag_names_every_parameter_and_every_published_file(dag):
    rows = [line.split(" | ") for line in dag["doc"].splitlines() if line.startswith("| ")]
    meanings = {row[1].strip("`"): row for row in rows if len(row) == 4}
    for name, parameter in PARAMETERS.items():
        assert meanings[name][0] == f"| {parameter.about.title}"
    named = re.findall("`([^`]*)`", " ".join(row[0] for row in rows if len(row) == 2))
    for file in {*EVERY, *flow._VIEWS}:
        assert any(fnmatch(file, name + "*" * name.endswith("/")) for name in named), file
    for said in ("landing folder", "Clear the failed task", "opengenome_spark", flow.ASSET_URI, flow.ADHOC_ASSET_URI):
        assert said in dag["doc"]


def test_every_task_says_what_it_does_and_whose_it_is(dag, tasks):
    assert all(len(task["doc"]) > 30 for task in tasks.values())
    assert {task["owner"] for task in tasks.values()} == {"opengenome"}
    assert dag["tags"] == ["codon usage", "opengenome"]


def test_runs_of_people_and_of_the_schedule_go_on_side_by_side_and_no_deadline_is_set(dag):
    assert dag["runs"] > 1
    assert dag["deadline"] is False


def test_the_form_has_these_defaults(form):
    assert {name: param["value"] for name, param in form.items()} == {
        "source": None,
        "mode": "auto",
        "drop": ["pseudo", "location", "length", "internal_stop"],
        "min_codons": 0,
        "skip_start_codon": False,
        "group_by": None,
        "code_table": None,
        "reference": None,
        "trna": None,
        "ordination": False,
        "codon_pairs": False,
        "batch_size": 5000,
        "max_batch_bases": 1_000_000_000,
        "frame": 0,
        "genetic_code": 1,
        "require_all_codons": "auto",
        "per_sequence": True,
        "verify_inputs": "auto",
        "recount": False,
    }


def test_every_default_is_a_value_that_the_form_takes(airflow, form):
    for name, param in form.items():
        assert airflow.ask("accepts", name=name, values=[param["value"]]) == [True], name


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("source", ["a.fasta", None, "a\nb"], [7, ["a"]]),
        ("batch_size", [1, 7, 500, 5000, 10**9, 0, -1, 2.5], ["7", None, 2**53, 10**30]),
        ("max_batch_bases", [1, 10**15, 0], ["1", None, 2**53, -(2**63)]),
        ("frame", [0, 1, 2], [3, -1, "0", None]),
        ("mode", ["auto", "sequences", "cds"], ["CDS", None, 1]),
        ("drop", [["none"], ["pseudo", "isoform"], []], [["nothing"], "pseudo"]),
        ("min_codons", [0, 100], ["7", None]),
        ("group_by", ["organism", None], [7, ["organism"]]),
        ("genetic_code", list(GENETIC_CODES), [0, 7, 8, 17, 34, "1", None]),
        ("require_all_codons", ["auto", "always", "never"], ["yes", True, 1, None]),
        ("per_sequence", [True, False], ["no", 0, None]),
        ("recount", [True, False], ["no", 0, None]),
        ("verify_inputs", ["auto", "always", "never"], ["sometimes", True, None]),
    ],
)
def test_the_form_takes_what_can_be_run_and_refuses_the_rest(airflow, name, good, bad):
    assert airflow.ask("accepts", name=name, values=good) == [True] * len(good)
    assert airflow.ask("accepts", name=name, values=bad) == [False] * len(bad)


@pytest.mark.parametrize("name", ["batch_size", "max_batch_bases"])
def test_the_form_states_bounds_but_does_not_replace_numbers_by_them(form, name):
    schema = form[name]["schema"]
    assert not {"minimum", "maximum"} & set(schema)
    assert PARAMETERS[name].bounds in form[name]["description"]


def test_the_form_has_the_words_that_errors_use(form):
    assert {name: param["schema"]["title"] for name, param in form.items()} == {
        name: parameter.about.title for name, parameter in PARAMETERS.items()
    }


def test_the_form_says_from_which_size_on_all_codons_are_required(form):
    assert f"{COLLECTION:,} codons or more" in form["require_all_codons"]["schema"]["values_display"]["auto"]


def test_all_27_genetic_codes_are_offered_by_number_and_name(form):
    schema = form["genetic_code"]["schema"]
    assert len(schema["enum"]) == 27
    assert schema["values_display"] == {str(number): f"{number} · {name}" for number, name in GENETIC_CODES.items()}


def test_the_form_says_which_code_fits_organelles(form):
    text = form["genetic_code"]["description"]
    assert "11 for plastids, 2 for vertebrate and 5 for invertebrate mitochondria" in text


def test_every_parameter_has_a_title_and_says_what_it_means(form):
    for name, param in form.items():
        assert param["schema"]["title"], name
        assert len(param["description"]) > 20, name


def test_common_parameters_are_not_in_a_collapsed_section(form):
    folded = {name for name, param in form.items() if "section" in param["schema"]}
    coding = {"drop", "min_codons", "skip_start_codon", "code_table", "group_by", "reference", "trna", "ordination"}
    assert folded == {*coding, "codon_pairs", "verify_inputs", "batch_size", "max_batch_bases"}


_PROBE = """
import json, runpy, sys, time
from airflow.sdk import Asset, Param, dag, task
import airflow.plugins_manager
import airflow.providers.apache.spark.operators.spark_submit
before = set(sys.modules)
started = time.process_time()
for path in {paths!r}:
    runpy.run_path(path)
seconds = time.process_time() - started
print(json.dumps([seconds, sorted(before), sorted(set(sys.modules) - before)]))
"""


def parse(tmp_path, *paths):
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(paths=[str(path) for path in paths])],
        env=environment(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def heavy(modules):
    return {module for module in modules if module.partition(".")[0] in HEAVY}


@pytest.mark.parametrize("path", [DAG_FILE, ROOT / "plugins" / "opengenome_plugin.py"], ids=["DAG", "plugin"])
def test_parsing_adds_under_a_second_and_no_heavy_library(tmp_path, path):
    seconds, before, added = parse(tmp_path, path)
    assert heavy(before) == set(), "Airflow loads it by itself: this test would see nothing"
    assert any(module.startswith("opengenome.") for module in added)
    assert heavy(added) == set()
    assert not {module for module in added if module.startswith("opengenome.") and "pages" in module}
    assert "opengenome.orchestration.adapters.routes" not in added
    assert seconds < 1
