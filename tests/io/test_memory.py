"""Counting and ingest hold a block, not a sequence, under a limit that the kernel enforces (RLIMIT_DATA, Linux).

Each test runs this file as a script in a process of its own. The limit is set after everything was imported and used
once, relative to the memory that the process then has.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import opengenome

MB = 1 << 20
LONG = 200 * MB  # bases of the one record, on one line
TINY, TINY_LENGTH = 200_000, 30

# What a process may allocate, and by how much it may grow, beyond what it held before; bytes. All are below the 200 MB
# of the long sequence. FASTA needs a block and rows of 65 counts. A row group of a shard, 32 MB, is there three times
# while it is written or read: as our buffer, as Arrow's page and as Arrow's array.
FASTA, SHARDS = 24 * MB, 144 * MB
TINY_ROWS = 64 * MB  # 16,384 rows of counts are one row group of the table

pytestmark = [
    pytest.mark.e2e,  # they take long
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the data a process may allocate"),
]


@pytest.fixture(scope="module")
def long_fasta(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "long.fasta"
    part = b"ACGTTGCAAGCT" * 4096
    with path.open("wb") as file:
        file.write(b">long one line\n")
        for _ in range(LONG // len(part)):
            file.write(part)
        file.write(b"ACG" * 7 + b"\n")
    return path


@pytest.fixture(scope="module")
def long_gzip(long_fasta):
    path = long_fasta.with_suffix(".fasta.gz")
    with long_fasta.open("rb") as source, gzip.open(path, "wb", compresslevel=1) as packed:
        while block := source.read(MB):
            packed.write(block)
    return path


@pytest.fixture(scope="module")
def tiny_fasta(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "tiny.fasta"
    with path.open("w") as file:
        file.writelines(f">r{number}\n{'ACGTTG' * (TINY_LENGTH // 6)}\n" for number in range(TINY))
    return path


def limited(what: str, path: Path, store: Path, allowance: int) -> dict[str, int]:
    """Do one thing in a process that may allocate `allowance` more bytes. Returns its report."""
    package = str(Path(opengenome.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, __file__, what, str(path), str(store), str(allowance)],
        capture_output=True, text=True, check=False, timeout=120,
        # Arrow's own allocators reserve address space ahead, so the limit would not see later use of it.
        env={**os.environ, "PYTHONPATH": package, "ARROW_DEFAULT_MEMORY_POOL": "system"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("what", ["read the whole file", "one string for each codon"])
def test_the_limit_bites(what, long_fasta, tmp_path):
    allowance = max(FASTA, SHARDS)
    assert limited(what, long_fasta, tmp_path, allowance) == {"memory_error": 1}


def test_a_long_line_is_ingested_and_counted_in_a_block(long_fasta, tmp_path):
    bases = long_fasta.stat().st_size - len(">long one line\n\n")
    found = limited("ingest", long_fasta, tmp_path, FASTA)
    assert (found["sequences"], found["bases"]) == (1, bases)
    assert found["growth"] <= FASTA
    found = limited("count", long_fasta, tmp_path, FASTA)
    assert found["codons"] == bases // 3
    assert found["growth"] <= FASTA


def test_a_long_line_in_gzip_is_ingested_in_a_row_group_and_counted_by_pieces(long_fasta, long_gzip, tmp_path):
    bases = long_fasta.stat().st_size - len(">long one line\n\n")
    found = limited("ingest", long_gzip, tmp_path, SHARDS)
    assert (found["sequences"], found["bases"]) == (1, bases)
    assert found["growth"] <= SHARDS
    found = limited("count", long_gzip, tmp_path, SHARDS)
    assert found["codons"] == bases // 3
    assert found["growth"] <= SHARDS


def test_many_tiny_records_are_counted_in_a_row_group_of_rows(tiny_fasta, tmp_path):
    found = limited("ingest", tiny_fasta, tmp_path, TINY_ROWS)
    assert (found["sequences"], found["bases"]) == (TINY, TINY * TINY_LENGTH)
    assert found["growth"] <= TINY_ROWS
    found = limited("count", tiny_fasta, tmp_path, TINY_ROWS)
    assert (found["codons"], found["rows"]) == (TINY * TINY_LENGTH // 3, TINY)
    assert found["growth"] <= TINY_ROWS


# --- in the limited process -----------------------------------------------------------------------------------------


def status(name: str) -> int:
    """A line of /proc/self/status, in bytes."""
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


def ingest(path: Path, store: Path) -> dict[str, int]:
    from opengenome.io import ingest, sources  # noqa: PLC0415
    from opengenome.io.schemas import Material  # noqa: PLC0415
    from opengenome.io.store import Store  # noqa: PLC0415

    manifest, _ = ingest.ingest(Material((sources.fingerprint(path),)), Store(store), lambda _: None)
    return {"sequences": sum(manifest.sequences), "bases": sum(manifest.bases)}


def count(path: Path, store: Path) -> dict[str, int]:
    """Count the whole ingested file, one range after another, with its per-sequence table."""
    from opengenome.core.model import CountingParameters  # noqa: PLC0415
    from opengenome.core.planning import Limits, plan_batches  # noqa: PLC0415
    from opengenome.io import ingest, sources  # noqa: PLC0415
    from opengenome.io.ranges import RangeResult, RangeTask, count_range  # noqa: PLC0415
    from opengenome.io.records import read_spans  # noqa: PLC0415
    from opengenome.io.schemas import Material  # noqa: PLC0415
    from opengenome.io.store import Store  # noqa: PLC0415

    file, parameters = sources.fingerprint(path), CountingParameters()
    manifest, _ = ingest.ingest(Material((file,)), Store(store), lambda _: None)
    runs = read_spans(manifest, Store(store).ingest(manifest.key))
    (batch,) = plan_batches(runs, Limits(10**9, 10**12), parameters, "1")
    codons = rows = 0
    for number, chunk in enumerate(batch.chunks):
        result = count_range(RangeTask((chunk,), parameters, str(store), f"part-{path.name}-{number}.parquet"))
        assert isinstance(result, RangeResult), result
        codons += sum(result.tally.totals)
        rows += result.part.rows
    return {"codons": codons, "rows": rows}


def naive(what: str, path: Path) -> dict[str, int]:
    try:
        if what == "read the whole file":
            path.read_bytes()
        else:
            with path.open("rb") as file:
                text = file.read(LONG // 16)
            [text[start : start + 3] for start in range(0, len(text), 3)]
    except MemoryError:
        return {"memory_error": 1}
    return {"memory_error": 0}


def main(what: str, path: Path, store: Path, allowance: int) -> None:
    work = {"ingest": ingest, "count": count}.get(what, lambda path, _: naive(what, path))
    if what in ("ingest", "count"):
        # Load libraries and compiled loops with files of a few bases; pyarrow's pool of threads starts here too.
        for suffix, opened in ((".fasta", open), (".fasta.gz", gzip.open)):
            small = store / f"small{suffix}"
            with opened(small, "wb") as file:
                file.write(b">small\nACGT\n")
            count(small, store)
    held, before = status("VmData"), status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew (proc(5))
    resource.setrlimit(resource.RLIMIT_DATA, (held + allowance, held + allowance))
    found = work(path, store)
    print(json.dumps(found | ({} if "memory_error" in found else {"growth": status("VmHWM") - before})))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
