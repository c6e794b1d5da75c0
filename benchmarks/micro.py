"""Micro-benchmarks: kernels, ingest and growth; and the files for submits of tiny records and of one long record.

`python -m benchmarks.micro NAME PATH…` runs one of them and prints a JSON object.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from isal import igzip

from benchmarks.planned import ingested, one_batch
from opengenome.core.counting import Bytes, SequenceCounter
from opengenome.core.measuring import FastaMeasurer
from opengenome.core.model import CountingParameters
from opengenome.io.fasta_text import read_blocks
from opengenome.io.ranges import RangeResult, RangeTask, count_range

_LETTERS = 64 << 20  # of sequence, for the kernels and for growth
_RECORD = 87_371  # bases: 2,816,827,506 of 32,240 records
_REPEATS = 5


def realistic() -> tuple[bytes, bytes]:
    """64 MB of letters, and their FASTA text in records of the real mean length, whatever the scale."""
    letters = _letters(np.random.PCG64(1), _LETTERS).tobytes()
    records = (letters[begin : begin + _RECORD] for begin in range(0, len(letters), _RECORD))
    lines = (b">record\n" + b"\n".join(record[k : k + 80] for k in range(0, len(record), 80)) for record in records)
    return letters, b"\n".join(lines) + b"\n"


def _letters(source: np.random.PCG64, length: int) -> Bytes:
    """Random bases; length: a multiple of 8."""
    drawn: Bytes = np.frombuffer(b"ACGT", dtype=np.uint8)[source.random_raw(length // 8).view(np.uint8) & 3]
    return drawn


def kernel() -> dict[str, float]:
    """GB/s of sequence on one core, the best of five: count_strings, count_fasta and measure_fasta, all in memory."""
    letters, text = realistic()
    data = np.frombuffer(letters, dtype=np.uint8)
    offsets = np.arange(0, len(data), _RECORD, dtype=np.int64)
    ids, continues = [""] * (len(offsets) - 1), np.zeros(len(offsets) - 1, dtype=np.uint8)
    # Blocks as the pipeline reads them, but read beforehand: they end before a header line, never inside one.
    blocks = [block.copy() for block in read_blocks(io.BytesIO(text))]

    def strings() -> None:
        counter = SequenceCounter(0)
        _exhaust(counter.feed_strings(ids, data, offsets, continues))

    def fasta() -> None:
        counter = SequenceCounter(0)
        for block in blocks:
            _exhaust(counter.feed_fasta(block))

    def measure() -> None:
        measurer = FastaMeasurer()
        for block in blocks:
            _measure(measurer, block)

    bases = {"count_strings": int(offsets[-1]), "count_fasta": len(letters), "measure_fasta": len(letters)}
    runs: dict[str, Callable[[], None]] = {"count_strings": strings, "count_fasta": fasta, "measure_fasta": measure}
    return {name: bases[name] / _best(runs[name]) / 1e9 for name in runs}


def _exhaust(items: Iterator[Any]) -> None:
    for _ in items:
        pass


def _measure(measurer: FastaMeasurer, block: Bytes) -> None:
    at = 0
    while at < len(block):
        at, _ = measurer.step(block, at)


def _best(run: Callable[[], None], repeats: int = _REPEATS) -> float:
    """The least seconds of some repeats, after one that is not measured because it may load or compile code."""
    run()
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return min(found)


def ingest(path: str, folder: str) -> dict[str, float]:
    """Seconds to ingest a file into an empty store, after a tiny file that loads the libraries."""
    tiny = Path(folder, "tiny.fasta.gz")
    with igzip.open(tiny, "wb") as file:
        file.write(b">tiny\nACGT\n")
    ingested(tiny, Path(folder, "store"))
    began = time.perf_counter()
    manifest = ingested(Path(path), Path(folder, "store"))
    return {"seconds": time.perf_counter() - began, "bases": sum(manifest.bases)}


def growth(folder: str) -> dict[str, float]:
    """Seconds of read + count of a file and of a ten times larger one, in one process.

    The small file is counted ten times and averaged, so that both measurements take equally long and are equally noisy.
    """
    _, text = realistic()
    found = []
    for times in (1, 10):
        path = Path(folder, f"times-{times}.fasta")
        with path.open("wb") as file:
            file.writelines(text for _ in range(times))
        found.append(_counting_seconds(path, Path(folder, "store"), repeats=10 // times))
        path.unlink()
    return {"bytes": len(text), "seconds": found[0], "tenfold": found[1], "ratio": found[1] / found[0]}


def _counting_seconds(path: Path, store: Path, repeats: int) -> float:
    """The least of three means of some repeats, after a run that loads and compiles code."""
    parameters = CountingParameters(per_sequence=False)
    batch = one_batch(path, store, parameters)

    def once() -> float:
        seconds = 0.0
        for chunk in batch.chunks:
            result = count_range(RangeTask((chunk,), parameters, str(store), ""))
            assert isinstance(result, RangeResult), result
            seconds += result.seconds["read"] + result.seconds["count"]
        return seconds

    once()
    return min(sum(once() for _ in range(repeats)) / repeats for _ in range(3))


def tiny_records(path: Path, records: int, length: int) -> None:
    """Write records of one line each, of random letters with a fixed seed."""
    source = np.random.PCG64(1)
    with path.open("wb") as file:
        for begin in range(0, records, 10_000):
            text = _letters(source, 10_000 * length).reshape(-1, length)
            file.writelines(b">r%d\n%b\n" % (begin + k, row.tobytes()) for k, row in enumerate(text))


def long_record(path: Path, length: int) -> None:
    """Write one record of `length` random letters (a multiple of 4,000,000) on one line."""
    source = np.random.PCG64(2)
    with path.open("wb") as file:
        file.write(b">long\n")
        file.writelines(_letters(source, 4_000_000).data for _ in range(0, length, 4_000_000))
        file.write(b"\n")


if __name__ == "__main__":
    measurements: dict[str, Callable[..., dict[str, float]]] = {
        "kernel": kernel,
        "ingest": ingest,
        "growth": growth,
    }
    with contextlib.redirect_stdout(sys.stderr):
        answer = measurements[sys.argv[1]](*sys.argv[2:])
    print(json.dumps(answer))
