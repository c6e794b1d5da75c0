"""Measure the whole command `./opengenome analyze codon`, including the start and stop of its Airflow."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Usage, measure, warm
from benchmarks.pipeline import Published
from benchmarks.table import Row
from benchmarks.tree import WORKERS, TreeMeter
from opengenome.orchestration import settings

# The copied launcher finds a finished environment. It must never make one, because that would replace this one.
_NO_OTHER = {"OPENGENOME_PYTHON": "none, as the environment is made"}
# The default folders, which lie in the checkout: an empty value is the default.
_PLACES = dict.fromkeys((f"OPENGENOME_{name}" for name in ("STORE", "RESULTS", "LANDING", "SOURCE_ROOTS", "LOOPS")), "")


@dataclass(frozen=True, slots=True)
class CommandRun(Published):
    """One command. cpu: seconds of all its processes. peak: bytes, see TreeMeter."""

    wall: float
    cpu: float
    peak: int

    def row(self) -> Row:
        return Row(self.name, self.wall, self.cpu, self.peak, "starts and stops Airflow")


def run_command(work: Path, name: str, source: Path, first: Path, log_line: Callable[[str], None]) -> CommandRun:
    """Measure `analyze codon` on a file, from an empty store, in its own checkout. Raises EngineError if it fails.

    first: a small file, counted before to create Airflow's database and compile the loops, once for each checkout.
    """
    folder = work / "checkout"
    make_checkout(folder)
    log_line("Measuring the whole command")
    analyze(folder, first)
    shutil.rmtree(folder / "data")
    warm(source)
    with TreeMeter() as meter:
        usage = analyze(folder, source)
    return CommandRun(name, folder / "output", usage.wall, usage.cpu + meter.cpu[WORKERS], meter.peak)


def analyze(checkout: Path, source: Path) -> Usage:
    """Count a file with the command of a checkout; the results go to its folder `output`."""
    places: list[str | Path] = ["--input", source, "--output", checkout / "output"]
    return measure([checkout / "opengenome", "analyze", "codon", *places], checkout, _PLACES | _NO_OTHER)


def make_checkout(folder: Path) -> None:
    """Make a copy of this checkout that uses this Python, but its own Airflow, store and results."""
    root = settings.project_root()
    for name in ("include", "dags", "plugins"):
        shutil.copytree(root / name, folder / name)
    for name in ("opengenome", "requirements.txt"):
        shutil.copy2(root / name, folder / name)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    # Not a link: Python would take the copy for its environment, and Java would refuse a class archive of other paths.
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    (folder / ".venv" / "opengenome-spark.jsa").symlink_to(settings.load().class_archive)
    locked = hashlib.sha256((folder / "requirements.txt").read_bytes()).hexdigest()
    (folder / ".venv" / ".opengenome-synced").write_text(f"product {locked} {folder.resolve()}")
