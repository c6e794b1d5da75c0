"""The task `report` of runs of three sizes, beside MultiQC on the same folder, and how fast Chromium opens report.html.

`python -m benchmarks.report prove RUN SOURCE COLUMN` proves a run, grouped by the column if one is given;
`python -m benchmarks.report task RUN` makes its views as a task does, `views RUN` without Airflow; both print JSON.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import measure
from benchmarks.micro import tiny_records
from benchmarks.table import Check, Findings, Row, seconds
from opengenome import flow
from opengenome.cli.component import OF_TASKS
from opengenome.core.alphabet import CODONS
from opengenome.errors import number_of
from opengenome.io.memory import peak_memory, resident_memory
from opengenome.orchestration import settings

SMALL, GROUPED, MANY = "64 codons", "32,240 sequences in groups", "1,000,000 sequences"
_FILES, _RECORDS = 155, 208  # 32,240 sequences, a group for each file
_MANY, _LENGTH = 1_000_000, 304
_REPEATS = 3
_MOST_SECONDS, _MOST_BYTES = 2.0, 5_000_000  # until Chromium has loaded the page of GROUPED; its size
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_WITHOUT_A_WINDOW = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom")

LogLine = Callable[[str], None]


def run_all(work: Path, found: Findings, log_line: LogLine) -> None:
    """A row for each run, with the least CPU of three; lines and checks of its page."""
    for name, write in {SMALL: _small, GROUPED: _grouped, MANY: _many}.items():
        log_line(f"Measuring the report of {name}")
        run = "-".join(("bench", *name.lower().replace(",", "").split()))
        home = work / "report" / run
        (home / "input").mkdir(parents=True)
        write(home / "input")
        own = {f"OPENGENOME_{place}": str(home / place.lower()) for place in ("STORE", "RESULTS", "LANDING")}
        own["OPENGENOME_SOURCE_ROOTS"] = str(home / "input")
        _alone(home, own, "prove", run, home / "input", "file" if name == GROUPED else "")
        best = min((_alone(home, own, "task", run) for _ in range(_REPEATS)), key=lambda one: one["cpu"])
        folder = Path(best["folder"])
        page = folder / flow.REPORT_PAGE
        note = f"report.html {page.stat().st_size / 1e6:.2f} MB; peak above the bare task"
        found.rows.append(Row(f"task report, {name}", best["wall"], best["cpu"], best["peak"], note))
        found.json.setdefault("report", {})[name] = best | {"page": page.stat().st_size}
        listed = json.loads((folder / flow.VIEWS).read_text())
        detail = ", ".join(listed["missing"]) or number_of(len(listed["files"]), "view")
        found.checks.append(Check(f"each view of {name} is made", not listed["missing"], detail))
        if name == GROUPED:
            size = page.stat().st_size
            found.checks.append(Check("report.html is below 5 MB", size < _MOST_BYTES, f"{size:,} bytes"))
            _in_chromium(page, found, log_line)
            alone = min(_alone(home, own, "views", run)["whole"] for _ in range(_REPEATS))
            _beside_multiqc(folder, alone, found, log_line)
        shutil.rmtree(home)


def _small(folder: Path) -> None:
    (folder / "codons.fasta").write_text(f">codons\n{''.join(CODONS)}\n")


def _grouped(folder: Path) -> None:
    """Files of random sequences of 300 to 3,000 bases, each file with bases of its own."""
    source = np.random.Generator(np.random.PCG64(3))
    for number in range(_FILES):
        shares = source.dirichlet(np.full(4, 8.0))
        lengths = source.integers(300, 3_000, _RECORDS).tolist()
        with (folder / f"f{number}.fasta").open("wb") as file:
            for k, length in enumerate(lengths):
                letters = source.choice(np.frombuffer(b"ACGT", dtype=np.uint8), length, p=shares)
                file.write(b">s%d_%d\n%b\n" % (number, k, letters.tobytes()))


def _many(folder: Path) -> None:
    tiny_records(folder / "many.fasta", _MANY, _LENGTH)


def _alone(folder: Path, own: Mapping[str, str], *words: str | Path) -> dict[str, Any]:
    """Run a function of this module in a process of its own. whole: CPU seconds of that process."""
    usage = measure([sys.executable, "-m", "benchmarks.report", *words], folder, own)
    found: dict[str, Any] = json.loads(usage.output.splitlines()[-1])  # Airflow may print before
    return found | {"whole": usage.cpu}


def prove(run: str, source: str, by: str) -> dict[str, Any]:
    from benchmarks.proven import proven  # noqa: PLC0415 - so that `views` imports what a task imports

    proven(run, source, require_all_codons="never", group_by=by)
    return {}


def task(run: str) -> dict[str, Any]:
    """Make the views as a task, which is forked from a process that has imported a part."""
    for module in OF_TASKS:
        importlib.import_module(module)
    gc.freeze()  # as that process
    gc.set_threshold(50_000, 50, 50)
    return views(run)


def views(run: str) -> dict[str, Any]:
    """Make the views. cpu, wall: seconds. peak: bytes above the memory before. folder: where they are."""
    before, cpu, wall = resident_memory(), time.process_time(), time.perf_counter()
    from opengenome.orchestration.results import report  # noqa: PLC0415 - its imports count
    from opengenome.orchestration.runs import Run  # noqa: PLC0415

    report(run)
    used = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    return used | {"peak": peak_memory() - before, "folder": str(Run.of(run).report)}


def _in_chromium(page: Path, found: Findings, log_line: LogLine) -> None:
    """How long Chromium takes from its start until it has loaded the page, and an empty one."""
    program = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if not program:
        log_line("Chromium is not installed and is skipped (Debian, Ubuntu: apt-get install chromium)")
        return
    log_line("Opening report.html in Chromium")
    empty = page.with_name("empty.html")
    empty.write_text("<!doctype html><title>empty</title>")
    loaded, nothing = (
        min(measure([program, *_WITHOUT_A_WINDOW, one.as_uri()], page.parent).wall for _ in range(_REPEATS))
        for one in (page, empty)
    )
    empty.unlink()
    took = loaded - nothing
    detail = f"{seconds(took)}; {seconds(loaded)} with Chromium's start, an empty page {seconds(nothing)}"
    found.checks.append(Check(f"Chromium opens report.html in {_MOST_SECONDS:.0f} s", took < _MOST_SECONDS, detail))
    found.json["report"]["chromium"] = {"page": loaded, "empty": nothing}


def _beside_multiqc(folder: Path, ours: float, found: Findings, log_line: LogLine) -> None:
    """MultiQC on the folder with our views. ours: CPU seconds of a process that makes them, imports included."""
    places = [settings.project_root() / ".airflow" / "peers" / "bin", os.environ["PATH"]]
    program = shutil.which("multiqc", path=os.pathsep.join(map(str, places)))
    if not program:
        log_line("MultiQC is not installed and is skipped (`./opengenome test` installs it)")
        return
    log_line("Measuring MultiQC")
    out = folder.with_name("multiqc")
    command: list[str | Path] = [program, "--quiet", "--no-version-check", "--force", "-o", out, folder]
    alone = {"PYTHONPATH": ""}  # it has an environment of its own
    usage = min((measure(command, folder.parent, alone) for _ in range(_REPEATS)), key=lambda one: one.cpu)
    found.rows.append(Row("MultiQC on that folder", usage.wall, usage.cpu, usage.peak))
    found.lines.append(f"MultiQC takes {usage.cpu / ours:.1f} times the CPU of our views, each as a process of its own")
    found.json["report"]["multiqc"] = {"wall": usage.wall, "cpu": usage.cpu, "peak": usage.peak, "ours": ours}


if __name__ == "__main__":
    ways: dict[str, Callable[..., dict[str, Any]]] = {"prove": prove, "task": task, "views": views}
    print(json.dumps(ways[sys.argv[1]](*sys.argv[2:])))
