"""A batch is cut into ranges, and assembled from one result for each of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opengenome import ENGINE_VERSION
from opengenome.core import planning
from opengenome.core.batch import batch_key
from opengenome.core.model import Batch, Chunk, CountingParameters, Ledger, Tally
from opengenome.core.planning import CHUNK_BASES
from opengenome.errors import EngineError, InputError
from opengenome.io import ranges
from opengenome.io.ranges import Attempt, assemble, count_range, tasks_of
from opengenome.io.schemas import BatchSpec


def test_small_chunks_share_a_range_and_large_ones_have_their_own(tmp_path):
    sizes = [1, 1, CHUNK_BASES - 1, 1, CHUNK_BASES * 2, 5]
    chunks = tuple(Chunk("a", "fasta", n, n + 1, 1, bases, "00") for n, bases in enumerate(sizes))
    spec = BatchSpec(Batch(0, "key", chunks), CountingParameters(), ENGINE_VERSION)
    tasks = tasks_of(spec, tmp_path, "try1")
    assert [[chunk.bases for chunk in task.chunks] for task in tasks] == [
        [1, 1], [CHUNK_BASES - 1, 1], [CHUNK_BASES * 2], [5]
    ]  # fmt: skip
    assert [task.part for task in tasks] == [f"attempts/try1/part-{n:05d}.parquet" for n in range(4)]


@pytest.fixture(params=[60, 150])
def counted(request, pipeline, monkeypatch):
    """A spec of several chunks, alone in their ranges or two to each, and the results of the ranges."""
    monkeypatch.setattr(planning, "CHUNK_BASES", 60)
    monkeypatch.setattr(ranges, "CHUNK_BASES", request.param)
    records = [(f"r{number}", "ACGTTGNA" * 9) for number in range(5)]
    (batch,) = pipeline.batches(pipeline.write("".join(f">{name}\n{letters}\n" for name, letters in records)))
    assert len(batch.chunks) == 5
    spec = BatchSpec(batch, CountingParameters(1), ENGINE_VERSION)
    return spec, [count_range(task) for task in tasks_of(spec, pipeline.folder / "batch", "a")]


def test_a_manifest_has_the_tally_of_each_chunk_and_their_sum(counted):
    spec, results = counted
    manifest = assemble(spec, results, Attempt("a"))
    assert [(tally.ledger.sequences, tally.ledger.bases) for tally in manifest.by_chunk] == [(1, 72)] * 5
    assert set(manifest.by_chunk) == {Tally.sum(manifest.by_chunk[:1])}
    assert manifest.ledger == Ledger(5, 360, 5, *(5 * value for value in manifest.by_chunk[0].ledger.values()[3:]))
    assert manifest.tally == Tally.sum(result.tally for result in results)
    assert manifest.parts == tuple(result.part for result in results)


def test_a_manifest_has_a_derived_key_and_names_its_versions(counted):
    spec, results = counted
    other = replace(spec, batch=replace(spec.batch, key="said"))
    manifest = assemble(other, results, Attempt("a", {"pyspark": "4"}, {"total": 9.0}, {"jvm": 7}))
    assert manifest.key == batch_key(spec.batch.chunks, spec.parameters, ENGINE_VERSION)
    assert set(manifest.versions) == {"engine", "code", "python", "numpy", "numba", "pyspark"}
    assert set(manifest.timings) == {"read", "count", "write", "total"}
    assert set(manifest.peak_memory) == {"worker", "jvm"}
    assert manifest.timings["read"] == sum(result.seconds["read"] for result in results)


LOST = {
    "the first is lost": (lambda results: results[1:], "Chunk [45] has 0 counted sequences and 0 bases; 1 and 72"),
    "the last is lost": (lambda results: results[:-1], "Chunk [45] has 0 counted sequences and 0 bases; 1 and 72"),
    "one comes twice": (
        lambda results: [*results, results[0]],
        "Chunk 6 has 1 counted sequence and 72 .* 0 and 0 were",
    ),
    "nothing comes": (lambda _: [], "Chunk 1 has 0 counted sequences and 0 bases; 1 and 72 were planned"),
}


@pytest.mark.parametrize("way", LOST)
def test_a_lost_or_repeated_range_is_refused_with_both_numbers(counted, way):
    spec, results = counted
    change, said = LOST[way]
    with pytest.raises(EngineError, match=said):
        assemble(spec, change(results), Attempt("a"))


def test_ranges_with_errors_that_cancel_out_are_refused(counted):
    spec, results = counted
    first = results[0].by_chunk[0]
    more, less = (replace(first, ledger=first.ledger + Ledger(bases=by)) for by in (1, -1))
    whole = [tally for result in results for tally in result.by_chunk]
    forged = replace(results[0], by_chunk=(more, less, *whole[2:]))
    with pytest.raises(EngineError, match="Chunk 1 has 1 counted sequence and 73 bases"):
        assemble(spec, [forged], Attempt("a"))


def test_the_first_error_of_a_range_is_raised(counted):
    spec, results = counted
    with pytest.raises(InputError, match="first"):
        assemble(spec, [results[0], InputError("first"), InputError("second")], Attempt("a"))
