"""The names of the flow: DAG, tasks, XCom keys, published files, pages and runs. Nobody else spells them."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

DAG = "codon_usage"  # also the name of its file
ASSET_URI = f"opengenome://{DAG}/latest"
TASKS = ("discover", "ingest", "plan", "count_codons", "aggregate", "validate", "publish")  # in their order
DISCOVER, INGEST, PLAN, COUNT_CODONS, AGGREGATE, VALIDATE, PUBLISH = TASKS
MAX_BATCHES = 1000  # Airflow maps at most 1,024 values (core.max_map_length)

# XCom keys. DISCOVERED: what `discover` found, for the command. FAILURE: why a task failed, a sentence. AGAIN: whether
# a retry of the run can help (`errors.Again`).
DISCOVERED = "discovered"
FAILURE, AGAIN = "failure", "again"

# The published files: those of every run, and those of some runs. PER_SEQUENCE is a folder of numbered parts.
CSV, PARQUET = f"{DAG}.csv", f"{DAG}.parquet"
SUMMARY, PROVENANCE, VALIDATION = "summary.json", "provenance.json", "validation.json"
BY_GROUP_CSV, BY_GROUP_PARQUET = f"{DAG}_by_group.csv", f"{DAG}_by_group.parquet"
MEASURES_BY_GROUP = "measures_by_group.csv"
DROPPED = "dropped.csv"
ORDINATION = "ordination.csv"
CODON_PAIRS_CSV, CODON_PAIRS_PARQUET = "codon_pairs.csv", "codon_pairs.parquet"
PER_SEQUENCE = "per_sequence"
_PART = re.compile(rf"{PER_SEQUENCE}/part-([0-9]{{5}}|[1-9][0-9]{{5,}})\.parquet")

# Paths of Airflow's REST API.
API = "/api/v2"
DAG_PATH = f"{API}/dags/{DAG}"
RUNS_PATH = f"{DAG_PATH}/dagRuns"

# Our own pages in Airflow.
PAGES = "/opengenome"
BATCH_PAGE = "/dags/{dag_id}/runs/{run_id}/batches/{batch}"

# The run ids of the command begin with its name.
ANALYZE, DEMO = _COMMANDS = ("analyze", "demo")
_RUN_OF_COMMAND = re.compile(rf"({'|'.join(_COMMANDS)})-\d{{8}}T\d{{6}}Z-[0-9a-f]{{8}}")


def per_sequence_part(number: int) -> str:
    """The name of a part of the published per-sequence table, below the results folder. number: from 0."""
    return f"{PER_SEQUENCE}/part-{number:05d}.parquet"


def is_per_sequence_part(name: str) -> bool:
    """Whether `per_sequence_part` gives this name."""
    return bool(_PART.fullmatch(name))


def new_run(command: str) -> str:
    """A new id for a run that the command starts. command: ANALYZE or DEMO."""
    return f"{command}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


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


def batch_page(dag: str, run: str, batch: int) -> str:
    """Our page of a batch."""
    return PAGES + BATCH_PAGE.format(dag_id=quote(dag, safe=""), run_id=quote(run, safe=""), batch=batch)


def run_logs(run: str) -> Path:
    """The folder of a run's logs, relative to Airflow's log folder."""
    return Path(f"dag_id={DAG}", f"run_id={run}")
