"""A release of plastid genomes as one GenBank file, compressed: through the whole DAG, beside `gzip -dc` of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from isal import igzip

from benchmarks import breakdown, pipeline
from benchmarks.coding import COUNTED, RECORDS, write_genbank
from benchmarks.measuring import measure, warm
from benchmarks.table import Check, Findings, Row
from opengenome import flow
from opengenome.core.alphabet import CODONS

_BYTES = 3_000_000_000  # of text at scale 1, about that of RefSeq's plastids
_BATCH_SIZE = 100_000  # CDS are short: 5,000 of them are 5 Mnt
_LEVEL = 2


def run_all(home: Path, scale: float, work: Path, found: Findings, log_line: Callable[[str], None]) -> None:
    """Measure both. home: where the file is kept. scale: as of the benchmark."""
    path = home / "plastids.gb.gz"
    if not path.exists():
        log_line(f"Writing {path} (once)")
        _write(path, round(_BYTES * scale))
    records = _records(path)
    folder = work / "release"
    folder.mkdir()
    warm(path)
    inflated = measure(["sh", "-c", 'exec gzip -dc "$1" >/dev/null', "sh", path], folder)
    floor = folder / "floor.fasta"
    floor.write_text(">floor\n" + "".join(CODONS) + "\n")
    with pipeline.own_airflow(folder, home, log_line) as running:
        pipeline.run_dag(running, "first run here", floor)
        run = pipeline.run_dag(running, "GenBank, .gz", path, batch_size=_BATCH_SIZE)
    found.rows += [run.row(), Row("gzip -dc of that GenBank", inflated.wall, inflated.cpu, inflated.peak)]
    cds = json.loads((run.results / flow.SUMMARY).read_text())["cds"]
    detail = f"{cds['counted']:,} of {cds['found']:,} CDS in {records:,} records"
    found.checks.append(Check("each CDS of the release is accounted for", cds["counted"] == COUNTED * records, detail))
    found.lines += [
        "",
        f"GenBank release: {run.wall / inflated.wall:.1f} times the wall time of gzip -dc,"
        f" {sum(run.cpu.values()) / inflated.cpu:.1f} times its CPU",
        *breakdown.lines(run),
    ]
    found.json["release"] = breakdown.as_dict(run) | {"gzip": inflated.wall, "cds": cds}


def _write(path: Path, size: int) -> None:
    """The records of `coding`, again and again under other names, until there are as many bytes as wanted."""
    plain = path.with_name("plastids.gb")
    write_genbank(plain, RECORDS)
    text = plain.read_bytes()
    plain.unlink()
    unfinished = path.with_name(f"{path.name}.part")
    with igzip.open(unfinished, "wb", compresslevel=_LEVEL) as file:
        for number in range(max(1, round(size / len(text)))):
            file.write(text.replace(b"NC_", b"%c%c_" % (65 + number // 26, 65 + number % 26)))
    unfinished.rename(path)


def _records(path: Path) -> int:
    with igzip.open(path, "rb") as file:
        return sum(line.startswith(b"LOCUS ") for line in file)
