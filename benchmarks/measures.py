"""All measures of many coding sequences: ours from FASTA to Parquet, beside codonW and codon-bias on the same file.

`python -m benchmarks.measures NAME PATH…` runs one of ours or codon-bias in a process of its own.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measuring import Usage, measure, warm
from benchmarks.table import Check, memory, ruled, seconds
from opengenome.cli.terminal import Shown
from opengenome.core.alphabet import CODONS
from opengenome.core.counting import CountedSequences, SequenceCounter
from opengenome.core.genetic_code import STOP, genetic_code
from opengenome.core.kernels import load_kernels
from opengenome.core.measures.given import Given
from opengenome.io import dataset, table_schemas
from opengenome.io.columns import column, text_column
from opengenome.io.fasta_text import read_blocks
from opengenome.io.stream import ROWS_AT_ONCE, Stream, mapped

if TYPE_CHECKING:
    import pyarrow as pa

CDS = 200_000
MANY = 1_000_000
_CODONS = 350  # in a CDS, on average
_SAMPLE = 1_000  # CDS for codon-bias, which needs minutes for all
_REFERENCE = 200  # CDS from which w, the optimal codons and the expected usage are taken
_CODON_BIAS, _CODONW = "codon-bias, CAI and ENC", "codonW, all indices"
_FASTER = {_CODON_BIAS: 5, _CODONW: 5}  # how many times as fast ours is at least, on two cores


@dataclass(frozen=True)
class Measured:
    """The usage of each program on the whole file. sample: how many CDS a program measured, if not all."""

    name: str
    usage: Usage
    sample: int = CDS

    @property
    def wall(self) -> float:
        return self.usage.wall * CDS / self.sample


def run_all(work: Path, log_line: Callable[[str], None]) -> tuple[list[Shown], list[Check], dict[str, Any]]:
    """Lines for the terminal, checks, and seconds and bytes for the file."""
    folder = work / "measures"
    folder.mkdir(parents=True)
    path = folder / "cds.fasta"
    write_cds(path)
    warm(path)
    load_kernels()  # compiled once for each installation, which takes seconds
    log_line(f"Measuring all measures of {CDS:,} CDS")
    ours = Measured("ours, FASTA to Parquet", _alone("ours", folder, path))
    peers = []
    if find_spec("codonbias"):
        peers.append(Measured(_CODON_BIAS, _alone("codon_bias", folder, path), _SAMPLE))
    else:
        log_line("codon-bias is not installed and is skipped (.venv/bin/python -m pip install codon-bias)")
    if shutil.which("codonw"):
        options = ["-all_indices", "-aro", "-hyd", "-machine", "-nomenu", "-silent", "-nowarn"]
        peers.append(Measured(_CODONW, measure(["codonw", path.name, "out", "bulk", *options], folder)))
    else:
        log_line("codonw is not installed and is skipped (Debian, Ubuntu: apt-get install codonw)")
    log_line(f"Measuring all measures of {MANY:,} CDS")
    many = _alone("many", folder, path)
    shutil.rmtree(folder)
    checks = [_check(peer.name, peer.wall / ours.wall) for peer in peers]
    rows = [
        [one.name, seconds(one.wall), memory(one.usage.peak), f"{one.wall / ours.wall:.1f} ×", _note(one)]
        for one in (ours, *peers)
    ]
    rows.append([f"ours, {MANY:,} CDS, counts to Parquet", seconds(many.wall), memory(many.peak), "-", ""])
    found = {one.name: {"wall": one.wall, "peak": one.usage.peak} for one in (ours, *peers)}
    found["many"] = {"wall": many.wall, "peak": many.peak}
    return ["", ruled(["measures", "wall", "peak", "/ ours", "note"], rows)], checks, found


def _check(name: str, times: float) -> Check:
    return Check(f"measures: {_FASTER[name]} times as fast as {name}", times >= _FASTER[name], f"{times:.1f} times")


def _note(one: Measured) -> str:
    return "" if one.sample == CDS else f"EXTRAPOLATED from {one.sample:,} CDS"


def _alone(name: str, folder: Path, path: Path) -> Usage:
    return measure([sys.executable, "-m", "benchmarks.measures", name, path, folder / name], folder)


def write_cds(path: Path) -> None:
    """Write CDS of one line each, with a usage of their own, from ATG to TAA; the same on every machine."""
    source = np.random.Generator(np.random.PCG64(1))
    sense = np.array(
        [codon for codon, letter in zip(CODONS, genetic_code(11).amino_acids, strict=True) if letter != STOP]
    )
    usage = source.dirichlet(np.ones(len(sense)))
    with path.open("w", encoding="ascii") as file:
        for number, length in enumerate(source.integers(_CODONS // 2, _CODONS * 3 // 2, CDS).tolist()):
            own = usage + source.dirichlet(np.ones(len(sense)))
            file.write(f">cds{number}\nATG{''.join(source.choice(sense, length, p=own / own.sum()))}TAA\n")


def ours(path: str, output: str) -> None:
    """Count, measure under code 11 with a reference, and write the dataset as `aggregate` does."""
    counted = _counted(Path(path))
    first = next(counted)
    reference = dataset.counts_of(first)[:_REFERENCE].sum(axis=0)
    dataset.write_part(Path(output), _measured(chain([first], counted), Given(reference=reference)))


def many(path: str, output: str) -> None:
    """Measure and write the same CDS again and again, up to a million, as one part."""
    rows = list(_counted(Path(path)))
    begun = Stream(batch for _ in range(MANY // CDS + 1) for batch in rows)
    pieces = (begun.take(min(ROWS_AT_ONCE, MANY - at)) for at in range(0, MANY, ROWS_AT_ONCE))
    dataset.write_part(Path(output), _measured(pieces, Given()))


def _measured(batches: Iterable[pa.RecordBatch], given: Given) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # noqa: PLC0415 - as everywhere

    def measured(rows: pa.RecordBatch) -> pa.RecordBatch:
        codes = pa.record_batch([column(np.full(rows.num_rows, 11, dtype=np.int16))], names=["genetic_code"])
        return dataset.with_measures(dataset.joined(rows, codes), given)

    return mapped(measured, batches)


def _counted(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a batch's table, 16,384 at a time."""
    stream = Stream(map(_as_rows, _groups(path)))
    for at in range(0, CDS, ROWS_AT_ONCE):
        yield stream.take(min(ROWS_AT_ONCE, CDS - at))


def _groups(path: Path) -> Iterator[CountedSequences]:
    counter = SequenceCounter(0)
    with path.open("rb") as file:
        for block in read_blocks(file):
            yield from counter.feed_fasta(block)
    yield from counter.finish()


def _as_rows(group: CountedSequences) -> pa.RecordBatch:
    import pyarrow as pa  # noqa: PLC0415

    counts = group.counts.T.copy()
    arrays = [
        text_column(group.ids),
        column(group.lengths),
        column(counts[64]),
        column(group.trailing.astype(np.int8)),
        *map(column, counts[:64]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=table_schemas.per_sequence_schema())


def codon_bias(path: str, _: str) -> None:
    """CAI and ENC of the first CDS, as its documentation shows; its rows are extrapolated."""
    from codonbias.scores import (  # noqa: PLC0415 - a peer
        CodonAdaptationIndex,
        EffectiveNumberOfCodons,
    )

    with Path(path).open(encoding="ascii") as file:
        letters = [line.strip() for line in islice(file, 2 * _SAMPLE) if not line.startswith(">")]
    EffectiveNumberOfCodons(genetic_code=11).get_score(letters)
    CodonAdaptationIndex(letters[:_REFERENCE], genetic_code=11).get_score(letters)


if __name__ == "__main__":
    began = time.perf_counter()
    {"ours": ours, "many": many, "codon_bias": codon_bias}[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({"seconds": time.perf_counter() - began}))
