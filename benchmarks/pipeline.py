"""Measure runs of the DAG in an embedded Airflow of their own, each from an empty store."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.dataset import Dataset
from benchmarks.measuring import warm
from benchmarks.table import Check, Row, counted
from benchmarks.tree import TreeMeter
from opengenome import flow
from opengenome.cli.analyze import execute
from opengenome.cli.embedded import Running, airflow
from opengenome.cli.environment import Site
from opengenome.cli.places import Here
from opengenome.orchestration import settings

BATCH_SIZE = 5_000


@dataclass(frozen=True, slots=True)
class Published:
    """A measured run, by its name in the table, and the folder with its published files."""

    name: str
    results: Path

    @property
    def csv(self) -> bytes:
        return (self.results / flow.CSV).read_bytes()


@dataclass(frozen=True, slots=True)
class DagRun(Published):
    """One run. trigger: its time in seconds since 1970. client: seconds from it until the command saw the run's end.

    run, tasks: as Airflow's API describes them. batches: of provenance.json. logs: the folder of the tasks' logs. cpu:
    seconds by component. peak, peak_submit: bytes, see TreeMeter.
    """

    trigger: float
    client: float
    run: dict[str, Any]
    tasks: list[dict[str, Any]]
    batches: list[dict[str, Any]]
    logs: Path
    cpu: dict[str, float]
    peak: int
    peak_submit: int

    @property
    def wall(self) -> float:
        """Seconds from the trigger to the end of the run, when everything is published."""
        return moment(self.run["end_date"]) - self.trigger

    @property
    def submits(self) -> int:
        """Batches that Spark counted in this run."""
        return sum(not batch["reused"] for batch in self.batches)

    def row(self) -> Row:
        note = f"{counted(len(self.batches), 'batch', 'es')}, {counted(self.submits, 'submit')}"
        return Row(f"DAG, {self.name}", self.wall, sum(self.cpu.values()), self.peak, note)

    def as_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "results": self.results.name,
            "logs": self.logs.name,
            "wall": self.wall,
            "submits": self.submits,
        }


def moment(text: str) -> float:
    """A time of Airflow's API as seconds since 1970."""
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


@contextlib.contextmanager
def own_airflow(work: Path, inputs: Path, log_line: Callable[[str], None]) -> Iterator[Running]:
    """An Airflow whose home, store and results lie in `work`. An Airflow that is up is not used or disturbed."""
    os.environ.update(
        OPENGENOME_STORE=str(work / "store"),
        OPENGENOME_RESULTS=str(work / "results"),
        OPENGENOME_LANDING=str(work / "landing"),
        OPENGENOME_SOURCE_ROOTS=os.pathsep.join(map(str, (inputs, work))),
    )
    root = settings.project_root()
    with airflow(Site(root, work / "airflow", root / "dags", root / "plugins"), "bench", log_line) as running:
        yield running


def run_dag(running: Running, name: str, source: Path, *, batch_size: int = BATCH_SIZE, keep: bool = False) -> DagRun:
    """Run the DAG on a file, from an empty store unless `keep`. Raises RunFailedError with the task's reason."""
    current = settings.load()
    if not keep:
        shutil.rmtree(current.store, ignore_errors=True)
    warm(source)
    run = "-".join(["bench", *re.findall("[a-z0-9]+", name.lower()), secrets.token_hex(4)])  # shown in the progress
    logs = current.store.parent / "airflow" / "logs"
    with TreeMeter() as meter:
        trigger, began = time.time(), time.perf_counter()
        conf = {"source": str(source), "batch_size": batch_size}
        results = execute(Here(running, logs), run, conf)
        client = time.perf_counter() - began
    # The client's public methods return only the state; the full answer also has the dates.
    described = running.client._get(flow.run_path(run))
    tasks = list(running.client.task_instances(run))
    batches = json.loads((results / flow.PROVENANCE).read_text())["batches"]
    logs = logs / flow.run_logs(run)
    return DagRun(
        name, results, trigger, client, described, tasks, batches, logs, meter.cpu, meter.peak, meter.peak_submit
    )  # fmt: skip


def check(run: Published, data: Dataset) -> Check:
    """Whether the published counts and ledger are exactly those of the generator."""
    rows = csv.DictReader(run.csv.decode().splitlines())
    found = {row["codon"]: int(row["count"]) for row in rows}
    ledger = json.loads((run.results / flow.SUMMARY).read_text())["ledger"]
    exact = {
        "sequences": data.ledger.records,
        "bases": data.ledger.bases,
        "counted": data.counted,
        "ambiguous": data.ledger.ambiguous_codons,
        "trailing": data.ledger.trailing,
    }
    wrong = [f"{name} {ledger[name]:,} instead of {value:,}" for name, value in exact.items() if ledger[name] != value]
    wrong += [f"{codon} {found.get(codon)} instead of {n}" for codon, n in data.codons.items() if found.get(codon) != n]
    detail = "; ".join(wrong[:5]) or f"all 64 counts, {data.counted:,} codons; sequences, bases, ambiguous, trailing"
    return Check(f"ours ({run.name}) agrees with the ledger", not wrong, detail)


def check_again(again: DagRun) -> Check:
    """Whether repeating a run without changes submitted nothing to Spark."""
    detail = f"{again.submits} Spark submits, {again.wall:.1f} s"
    return Check("the same run again counts nothing", not again.submits, detail)


def check_identical(run: Published, reference: Published) -> Check:
    """Whether two runs published the same bytes."""
    same = run.csv == reference.csv
    return Check(f"{run.name}: {flow.CSV}", same, "byte-identical" if same else f"not that of {reference.name}")
