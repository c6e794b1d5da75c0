"""The names of the flow: DAG, tasks, XCom keys, published files, pages and runs. Nobody else spells them."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

DAG = "codon_usage"  # also the name of its file
# Assets. A run of the landing folder updates the first, any other run the second.
ASSET_URI = f"opengenome://{DAG}/latest"
ADHOC_ASSET, ADHOC_ASSET_URI = f"{DAG}_adhoc", f"{ASSET_URI}-adhoc"
TASKS = ("discover", "ingest", "plan", "count_codons", "aggregate", "validate", "report", "publish")  # in their order
DISCOVER, INGEST, PLAN, COUNT_CODONS, AGGREGATE, VALIDATE, REPORT, PUBLISH = TASKS
# The task with which a retry begins, by the one that failed; the others are tried again themselves. A corrected input
# is another file, which only `discover` finds. Validating again would not help, but damaged batches are counted again.
# What was to be published may have been damaged after it was proven, so it is aggregated again.
RETRIED_FROM = {
    **dict.fromkeys((DISCOVER, INGEST, PLAN), DISCOVER),
    VALIDATE: COUNT_CODONS,
    **dict.fromkeys((REPORT, PUBLISH), AGGREGATE),
}
MAX_BATCHES = 1000  # Airflow maps at most 1,024 values (core.max_map_length)

# XCom keys. DISCOVERED: what `discover` found, for the command. FAILURE: why a task failed, a sentence. AGAIN: whether
# a retry of the run can help (`errors.Again`).
DISCOVERED = "discovered"
FAILURE, AGAIN = "failure", "again"
RETURNED = "return_value"  # Airflow's key for what a task returned
PROGRESS = "bases"  # key in the state store of a batch's task: bases counted so far

# The published files: those of every run, and those of some runs. PER_SEQUENCE is a folder of numbered parts.
CSV, PARQUET = f"{DAG}.csv", f"{DAG}.parquet"
SUMMARY, PROVENANCE, VALIDATION = "summary.json", "provenance.json", "validation.json"
BY_GROUP_CSV, BY_GROUP_PARQUET = f"{DAG}_by_group.csv", f"{DAG}_by_group.parquet"
MEASURES_BY_GROUP = "measures_by_group.csv"
DROPPED = "dropped.csv"
ORDINATION = "ordination.csv"
ORDINATION_CODONS = "ordination_codons.csv"
CODON_PAIRS_CSV, CODON_PAIRS_PARQUET = "codon_pairs.csv", "codon_pairs.parquet"
PER_SEQUENCE = "per_sequence"
# Views: made of the proven files, for people and other programs. VIEWS lists them with their SHA-256.
VIEWS = "report.json"
REPORT_PAGE = "report.html"
# For programs that know these names: MultiQC, readers of nf-core's folders, and of RO-Crates.
MULTIQC_GENERAL, MULTIQC_CODONS = "opengenome_general_mqc.json", "opengenome_codons_mqc.json"
MULTIQC_LEDGER, MULTIQC_DROPPED = "opengenome_ledger_mqc.json", "opengenome_dropped_mqc.json"
MULTIQC_VERSIONS = "opengenome_mqc_versions.yml"
PIPELINE_INFO = "pipeline_info"
PARAMS, SOFTWARE = f"{PIPELINE_INFO}/params.json", f"{PIPELINE_INFO}/software_versions.yml"
TRACE, TIMELINE = f"{PIPELINE_INFO}/execution_trace.txt", f"{PIPELINE_INFO}/execution_timeline.html"
WORKFLOW = f"{PIPELINE_INFO}/{DAG}.py"
RO_CRATE = "ro-crate-metadata.json"
_VIEWS = {
    *(REPORT_PAGE, MULTIQC_GENERAL, MULTIQC_CODONS, MULTIQC_LEDGER, MULTIQC_DROPPED, MULTIQC_VERSIONS),
    *(PARAMS, SOFTWARE, TRACE, TIMELINE, WORKFLOW, RO_CRATE),
}
_PART = re.compile(rf"{PER_SEQUENCE}/part-([0-9]{{5}}|[1-9][0-9]{{5,}})\.parquet")

# Paths of Airflow's REST API.
API = "/api/v2"
DAG_PATH = f"{API}/dags/{DAG}"
RUNS_PATH = f"{DAG_PATH}/dagRuns"

# Our own pages in Airflow, below PAGES.
PAGES = "/opengenome"
RUNS_PAGE = "/dags/{dag_id}/runs"
COMPARE_PAGE = "/dags/{dag_id}/compare"
RESULT_PAGE = f"{RUNS_PAGE}/{{run_id}}"
TABLE_PAGE = f"{RESULT_PAGE}/table"
REPORT_FRAME = f"{RESULT_PAGE}/report"
BATCH_PAGE = f"{RESULT_PAGE}/batches/{{batch}}"
FILES = "/files/"  # below the page of a run or a batch; then the name of the file

# The run ids of the command: its name, the source, the time, and letters by chance. Those of earlier versions have no
# source.
ANALYZE, DEMO = _COMMANDS = ("analyze", "demo")
_LONGEST_SOURCE = 24  # so that a table of runs fits a terminal
_RUN_OF_COMMAND = re.compile(
    rf"({'|'.join(_COMMANDS)})-([A-Za-z0-9_]{{1,{_LONGEST_SOURCE}}}-)?\d{{8}}T\d{{6}}Z-[0-9a-f]{{8}}"
)


def per_sequence_part(number: int) -> str:
    """The name of a part of the published per-sequence table, below the results folder. number: from 0."""
    return f"{PER_SEQUENCE}/part-{number:05d}.parquet"


def is_per_sequence_part(name: str) -> bool:
    """Whether `per_sequence_part` gives this name."""
    return bool(_PART.fullmatch(name))


def is_view(name: str) -> bool:
    """Whether a view may have this name, relative to the results folder."""
    return name in _VIEWS


def new_run(command: str, source: str = "") -> str:
    """A new id for a run that the command starts, such as analyze-chloroplasts-20261126T055801Z-893bc974.

    command: ANALYZE or DEMO. source: the name of its source; of other characters than letters, digits and _ nothing
    stays.
    """
    slug = re.sub(r"[^A-Za-z0-9]+", "_", source).strip("_")[:_LONGEST_SOURCE].strip("_")
    now = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    return "-".join(filter(None, (command, slug, now, secrets.token_hex(4))))


def of_command(run: str) -> bool:
    """Whether the command started this run; else the form, the API or the schedule did."""
    return bool(_RUN_OF_COMMAND.fullmatch(run))


def run_path(run: str) -> str:
    """The path of a run in Airflow's REST API. A run id may be any text."""
    return f"{RUNS_PATH}/{quote(run, safe='', errors='surrogateescape')}"


def run_page(run: str) -> str:
    """The page of a run in Airflow's web interface."""
    return f"/dags/{DAG}/runs/{quote(run, safe='')}"


def task_page(run: str, task: str, index: int) -> str:
    """The page of a task. index: its map index; -1 for a task that is not mapped."""
    return f"{run_page(run)}/tasks/{task}" + (f"/mapped/{index}" if index >= 0 else "")


def our_page(page: str, **named: object) -> str:
    """The address of one of our pages. page: as above. named: what stands in its braces."""
    return PAGES + page.format(**{name: quote(str(value), safe="") for name, value in named.items()})


def batch_page(dag: str, run: str, batch: int) -> str:
    """Our page of a batch."""
    return our_page(BATCH_PAGE, dag_id=dag, run_id=run, batch=batch)


def run_logs(run: str) -> Path:
    """The folder of a run's logs, relative to Airflow's log folder."""
    return Path(f"dag_id={DAG}", f"run_id={run}")
