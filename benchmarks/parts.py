"""Run the measurements of micro.py, each in a process of its own, and Spark submits of single batches."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import micro
from benchmarks.breakdown import submit_peak
from benchmarks.dataset import Dataset
from benchmarks.measuring import measure, submit, warm
from benchmarks.pipeline import Published
from benchmarks.planned import spec_file
from benchmarks.submit_processes import SubmitMeter
from benchmarks.table import Check, counted, memory, ruled, seconds
from opengenome.cli.terminal import Shown
from opengenome.core.genetic_code import genetic_code
from opengenome.core.model import BatchManifest
from opengenome.core.usage import codon_table
from opengenome.io import batches, tables

TINY_RECORDS, TINY_LENGTH = 1_000_000, 100
LONG_RECORD = 300_000_000
CORES = len(os.sched_getaffinity(0))
MASTERS = ("local[1]", "local[2]")


def run_all(data: Dataset, work: Path, log_line: Callable[[str], None]) -> dict[str, Any]:
    """Every measurement by name, in seconds, GB/s and bytes. They run one after the other."""
    folder = work / "parts"
    folder.mkdir(parents=True)
    log_line("Measuring the kernels")
    found: dict[str, Any] = {"kernel": _alone("kernel", folder)}
    log_line("Measuring inflating and ingest")
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
    log_line("Measuring growth")
    found["growth"] = _alone("growth", folder, folder)
    shutil.rmtree(folder / "store")
    log_line("Measuring a Spark submit that counts nothing")
    found["empty_submit"] = _empty_submit(folder)
    log_line(f"Measuring {TINY_RECORDS:,} records of {TINY_LENGTH} nt")
    micro.tiny_records(folder / "tiny.fasta", TINY_RECORDS, TINY_LENGTH)
    found["tiny_records"] = _alone_on_spark(folder / "tiny.fasta", folder)
    log_line(f"Measuring one record of {LONG_RECORD:,} nt on one line")
    micro.long_record(folder / "long.fasta", LONG_RECORD)
    found["long_record"] = _alone_on_spark(folder / "long.fasta", folder)
    for name, path in (("plain FASTA", data.plain), ("Parquet", data.parquet), (".fasta.gz", data.gzip)):
        log_line(f"Counting the whole set as one batch: {name}")
        found.setdefault("one_batch", {})[name] = _alone_on_spark(path, folder)
    shutil.rmtree(folder)
    return found


def _alone(name: str, folder: Path, *paths: Path) -> dict[str, float]:
    """Run a measurement of micro.py in a process of its own; returns what it prints."""
    usage = measure([sys.executable, "-m", "benchmarks.micro", name, *paths], folder)
    found: dict[str, float] = json.loads(usage.output)
    return found | {"peak": usage.peak}


def _empty_submit(folder: Path) -> dict[str, Any]:
    """A submit of one sequence of eight letters: the one with the least CPU of four, as the first fills the caches.

    processes: CPU seconds by kind of process.
    """
    home = folder / "empty"
    home.mkdir()
    (home / "tiny.fasta").write_text(">tiny\nACGTACGT\n")
    spec = spec_file(home / "tiny.fasta", home)
    found = []
    for number in range(4):
        with SubmitMeter() as meter:
            usage = submit(spec, home / f"batch-{number}", "local[*]")
        found.append({"wall": usage.wall, "cpu": usage.cpu, "processes": dict(meter.cpu)})
    return min(found, key=lambda one: one["cpu"])


def _alone_on_spark(path: Path, folder: Path) -> dict[str, Any]:
    """Count a file as one batch, with its per-sequence table, in a single submit; every base is accounted for.

    wall: of the whole submit, including the commit. rate: GB/s of sequence in read + count, by the manifest, on all
    cores together. peak: bytes by manifest; peak_submit: sampled.
    """
    home = folder / "alone"
    home.mkdir()
    spec = spec_file(path, home)
    warm(path)
    usage = submit(spec, home / "batch", "local[*]")
    manifest = _manifest(home / "batch")
    assert manifest.ledger.accounted == manifest.ledger.bases == sum(chunk.bases for chunk in manifest.chunks)
    workers = min(CORES, len(manifest.chunks))
    reading = (manifest.timings["read"] + manifest.timings["count"]) / workers
    shutil.rmtree(home)
    return {
        "wall": usage.wall,
        "cpu": usage.cpu,
        "timings": manifest.timings,
        "counting": reading,
        "rate": manifest.ledger.bases / reading / 1e9,
        "peak": submit_peak(manifest.peak_memory, workers),
        "peak_submit": usage.peak,
    }


def identical_masters(data: Dataset, work: Path, reference: Published, log_line: Callable[[str], None]) -> list[Check]:
    """Check that the whole set as one batch gives the same parts with one core and two, and the DAG's table."""
    home = work / "masters"
    home.mkdir()
    spec = spec_file(data.plain, home)
    found: dict[str, BatchManifest] = {}
    checks = []
    for master in MASTERS:
        log_line(f"Counting with {master}")
        submit(spec, home / master, master)
        found[master] = manifest = _manifest(home / master)
        tables.write_codon_table(home, codon_table(manifest.totals, genetic_code(1)).columns())
        same = (home / tables.CSV).read_bytes() == reference.csv
        checks.append(Check(f"{master}: {tables.CSV}", same, "byte-identical" if same else "differs"))
    parts = [[(part.rows, part.sha256) for part in manifest.parts] for manifest in found.values()]
    same = all(part == parts[0] for part in parts)
    checks.append(Check(f"{' and '.join(MASTERS)}: per-sequence parts", same, f"{len(parts[0])} parts by sha256"))
    shutil.rmtree(home)
    return checks


def _manifest(batch: Path) -> BatchManifest:
    manifest, _ = batches.load_manifest(batch / batches.MANIFEST)
    return manifest


def lines(found: dict[str, Any], yardstick: float | None) -> list[Shown]:
    """For the terminal. yardstick: seconds that cusp takes for the set, if it was measured."""
    kernel, packed, growth, empty = found["kernel"], found["gzip"], found["growth"], found["empty_submit"]
    kernels = ", ".join(f"{name} {rate:.2f}" for name, rate in kernel.items() if name != "peak")
    processes = ", ".join(f"{kind} {cpu:.2f}" for kind, cpu in Counter(empty["processes"]).most_common())
    head = ["one submit, counted and committed", "wall", "CPU", "peak by manifest", "sampled"]
    head += [f"read + count, {counted(CORES, 'core')}", "cusp's rate"]
    submits = [
        _cells(f"{TINY_RECORDS:,} records of {TINY_LENGTH} nt", found["tiny_records"]),
        _cells(f"one record of {LONG_RECORD:,} nt on one line", found["long_record"]),
    ]
    for name, alone in found["one_batch"].items():
        compared = f"{yardstick / alone['counting']:.0f} ×" if yardstick else "-"
        submits.append(_cells(f"the whole set as one batch, {name}", alone, compared))
    return [
        f"kernels, one core, GB/s of sequence: {kernels}",
        f"gzip: isal inflates {packed['inflate_rate']:.2f} GB/s, ingest {packed['ingest_rate']:.2f} GB/s,"
        f" {packed['share']:.0%} of it; its process peaks at {memory(packed['ingest_peak'])}",
        f"ten times {growth['bytes'] / 1e6:,.0f} MB: {growth['ratio']:.2f} times the counting"
        f" ({growth['seconds']:.3f} s, {growth['tenfold']:.3f} s)",
        f"one submit that counts nothing: {empty['cpu']:.2f} CPU seconds, {empty['wall']:.2f} s",
        f"  by process, CPU seconds: {processes}",
        "",
        ruled(head, submits),
    ]


def _cells(name: str, alone: dict[str, Any], compared: str = "-") -> list[str]:
    return [
        name, seconds(alone["wall"]), seconds(alone["cpu"]), memory(alone["peak"]), memory(alone["peak_submit"]),
        f"{alone['rate']:.2f} GB/s", compared,
    ]  # fmt: skip
