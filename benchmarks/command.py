"""`./opengenome bench`: everything in its order, one table, one JSON file, one verdict."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import breakdown, dataset, machine, parts, peers, pipeline, table
from benchmarks.dataset import Dataset
from benchmarks.table import Check, Row
from opengenome.core.alphabet import CODONS
from opengenome.errors import LawError, OpenGenomeError, UsageError
from opengenome.orchestration import settings

IDENTITY_SCALE = 0.05  # up to this, other batch sizes and masters are run without being asked for
_OTHER_SIZES = (500, 50_000)
_QUIET = 0.3  # load average above which a line says that the machine is not quiet

Say = Callable[[str], None]


def bench(scale: float, output: Path | None, only: list[str] | None, say: Say) -> None:
    """Measure, print, write JSON. Raises LawError, at the end, where a check does not hold, and what a run raises.

    scale: of OpenGenome2's organelles. only: names of `cli.arguments.MEASUREMENTS`; None for all, but that identity
    is left out above IDENTITY_SCALE.
    """
    if sys.platform != "linux":
        raise UsageError("The benchmark reads /proc, so it runs on Linux only")
    home = settings.project_root() / "data" / "bench"
    facts = machine.describe()
    data = dataset.prepare(home, scale, say)
    print(f"{_headline(data)}\nledger: {json.dumps(data.ledger.as_dict())}\n{machine.sentence(facts)}", flush=True)
    if facts["load_before"] > _QUIET:
        say(f"The load here is {facts['load_before']}: something else runs, and the times are not those of this alone")

    def wanted(name: str) -> bool:
        return only is None or name in only or (name in peers.NAMES and "peers" in only)

    identity = scale <= IDENTITY_SCALE if only is None else "identity" in only
    if only is None and not identity:
        say(f"Above scale {IDENTITY_SCALE} other batch sizes and masters are not run; ask with --only identity")
    found = Findings()
    with _work(home, say) as work:
        for measured in peers.run_all(data, work, wanted, say):
            found.rows.append(measured.row)
            found.checks += measured.checks
        if wanted("micro"):
            found.json["micro"] = parts.run_all(data, work, say)
            cusp = next((row.wall for row in found.rows if row.name == table.YARDSTICK), None)
            found.lines += ["", *parts.lines(found.json["micro"], cusp)]
        asked = {name for name, is_asked in (("dag", wanted("dag")), ("identity", identity)) if is_asked}
        if asked:
            _dags(data, work, asked, found, say)
    found.json |= {"machine": facts, "scale": scale, "ledger": data.ledger.as_dict()}
    _report(found, output)
    if broken := [check.name for check in found.checks if not check.holds]:
        raise LawError(f"{len(broken)} of {len(found.checks)} checks are broken: {'; '.join(broken)}")


@dataclass
class Findings:
    """What has been measured so far. lines: for the terminal, below the table. json: what only the file holds."""

    rows: list[Row] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    json: dict[str, Any] = field(default_factory=dict)


def _dags(data: Dataset, work: Path, asked: set[str], found: Findings, say: Say) -> None:
    """The DAG's runs, in one Airflow: plain, again, gzip, Parquet, the floor, then other batch sizes."""
    with pipeline.own_airflow(work, data.plain.parent, say) as running:
        floor = work / "floor.fasta"
        floor.write_text(">floor\n" + "".join(CODONS) + "\n")
        first = pipeline.run_dag(running, "first run here", floor)  # compiles the loops, once for an installation
        runs = [pipeline.run_dag(running, "plain FASTA", data.plain)]
        if "dag" in asked:
            runs += [
                pipeline.run_dag(running, "plain FASTA again", data.plain, keep=True),
                pipeline.run_dag(running, ".fasta.gz", data.gzip),
                pipeline.run_dag(running, "Parquet", data.parquet),
                pipeline.run_dag(running, "floor: 64 codons", floor),
            ]
            found.checks.append(pipeline.check_again(runs[1]))
        sizes = _OTHER_SIZES if "identity" in asked else ()
        others = [pipeline.run_dag(running, f"batch size {n:,}", data.plain, batch_size=n) for n in sizes]
    whole = [run for run in (*runs, *others) if not run.name.startswith("floor")]
    found.checks += [pipeline.check(run, data) for run in whole]
    found.checks += [pipeline.check_identical(run, runs[0]) for run in whole[1:]]
    if "identity" in asked:
        found.checks += parts.identical_masters(data, work, runs[0], say)
    found.rows[:0] = [run.row() for run in runs]
    found.lines += [
        "",
        f"First run of an installation, on 64 codons: {first.wall:.1f} s (compiles the loops; not in the table)",
    ]
    found.lines += [line for run in runs for line in ("", *breakdown.lines(run))]
    found.json["runs"] = [breakdown.as_dict(run) for run in (*runs, *others)]


def _headline(data: Dataset) -> str:
    plain, packed = (path.stat().st_size / 1e9 for path in (data.plain, data.gzip))
    ledger = data.ledger
    return (
        f"Synthetic organelle-like set, scale {data.scale:g}: {ledger.records:,} records, {ledger.bases:,} nt,"
        f" {data.counted:,} codons; {plain:.3f} GB plain, {packed:.3f} GB as .gz"
    )


@contextlib.contextmanager
def _work(home: Path, say: Say) -> Iterator[Path]:
    """A folder for stores, results and logs, removed at the end; kept, until the next start, where something failed."""
    for old in home.glob("work-*"):
        if not psutil.pid_exists(int(old.name.removeprefix("work-"))):
            shutil.rmtree(old, ignore_errors=True)
    work = home / f"work-{os.getpid()}"
    (work / "airflow").mkdir(parents=True)
    os.environ["OPENGENOME_LOOPS"] = str(work / "airflow" / "loops")
    try:
        yield work
    except OpenGenomeError:
        say(f"Logs are kept in {work}")
        raise
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    shutil.rmtree(work)


def _report(found: Findings, output: Path | None) -> None:
    print("\n" + "\n".join([*table.results(found.rows), *found.lines, ""]))
    for check in found.checks:
        print(f"{'holds ' if check.holds else 'BROKEN'}  {check.name}: {check.detail}")
    if output is not None:
        rows = [asdict(row) | {"cusp_ratio": table.against_yardstick(row, found.rows)} for row in found.rows]
        checks = [asdict(check) for check in found.checks]
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(found.json | {"rows": rows, "checks": checks}, indent=2) + "\n")
