"""Runs the measurements of micro.py, each in a process of its own, and Spark submits of single batches."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import micro
from benchmarks.dataset import Dataset
from benchmarks.measuring import measure, submit, warm
from benchmarks.pipeline import DagRun
from benchmarks.planned import spec_file
from benchmarks.table import Check
from opengenome.core.genetic_code import genetic_code
from opengenome.core.model import BatchManifest
from opengenome.core.usage import codon_table
from opengenome.io import batches, tables

TINY_RECORDS, TINY_LENGTH = 1_000_000, 100
MASTERS = ("local[1]", "local[2]")


def run_all(data: Dataset, work: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Every measurement by name; seconds, GB/s and bytes. Nothing else runs meanwhile."""
    folder = work / "parts"
    folder.mkdir(parents=True)
    say("Measuring the kernels")
    found: dict[str, Any] = {"kernel": _alone("kernel", folder)}
    say("Measuring inflating and ingest")
    warm(data.gzip)
    inflated = json.loads(measure([sys.executable, "-m", "benchmarks.inflate", data.gzip], folder).output)
    stored = _alone("ingest", folder, data.gzip, folder)
    found["gzip"] = {
        "inflate_rate": inflated["bytes"] / inflated["seconds"] / 1e9,
        "ingest_rate": inflated["bytes"] / stored["seconds"] / 1e9,
        "share": inflated["seconds"] / stored["seconds"],
        "ingest_peak": stored["peak"],
    }
    shutil.rmtree(folder / "store")
    say("Measuring growth")
    found["growth"] = _alone("growth", folder, folder)
    shutil.rmtree(folder / "store")
    say("Measuring a Spark submit that counts nothing")
    found["empty_submit"] = _empty_submit(folder)
    say(f"Measuring {TINY_RECORDS:,} records of {TINY_LENGTH} nt")
    found["tiny_records"] = _tiny_records(folder)
    shutil.rmtree(folder)
    return found


def _alone(name: str, folder: Path, *paths: Path) -> dict[str, float]:
    """What a measurement of micro.py prints, run in a process of its own."""
    usage = measure([sys.executable, "-m", "benchmarks.micro", name, *paths], folder)
    found: dict[str, float] = json.loads(usage.output)
    return found | {"peak": usage.peak}


def _empty_submit(folder: Path) -> dict[str, float]:
    """One sequence of eight letters; the best of three after one that fills the caches."""
    home = folder / "empty"
    home.mkdir()
    (home / "tiny.fasta").write_text(">tiny\nACGTACGT\n")
    spec = spec_file(home / "tiny.fasta", home)
    best = min((submit(spec, home / f"batch-{number}", "local[*]") for number in range(4)), key=lambda usage: usage.cpu)
    return {"wall": best.wall, "cpu": best.cpu}


def _tiny_records(folder: Path) -> dict[str, Any]:
    """The per-sequence table is on. wall: of the submit, from its start to its end, the commit inside."""
    home = folder / "tiny"
    home.mkdir()
    micro.tiny_records(home / "tiny.fasta", TINY_RECORDS, TINY_LENGTH)
    spec = spec_file(home / "tiny.fasta", home)
    usage = submit(spec, home / "batch", "local[*]")
    manifest = _manifest(home / "batch")
    counted = sum(manifest.totals) + manifest.ledger.ambiguous
    assert manifest.ledger.sequences == TINY_RECORDS
    assert counted == TINY_RECORDS * (TINY_LENGTH // 3)
    peak = {"peak_memory": manifest.peak_memory, "peak_submit": usage.peak}
    return {"wall": usage.wall, "cpu": usage.cpu, "timings": manifest.timings, **peak}


def identical_masters(data: Dataset, work: Path, reference: DagRun, say: Callable[[str], None]) -> list[Check]:
    """The whole set as one batch, with one core and with two: the same parts, and the table that the DAG gave."""
    home = work / "masters"
    home.mkdir()
    spec = spec_file(data.plain, home)
    found: dict[str, BatchManifest] = {}
    checks = []
    for master in MASTERS:
        say(f"Counting with {master}")
        submit(spec, home / master, master)
        found[master] = manifest = _manifest(home / master)
        tables.write_codon_table(home, codon_table(manifest.totals, genetic_code(1)).columns())
        same = (home / tables.CSV).read_bytes() == reference.csv
        checks.append(Check(f"{master}: codon_usage.csv", same, "byte-identical" if same else "differs"))
    parts = [[(part.rows, part.sha256) for part in manifest.parts] for manifest in found.values()]
    same = all(part == parts[0] for part in parts)
    checks.append(Check(f"{' and '.join(MASTERS)}: per-sequence parts", same, f"{len(parts[0])} parts by sha256"))
    shutil.rmtree(home)
    return checks


def _manifest(batch: Path) -> BatchManifest:
    manifest, _ = batches.load_manifest(batch / batches.MANIFEST)
    return manifest


def lines(found: dict[str, Any]) -> list[str]:
    """For the terminal."""
    kernel, packed, tiny = found["kernel"], found["gzip"], found["tiny_records"]
    growth, empty = found["growth"], found["empty_submit"]
    return [
        "kernels, one core: "
        + ", ".join(f"{name} {rate:.2f} GB/s of sequence" for name, rate in kernel.items() if name != "peak"),
        f"gzip: isal inflates {packed['inflate_rate']:.2f} GB/s, ingest {packed['ingest_rate']:.2f} GB/s,"
        f" {packed['share']:.0%} of it; its process peaks at {packed['ingest_peak'] / 1e6:,.0f} MB",
        f"one Spark submit of one tiny sequence: {empty['cpu']:.2f} CPU seconds, {empty['wall']:.2f} s"
        f" on {len(os.sched_getaffinity(0))} cores",
        f"{TINY_RECORDS:,} records of {TINY_LENGTH} nt, counted and committed: {tiny['wall']:.1f} s,"
        f" {tiny['cpu']:.1f} CPU seconds, {tiny['peak_submit'] / 1e6:,.0f} MB sampled",
        f"ten times {growth['bytes'] / 1e6:,.0f} MB: {growth['ratio']:.2f} times the counting"
        f" ({growth['seconds']:.3f} s, {growth['tenfold']:.3f} s)",
    ]
