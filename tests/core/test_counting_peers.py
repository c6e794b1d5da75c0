"""Counts equal those of Biopython and codonW, and those of cusp except that it resolves ambiguous codons."""

import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from opengenome.core.alphabet import AMBIGUITY_CODES, CODONS
from opengenome.core.counting import AMBIGUOUS_COLUMN, SequenceCounter
from opengenome.core.model import Ledger

CODONW_ORDER = [a + b + c for a in "TCAG" for c in "TCAG" for b in "TCAG"]
# cusp reads an ambiguous letter as the alphabetically first of its possible bases: NNN is AAA.
AS_CUSP_READS = str.maketrans("RYSWKMBDHVN", "ACCAGACAAAA")
BLOCK = 1 << 16

needs_codonw = pytest.mark.skipif(not shutil.which("codonw"), reason="codonw is not installed")
needs_cusp = pytest.mark.skipif(not shutil.which("cusp"), reason="cusp is not installed")


def random_fasta(seed):
    """Sequences of all lengths from 6 on, in lines of one width each, with IUPAC letters among them."""
    chance = random.Random(seed)  # noqa: S311
    letters = "ACGT" * 40 + "N" + AMBIGUITY_CODES
    records = []
    for k in range(80):
        sequence = "".join(chance.choices(letters, k=chance.randint(6, 600)))
        width = chance.choice([7, 60, 1000])
        records += [f">s{k} of {seed}", *(sequence[at : at + width] for at in range(0, len(sequence), width))]
    return "\n".join(records) + "\n"


@pytest.fixture(params=["random 1", "random 2", "real genomes"])
def fasta(request, tmp_path):
    """A FASTA file; that of the real genomes is read in place."""
    if request.param.startswith("random"):
        path = tmp_path / "in.fa"
        path.write_text(random_fasta(request.param))
        return path
    if "OPENGENOME_REAL_DATA" not in os.environ:
        pytest.skip("OPENGENOME_REAL_DATA is unset: no real genomes")
    return Path(os.environ["OPENGENOME_REAL_DATA"]) / "organelles.fasta"


def counted(path, frame):
    """{codon: count} of a whole file, and its ledger."""
    counter = SequenceCounter(frame)
    data = path.read_bytes()
    groups, at = [], 0
    while at < len(data):
        end = min(at + BLOCK, len(data))
        if (line := data.rfind(b"\n", 0, end) + 1) and data[line : line + 1] == b">":
            end = line if line > at else data.index(b"\n", at)
        groups += counter.feed_fasta(np.frombuffer(data[at:end], dtype=np.uint8))
        at = end
    groups += counter.finish()
    totals = sum(group.counts.sum(axis=0) for group in groups)[:AMBIGUOUS_COLUMN]
    return dict(zip(CODONS, totals.tolist(), strict=True)), sum((group.ledger() for group in groups), Ledger())


def in_frame(path, frame, folder):
    """The same records without their first `frame` bases, for programs without a frame option."""
    seqio = pytest.importorskip("Bio.SeqIO")
    shifted = folder / "frame.fa"
    with shifted.open("w") as file:
        for record in seqio.parse(path, "fasta"):
            file.write(f">{record.id}\n{record.seq[frame:]}\n")
    return shifted


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_biopython_counts_the_same(fasta, frame):
    seqio = pytest.importorskip("Bio.SeqIO")
    theirs, bases, records = Counter(), 0, 0
    for record in seqio.parse(fasta, "fasta"):
        sequence = str(record.seq.upper())
        theirs.update(sequence[k : k + 3] for k in range(frame, len(sequence) - 2, 3))
        bases, records = bases + len(sequence), records + 1
    ours, ledger = counted(fasta, frame)
    assert ours == {codon: theirs[codon] for codon in CODONS}
    assert ledger.ambiguous == theirs.total() - sum(ours.values())
    assert (ledger.sequences, ledger.bases, ledger.accounted) == (records, bases, bases)


@needs_codonw
@pytest.mark.parametrize("frame", [0, 1, 2])
def test_codonw_counts_the_same(fasta, frame, tmp_path):
    in_frame(fasta, frame, tmp_path)
    subprocess.run(
        ["codonw", "frame.fa", "indices", "bulk", "-cutot", "-nomenu", "-nowarn", "-silent", "-machine"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    theirs = [int(number) for line in (tmp_path / "bulk").read_text().splitlines() for number in line.split()[:16]]
    ours, _ = counted(fasta, frame)
    assert ours == dict(zip(CODONW_ORDER, theirs, strict=True))


@needs_cusp
@pytest.mark.parametrize("frame", [0, 1, 2])
def test_cusp_counts_the_same_except_that_it_resolves_ambiguous_codons(fasta, frame, tmp_path):
    in_frame(fasta, frame, tmp_path)
    subprocess.run(
        ["cusp", "-sequence", "frame.fa", "-outfile", "codons.cusp"],
        cwd=tmp_path, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    rows = [line.split() for line in (tmp_path / "codons.cusp").read_text().splitlines()]
    theirs = {row[0]: int(row[4]) for row in rows if row and row[0] in CODONS}
    ours, ledger = counted(fasta, frame)
    assert sum(theirs.values()) == sum(ours.values()) + ledger.ambiguous
    assert min(theirs[codon] - ours[codon] for codon in CODONS) >= 0
    if ledger.ambiguous:
        text = (tmp_path / "frame.fa").read_text().splitlines(keepends=True)
        resolved = tmp_path / "resolved.fa"
        resolved.write_text("".join(line if line[0] == ">" else line.translate(AS_CUSP_READS) for line in text))
        ours, _ = counted(resolved, 0)
    assert ours == theirs
