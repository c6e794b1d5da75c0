"""Measure other programs on the same file, one after the other: cusp, codonW, seqkit, a Biopython loop, two floors."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import dataset, outputs
from benchmarks.dataset import Dataset
from benchmarks.measuring import Usage, measure, warm
from benchmarks.table import Check, Row

BIOPYTHON_SAMPLE = 30_000_000  # bytes of FASTA at most; the loop needs minutes for more
NAMES = ("cusp", "codonw", "seqkit", "biopython", "gzip", "isal")
_PACKAGES = {"cusp": "emboss", "codonw": "codonw", "seqkit": "seqkit", "gzip": "gzip"}

_BIOPYTHON = """
import json, sys
from collections import Counter
from Bio import SeqIO
counts = Counter()
for record in SeqIO.parse(sys.argv[1], "fasta"):
    sequence = str(record.seq)
    for start in range(0, len(sequence) - 2, 3):
        counts[sequence[start : start + 3]] += 1
print(json.dumps(counts))
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A peer's row, and the checks of its output."""

    row: Row
    checks: tuple[Check, ...] = ()


def run_all(data: Dataset, work: Path, wanted: Container[str], log_line: Callable[[str], None]) -> Iterator[Measured]:
    """Run every wanted peer, one at a time. A line reports a peer that is not installed."""
    for name, run in zip(NAMES, (_cusp, _codonw, _seqkit, _biopython, _gzip, _isal), strict=True):
        if name not in wanted:
            continue
        if name in _PACKAGES and not shutil.which(name):
            log_line(f"{name} is not installed and is skipped (Debian, Ubuntu: apt-get install {_PACKAGES[name]})")
            continue
        log_line(f"Measuring {name}")
        folder = work / "peers" / name
        folder.mkdir(parents=True)
        warm(data.gzip if name in ("gzip", "isal") else data.plain)
        yield run(data, folder)
        shutil.rmtree(folder)


def _row(name: str, usage: Usage, note: str = "") -> Row:
    return Row(name, usage.wall, usage.cpu, usage.peak, note)


def _cusp(data: Dataset, folder: Path) -> Measured:
    usage = measure(["cusp", "-sequence", data.plain, "-outfile", "out.cusp", "-auto"], folder)
    found = outputs.parse_cusp((folder / "out.cusp").read_text())
    check = outputs.compare("cusp", found, data.codons, data.ledger.ambiguous_codons)
    return Measured(_row("cusp", usage, "EMBOSS, one thread"), (check,))


def _codonw(data: Dataset, folder: Path) -> Measured:
    # It only accepts short file names, so it works on a link in its own folder.
    (folder / "in.fasta").symlink_to(data.plain)
    options = ["-cutot", "-machine", "-nomenu", "-silent", "-nowarn"]
    usage = measure(["codonw", "in.fasta", "out", "bulk", *options], folder)
    found = outputs.parse_codonw((folder / "bulk").read_text())
    check = outputs.compare("codonW", found, data.codons, data.ledger.ambiguous_codons)
    return Measured(_row("codonW", usage, "one thread"), (check,))


def _seqkit(data: Dataset, folder: Path) -> Measured:
    usage = measure(["seqkit", "stats", "--tabular", data.plain], folder)
    found, exact = outputs.parse_seqkit(usage.output), (data.ledger.records, data.ledger.bases)
    check = Check("seqkit agrees with the ledger", found == exact, f"{found[0]:,} sequences and {found[1]:,} bases")
    return Measured(_row("seqkit stats", usage, "adds up lengths only"), (check,))


def _biopython(data: Dataset, folder: Path) -> Measured:
    """The obvious loop over Bio.SeqIO, on the first records only; its row is extrapolated to the whole set."""
    sample = folder / "sample.fasta"
    bases = dataset.write_sample(data.plain, sample, BIOPYTHON_SAMPLE)
    usage = measure([sys.executable, "-c", _BIOPYTHON, sample], folder)
    found = json.loads(usage.output)
    ours = _our_counts(sample)
    agrees = {codon: found.get(codon, 0) for codon in ours} == ours
    check = Check("Biopython agrees with our kernel on its sample", agrees, f"{sum(ours.values()):,} codons")
    factor = data.ledger.bases / bases
    whole = replace(usage, wall=usage.wall * factor, cpu=usage.cpu * factor)
    note = f"EXTRAPOLATED from {bases / 1e6:,.0f} Mnt" if factor > 1 else "the whole set"
    return Measured(_row("Biopython loop", whole, note), (check,))


def _our_counts(path: Path) -> outputs.Codons:
    import numpy as np  # noqa: PLC0415 - numpy and the kernels are needed for this check only

    from opengenome.core.alphabet import CODONS  # noqa: PLC0415
    from opengenome.core.counting import SequenceCounter  # noqa: PLC0415

    counter, totals = SequenceCounter(0), np.zeros(65, dtype=np.int64)
    text = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    for group in (*counter.feed_fasta(text), *counter.finish()):
        totals += group.counts.sum(axis=0)
    return dict(zip(CODONS, totals[:64].tolist(), strict=True))


def _gzip(data: Dataset, folder: Path) -> Measured:
    usage = measure(["sh", "-c", 'exec gzip -dc "$1" >/dev/null', "sh", data.gzip], folder)
    return Measured(_row("floor: gzip -dc", usage, "only inflates the .gz"))


def _isal(data: Dataset, folder: Path) -> Measured:
    usage = measure([sys.executable, "-m", "benchmarks.inflate", data.gzip], folder)
    return Measured(_row("floor: isal", usage, "the same, from Python"))
