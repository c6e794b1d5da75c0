"""The whole command as a user types it, `./opengenome analyze codon`: its Airflow's start and stop included."""

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

# The launcher of the checkout finds an environment that is made, and may never make one: that would be this one.
_NO_OTHER = {"OPENGENOME_PYTHON": "none, as the environment is made"}
# Where things are, as for a user who sets none of it: empty is the default, which lies in the checkout.
_PLACES = dict.fromkeys((f"OPENGENOME_{name}" for name in ("STORE", "RESULTS", "LANDING", "SOURCE_ROOTS", "LOOPS")), "")


@dataclass(frozen=True, slots=True)
class CommandRun(Published):
    """One command. cpu: seconds of all processes below it. peak: bytes, see TreeMeter."""

    wall: float
    cpu: float
    peak: int

    def row(self) -> Row:
        return Row(self.name, self.wall, self.cpu, self.peak, "starts and stops Airflow")


def run_command(work: Path, name: str, source: Path, first: Path, log_line: Callable[[str], None]) -> CommandRun:
    """`analyze codon` on a file, from an empty store, in a checkout of its own. Raises EngineError where it fails.

    first: a small file, counted before; that makes Airflow's database and compiles the loops, once for a checkout.
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
    """Count a file with the command of a checkout, into its folder `output`."""
    places: list[str | Path] = ["--input", source, "--output", checkout / "output"]
    return measure([checkout / "opengenome", "analyze", "codon", *places], checkout, _PLACES | _NO_OTHER)


def make_checkout(folder: Path) -> None:
    """A copy of this checkout that uses this Python. Its Airflow, store and results are its own."""
    root = settings.project_root()
    for name in ("include", "dags", "plugins"):
        shutil.copytree(root / name, folder / name)
    for name in ("opengenome", "requirements.txt"):
        shutil.copy2(root / name, folder / name)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    # No link: Python would take the copy for its environment, and Java refuse an archive of classes that lie elsewhere.
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    (folder / ".venv" / "opengenome-spark.jsa").symlink_to(settings.load().class_archive)
    locked = hashlib.sha256((folder / "requirements.txt").read_bytes()).hexdigest()
    (folder / ".venv" / ".opengenome-synced").write_text(f"product {locked} {folder.resolve()}")
