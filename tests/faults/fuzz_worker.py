"""One process of the fuzz test: it makes an input, runs it through the real code, and reports any problem.

It is a separate process, so that a crash or a hang of a decoder is noticed, and costs one input and not the test.
"""

from __future__ import annotations

import contextlib
import faulthandler
import random
import resource
import shutil
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

import fuzz_inputs
import fuzz_oracle
import numpy as np
import pyarrow.parquet as pq

from opengenome.core import bundling, counting, measuring, planning
from opengenome.core.model import Batch, CountingParameters, Ledger
from opengenome.errors import OpenGenomeError
from opengenome.io import content, fasta_text, ingest, records, row_shards, sources
from opengenome.io.memory import peak_memory, resident_memory
from opengenome.io.parquet import pages, rows
from opengenome.io.ranges import RangeTask, count_range
from opengenome.io.records import read_spans
from opengenome.io.schemas import Material
from opengenome.io.store import Store

_ADDRESSES = 8 << 30  # bytes a worker may map: a decoder that asks for more is refused, as on a small machine
# Memory that an input of a few kB may take. Arrow allocates the size in a page's header, a signed 32-bit number, before
# it finds that the page is damaged. We cannot know this beforehand.
_MEMORY = 5 << 29
# Reasons for refusing an input that could be read, and why each is right.
_REFUSED = (
    "A header line is longer than",  # it has to fit into a block
    "not fully written",  # an empty file with the name of a compressed one
    "UTF-16",  # without a byte order mark: a header that begins with a NUL
    "its footer contradicts itself",  # then nothing in it can be trusted
    "bytes that its footer does not name",  # joined, or damaged where Arrow does not look
    ", not text",  # a column of numbers, even without rows
)


def serve(connection: Connection, folder: Path) -> None:
    """Answer each (seed, number) with an outcome and a problem (or None). Ends with the connection."""
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            seed, number = connection.recv()
        except EOFError:
            return
        connection.send(try_one(seed, number, folder))


def try_one(seed: int, number: int, folder: Path) -> tuple[str, str | None]:
    source = random.Random(f"{seed}/{number}")  # noqa: S311  (test data)
    data = fuzz_inputs.make(source)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = folder / "input"
    path.write_bytes(data)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = resident_memory()
    with _sizes(source):
        try:
            outcome = _check(path, data, source, Store(folder / "store"))
        except AssertionError as broken:
            return "broken", str(broken)
        except Exception as error:
            frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
            return "broken", f"{type(error).__name__}: {error} at {' > '.join(frames)}"
    if peak_memory() - before > _MEMORY:
        return "broken", f"{peak_memory() - before:,} bytes of memory for {len(data):,} of input"
    return outcome, None


@contextlib.contextmanager
def _sizes(source: random.Random) -> Iterator[None]:
    """Use small blocks, groups and pieces for half the inputs, so that a few kB cross the borders that GBs do."""
    with contextlib.ExitStack() as stack:
        if source.random() < 0.5:
            block = source.choice([100, 150, 1000])
            stack.enter_context(mock.patch.object(fasta_text.read_blocks, "__defaults__", (block, None)))
            small = [(row_shards, "_GROUP_BYTES", 200), (row_shards, "_PIECE_BYTES", 50),
                     (row_shards, "_GROUP_ROWS", 5), (row_shards, "_SHARD_BYTES", 900),
                     (row_shards, "_BLOCK_BYTES", block), (rows, "_BLOCK_ROWS", 3),
                     (planning, "CHUNK_BASES", 300), (counting, "_SLOTS", 3), (measuring, "_SLOTS", 3),
                     (records, "_SPAN_RECORDS", 4), (content, "_BLOCK_BYTES", 500),
                     (row_shards, "_GROUP_NAME_BYTES", 60), (rows, "_BLOCK_BYTES", 300),
                     (pages, "DECODED_BYTES", 400)]  # fmt: skip
            for module, name, value in small:
                stack.enter_context(mock.patch.object(module, name, value))
        # In place, as large files are read, or copied into shards, as small ones are.
        stack.enter_context(mock.patch.object(bundling, "SMALL_BYTES", source.choice([0, 1 << 20])))
        if source.random() < 0.25:
            stack.enter_context(mock.patch.object(rows, "_LARGEST_ROW_GROUP", -1))
        yield


def _check(path: Path, data: bytes, source: random.Random, store: Store) -> str:
    """Check the promise for one input. Raises AssertionError if it is broken."""
    frame = source.randrange(3)
    try:
        expected, reason = fuzz_oracle.expect(fuzz_oracle.read(data), frame), ""
    except fuzz_oracle.NotNucleotidesError as error:
        expected, reason = None, str(error)
    try:
        batches = _planned(path, store, frame, source)
    except OpenGenomeError as error:
        _check_sentence(error, path)
        left = [found for found in store.root.rglob("*") if found != store.root / "ingest"]
        assert not left, f"a failed ingest left {left}"
        assert expected is None or any(words in str(error) for words in _REFUSED), f"sound input was refused: {error}"
        return "refused"
    assert expected is not None, f"counted, though: {reason}"
    planned = sum(batch.sequences for batch in batches), sum(batch.bases for batch in batches)
    assert planned == expected.ledger[:2], f"sequences and bases: {planned} planned, {expected.ledger[:2]} are there"
    changed = source.random() < 0.3
    if changed:
        change = fuzz_inputs.damage_parquet if data[:4] == b"PAR1" else fuzz_inputs.damage
        path.write_bytes(change(data, source))
    found = _counted(batches, store, frame, path)
    left = [path for path in store.root.rglob("*") if path.name.endswith(".tmp")]
    assert not left, f"temporary files are left: {left}"
    if found is None:
        assert changed, "a file that nobody changed was found changed"
        return "found changed"
    # If nothing changed that a chunk's reader sees, the counts must be those of the plan.
    differences = [name for name in ("rows", "totals", "ledger") if getattr(found, name) != getattr(expected, name)]
    assert not differences, "; ".join(f"{n}: {getattr(found, n)} for {getattr(expected, n)}" for n in differences)
    return "counted after a change" if changed else "counted"


def _planned(path: Path, store: Store, frame: int, source: random.Random) -> list[Batch]:
    file = sources.fingerprint(path)
    manifest, _ = ingest.ingest(Material((file,)), store, lambda _: None)
    runs = read_spans(manifest, store.ingest(manifest.key))
    limits = planning.Limits(source.choice([1, 2, 7, 5000]), source.choice([1, 500, 10**9]))
    return list(planning.plan_batches(runs, limits, CountingParameters(frame), "1"))


def _counted(batches: list[Batch], store: Store, frame: int, path: Path) -> fuzz_oracle.Expected | None:
    """The sum over all batches; None if a chunk was found changed."""
    rows, totals, ledger = [], np.zeros(64, dtype=np.int64), Ledger()
    for batch in batches:
        folder = store.batch(batch.key)
        for number, chunk in enumerate(batch.chunks):
            result = count_range(
                RangeTask((chunk,), CountingParameters(frame), str(folder), f"{batch.number}/{number}")
            )
            if isinstance(result, OpenGenomeError):
                _check_sentence(result, path)
                return None
            totals += result.tally.totals
            ledger += result.tally.ledger
            part = pq.read_table(folder / result.part.name, columns=["seq_id", "length"])
            rows += [(row["seq_id"], row["length"]) for row in part.to_pylist()]
    return fuzz_oracle.Expected(rows, totals.tolist(), ledger.values())


def _check_sentence(error: OpenGenomeError, path: Path) -> None:
    said = str(error)
    assert "\n" not in said, f"more than a line: {said}"
    assert str(path) in said, f"no file: {said}"
    assert len(said) < 800 + len(str(path)), f"no sentence: {said}"
    assert said.rstrip().endswith((".", "?")), f"no sentence: {said}"
