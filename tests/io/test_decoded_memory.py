"""A Parquet reader's memory is bounded in decoded bytes, not in rows, even for a small file with large decoded values.

Each test runs this file as a script in a process of its own, and measures how far its peak rises. A page is the least
that a Parquet reader can hold, so pages are small here; a dictionary page holds one large value.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import test_memory

import opengenome

MB = 1 << 20
LONG = MB  # bases of the large value
ROWS = 600  # that hold it: 600 MB when decoded at once
ABOVE = 150 * MB  # what a reader may hold beyond one value
NAME, NAMES = 100_000, 2_000  # identifiers of 100 kB: 200 MB in all

pytestmark = [
    pytest.mark.e2e,  # minutes
    pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory from /proc"),
]


def kinds():
    import pyarrow as pa  # noqa: PLC0415

    text = pa.string()
    dictionary = {"compression": "zstd", "dictionary_pagesize_limit": 8 * LONG}  # it does not fall back to PLAIN
    return {
        "PLAIN": (text, {"use_dictionary": False, "compression": "NONE"}, ROWS // 2),
        "PLAIN in gzip pages": (text, {"use_dictionary": False, "compression": "gzip"}, ROWS // 2),
        "PLAIN in zstd pages": (text, {"use_dictionary": False, "compression": "zstd"}, ROWS),
        "RLE_DICTIONARY": (text, dictionary, ROWS),
        "RLE_DICTIONARY, then PLAIN": (text, {"dictionary_pagesize_limit": LONG // 2}, ROWS),
        "DELTA_LENGTH_BYTE_ARRAY": (text, {"column_encoding": "DELTA_LENGTH_BYTE_ARRAY", "compression": "zstd"}, ROWS),
        "DELTA_BYTE_ARRAY": (text, {"column_encoding": "DELTA_BYTE_ARRAY", "compression": "zstd"}, ROWS),
        "large_string": (pa.large_string(), dictionary, ROWS),
        "string_view": (pa.string_view(), dictionary, ROWS),
        "binary": (pa.binary(), dictionary, ROWS),
        "Arrow dictionary": (pa.dictionary(pa.int32(), text), dictionary, ROWS),
    }


def write(path, kind, options, rows):
    """Tiny rows, then a run of large ones, in one row group; pages of 8 rows. Returns the bases."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    if "column_encoding" in options:
        columns = {"seq_id": "PLAIN", "sequence": options["column_encoding"]}
        options = options | {"use_dictionary": False, "column_encoding": columns}
    large = "ACGTTGCAAC" * (LONG // 10)
    letters = ["ACGT"] * 5_000 + [large] * rows + ["TTG"]
    if pa.types.is_dictionary(kind):
        indices = pa.array([0] * 5_000 + [1] * rows + [2], pa.int32())
        sequence = pa.DictionaryArray.from_arrays(indices, pa.array(["ACGT", large, "TTG"]))
    else:
        sequence = pa.array([text.encode() for text in letters] if kind == pa.binary() else letters, kind)
    names = pa.array([f"s{row}" for row in range(len(letters))])
    pq.write_table(pa.table({"seq_id": names, "sequence": sequence}), path, write_batch_size=8, **options)
    return 4 * 5_000 + len(large) * rows + 3


def peak(what, path, folder):
    done = subprocess.run(
        [sys.executable, __file__, what, str(path), str(folder)],
        capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": str(Path(opengenome.__file__).parents[1])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", [*kinds()])
def test_a_run_of_large_values_is_decoded_a_few_at_a_time_whatever_its_encoding(tmp_path, name):
    kind, options, rows = kinds()[name]
    path = tmp_path / "in.parquet"
    bases = write(path, kind, options, rows)
    found = peak("count", path, tmp_path)
    assert (found["sequences"], found["bases"]) == (5_000 + rows + 1, bases)
    assert found["codons"] == 5_000 + (LONG // 10 * 10 // 3) * rows + 1
    assert found["growth"] <= ABOVE + LONG


@pytest.mark.parametrize("form", ["fasta", "fasta.gz", "parquet"])
def test_long_identifiers_are_held_a_few_at_a_time_by_ingest_count_and_validate(tmp_path, form):
    path = tmp_path / f"in.{form}"
    names = (f"{row:05d}" * (NAME // 5) for row in range(NAMES))
    if form == "parquet":
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        pq.write_table(pa.table({"seq_id": list(names), "sequence": ["ACGT"] * NAMES}), path, compression="zstd",
                       use_dictionary=False, write_batch_size=8)  # fmt: skip
    else:
        with gzip.open(path, "wt", compresslevel=1) if form == "fasta.gz" else path.open("w") as file:
            file.writelines(f">{name}\nACGT\n" for name in names)
    found = peak("sum", path, tmp_path)
    assert (found["sequences"], found["codons"], found["summed"]) == (NAMES, NAMES, NAMES)
    assert found["growth"] <= ABOVE


# --- in the measured process ---


def count(path: Path, folder: Path):
    """Ingest, plan, count and sum, one after another."""
    from opengenome.core import bundling  # noqa: PLC0415
    from opengenome.core.model import CountingParameters, Tally  # noqa: PLC0415
    from opengenome.core.planning import Limits, plan_batches  # noqa: PLC0415
    from opengenome.io import ingest, sources  # noqa: PLC0415
    from opengenome.io.parts import sum_parts  # noqa: PLC0415
    from opengenome.io.ranges import Attempt, RangeTask, assemble, count_range  # noqa: PLC0415
    from opengenome.io.records import read_spans  # noqa: PLC0415
    from opengenome.io.schemas import BatchSpec, Material  # noqa: PLC0415
    from opengenome.io.store import Store  # noqa: PLC0415

    bundling.SMALL_BYTES = 0  # these files are small on disk, but must be read in place
    file, parameters = sources.fingerprint(path), CountingParameters()
    manifest, _ = ingest.ingest(Material((file,)), Store(folder), lambda _: None)
    runs = read_spans(manifest, Store(folder).ingest(manifest.key))
    (batch,) = plan_batches(runs, Limits(10**9, 10**12), parameters, "1")
    results = [
        count_range(RangeTask((chunk,), parameters, str(folder), f"{path.name}-{number}.parquet"))
        for number, chunk in enumerate(batch.chunks)
    ]
    made = assemble(BatchSpec(batch, parameters, "1"), results, Attempt("1"))
    found = sum_parts(made, folder)
    summed = Tally.sum(found.by_chunk)
    assert (summed.ledger, found.wrong_row) == (made.ledger, None)
    measured = {"sequences": sum(manifest.sequences), "bases": sum(manifest.bases)}
    return {**measured, "codons": sum(made.totals), "summed": sum(summed.totals)}


def main(path: Path, folder: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    for kind in (pa.string(), pa.string_view()):
        small = folder / "small.parquet"
        pq.write_table(pa.table({"seq_id": pa.array(["a"], kind), "sequence": pa.array(["ACGT"], kind)}), small)
        count(small, folder)
    before = test_memory.status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew (proc(5))
    found = count(path, folder)
    print(json.dumps(found | {"growth": test_memory.status("VmHWM") - before}))


if __name__ == "__main__":
    main(Path(sys.argv[2]), Path(sys.argv[3]))
