"""`./opengenome bench`: run the measurements in order, print one table, write one JSON file, check the results."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from pathlib import Path

import psutil

from benchmarks import coding, dataset, machine, measures, parts, peers, release, report, runs, table
from benchmarks.dataset import Dataset
from benchmarks.table import Findings, Row
from opengenome.cli.arguments import MEASUREMENTS
from opengenome.cli.terminal import show
from opengenome.errors import LawError, OpenGenomeError, UsageError
from opengenome.orchestration import settings

IDENTITY_SCALE = 0.05  # up to this scale, other batch sizes and masters are run by default
_QUIET = 0.3  # load average above which a line warns that the machine is busy
_PART_OF = {"busy": "dag", "command": "dag", **dict.fromkeys(peers.NAMES, "peers")}

LogLine = Callable[[str], None]


def bench(scale: float, output: Path | None, only: list[str] | None, log_line: LogLine) -> None:
    """Measure, print, write JSON. Raises LawError at the end if a check fails, and the errors of a run.

    scale: of OpenGenome2's organelles. only: names of MEASUREMENTS; None for all, but without identity above
    IDENTITY_SCALE.
    """
    if sys.platform != "linux":
        raise UsageError("The benchmark needs Linux, because it reads /proc")
    home = settings.project_root() / "data" / "bench"
    facts = machine.describe()
    data = dataset.prepare(home, scale, log_line)
    print(f"{_headline(data)}\n{machine.sentence(facts)}", flush=True)
    if facts["load_before"] > _QUIET:
        log_line(
            f"The load here is {facts['load_before']}: something else runs, and the times are not those of this alone"
        )

    wanted = selected(only, scale)
    if only is None and "identity" not in wanted:
        log_line(f"Above scale {IDENTITY_SCALE} other batch sizes and masters are not run; ask with --only identity")
    found = Findings()
    with _work(home, log_line) as work:
        for measured in peers.run_all(data, work, wanted, log_line):
            found.rows.append(measured.row)
            found.checks += measured.checks
        if "micro" in wanted:
            found.json["micro"] = parts.run_all(data, work, log_line)
            cusp = next((row.wall for row in found.rows if row.name == table.YARDSTICK), None)
            found.lines += ["", *parts.lines(found.json["micro"], cusp)]
        if "coding" in wanted:
            coding.run_all(work, found, log_line)
        if "measures" in wanted:
            lines, checks, found.json["measures"] = measures.run_all(work, log_line)
            found.lines += lines
            found.checks += checks
        if "report" in wanted:
            report.run_all(work, found, log_line)
        if "release" in wanted:
            release.run_all(data.plain.parent, scale, work, found, log_line)
        runs.run_all(data, work, wanted, found, log_line)
    found.json |= {"machine": facts, "scale": scale, "ledger": data.ledger.as_dict()}
    _report(found, output)
    if broken := [check.name for check in found.checks if not check.holds]:
        raise LawError(f"{len(broken)} of {len(found.checks)} checks are broken: {'; '.join(broken)}")


def selected(only: Collection[str] | None, scale: float) -> frozenset[str]:
    """The selected names of MEASUREMENTS, including the parts of each."""
    if only is None:
        return frozenset(MEASUREMENTS) - ({"identity"} if scale > IDENTITY_SCALE else set())
    return frozenset(name for name in MEASUREMENTS if name in only or _PART_OF.get(name) in only)


def _headline(data: Dataset) -> str:
    plain, packed = (path.stat().st_size / 1e9 for path in (data.plain, data.gzip))
    ledger = data.ledger
    return (
        f"Synthetic organelle-like set, scale {data.scale:g}: {ledger.records:,} records, {ledger.bases:,} nt,"
        f" {data.counted:,} codons,\n{ledger.ambiguous_codons:,} ambiguous codons, {ledger.trailing:,} trailing bases;"
        f" {plain:.3f} GB plain, {packed:.3f} GB as .gz"
    )


@contextlib.contextmanager
def _work(home: Path, log_line: LogLine) -> Iterator[Path]:
    """A folder for stores, results and logs. It is removed at the end, or after a failure at the next start."""
    for old in home.glob("work-*"):
        if not psutil.pid_exists(int(old.name.removeprefix("work-"))):
            shutil.rmtree(old, ignore_errors=True)
    work = home / f"work-{os.getpid()}"
    (work / "airflow").mkdir(parents=True)
    os.environ["OPENGENOME_LOOPS"] = str(work / "airflow" / "loops")
    try:
        yield work
    except OpenGenomeError:
        log_line(f"Logs are kept in {work}")
        raise
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    shutil.rmtree(work)


def _report(found: Findings, output: Path | None) -> None:
    checked = [f"{'holds ' if check.holds else 'BROKEN'}  {check.name}: {check.detail}" for check in found.checks]
    show(["", table.results(found.rows), *found.lines, "", *checked], sys.stdout)
    if output is not None:
        rows = [asdict(row) | _ratios(row, found.rows) for row in found.rows]
        checks = [asdict(check) for check in found.checks]
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(found.json | {"rows": rows, "checks": checks}, indent=2) + "\n")


def _ratios(row: Row, rows: list[Row]) -> dict[str, float | None]:
    wall, cpu = table.against_yardstick(row, rows) or (None, None)
    return {"cusp_ratio": wall, "cusp_cpu_ratio": cpu}
