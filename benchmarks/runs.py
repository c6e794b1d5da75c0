"""Measure the wanted runs of the DAG and the whole command; collect their rows and checks."""

from __future__ import annotations

from collections.abc import Callable, Set
from pathlib import Path

from benchmarks import breakdown, parts, pipeline
from benchmarks.dataset import Dataset
from benchmarks.measuring import busy_process
from benchmarks.pipeline import DagRun, Published
from benchmarks.table import Findings
from benchmarks.whole_command import run_command
from opengenome.core.alphabet import CODONS

_OTHER_SIZES = (500, 50_000)
_PLAIN = "plain FASTA"

Runs = list[DagRun]
LogLine = Callable[[str], None]


def run_all(data: Dataset, work: Path, wanted: Set[str], found: Findings, log_line: LogLine) -> None:
    """Run the wanted ones of dag, identity, busy and command. Their rows come before the existing rows."""
    rows = []
    whole: list[Published] = []  # runs over the whole set
    if wanted & {"dag", "identity", "busy"}:
        runs, others = _dags(data, work, wanted, found, log_line)
        rows += [run.row() for run in runs]
        whole += [run for run in (*runs, *others) if not run.name.startswith("floor")]
    if "command" in wanted:
        command = run_command(work, f"whole command, {_PLAIN}", data.plain, _floor(work), log_line)
        rows.append(command.row())
        whole.append(command)
    found.rows[:0] = rows
    found.checks += [pipeline.check(run, data) for run in whole]
    found.checks += [pipeline.check_identical(run, whole[0]) for run in whole[1:]]
    if "identity" in wanted:
        found.checks += parts.identical_masters(data, work, whole[0], log_line)


def _dags(data: Dataset, work: Path, wanted: Set[str], found: Findings, log_line: LogLine) -> tuple[Runs, Runs]:
    """The runs for the table and those with other batch sizes, all in one Airflow."""
    floor, runs, others = _floor(work), [], []
    with pipeline.own_airflow(work, data.plain.parent, log_line) as running:
        first = pipeline.run_dag(running, "first run here", floor)  # compiles the loops, once for an installation
        if wanted & {"dag", "identity"}:
            runs.append(pipeline.run_dag(running, _PLAIN, data.plain))
        if "dag" in wanted:
            again = pipeline.run_dag(running, f"{_PLAIN} again", data.plain, keep=True)
            found.checks.append(pipeline.check_again(again))
            runs += [
                again,
                pipeline.run_dag(running, ".fasta.gz", data.gzip),
                pipeline.run_dag(running, "Parquet", data.parquet),
                pipeline.run_dag(running, "floor: 64 codons", floor),
            ]
        if "busy" in wanted:
            with busy_process():
                runs.append(pipeline.run_dag(running, f"{_PLAIN}, beside one busy process", data.plain))
        if "identity" in wanted:
            others = [
                pipeline.run_dag(running, f"batch size {size:,}", data.plain, batch_size=size) for size in _OTHER_SIZES
            ]
    found.lines += [
        "",
        f"First run of an installation, on 64 codons: {first.wall:.1f} s (compiles the loops; not in the table)",
    ]
    found.lines += [line for run in runs for line in ("", *breakdown.lines(run))]
    found.json["runs"] = [breakdown.as_dict(run) for run in (*runs, *others)]
    return runs, others


def _floor(work: Path) -> Path:
    """A file of 64 codons, whose run measures the fixed cost."""
    path = work / "floor.fasta"
    path.write_text(">floor\n" + "".join(CODONS) + "\n")
    return path
