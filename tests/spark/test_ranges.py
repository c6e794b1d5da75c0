"""A range is counted only where the executor is of the driver's kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opengenome import ENGINE_VERSION
from opengenome.core.model import Batch, Chunk, CountingParameters
from opengenome.core.planning import CHUNK_BASES
from opengenome.errors import ContractError, EngineError, PlanError
from opengenome.io import schemas
from opengenome.io.batches import read_spec
from opengenome.io.schemas import BatchSpec
from opengenome.spark.ranges import RangeResult, RangeTask, Versions, count_range, tasks_of


@pytest.fixture
def task(pipeline):
    (batch,) = pipeline.batches(pipeline.write(">a\nACGTACGT\n"))
    (chunk,) = batch.chunks
    return RangeTask((chunk,), CountingParameters(), str(pipeline.folder / "batch"), "attempts/1/part.parquet")


def test_an_executor_of_the_same_versions_counts(task):
    assert isinstance(count_range(replace(task, versions=Versions.here())), RangeResult)


@pytest.mark.parametrize("other", [{"engine": "99"}, {"python": "3.9"}, {"pyspark": "3.5.0"}])
def test_an_executor_of_another_version_says_so_and_writes_nothing(task, pipeline, other):
    answer = count_range(replace(task, versions=replace(Versions.here(), **other)))
    assert isinstance(answer, EngineError)
    (value,) = other.values()
    assert value in str(answer)
    assert str(Versions.here()) in str(answer)
    assert not (pipeline.folder / "batch").exists()


def test_the_plan_of_another_engine_is_refused(pipeline):
    (batch,) = pipeline.batches(pipeline.write(">a\nACGTACGT\n"))
    spec = pipeline.folder / "spec.json"
    with pytest.raises(PlanError, match="planned for engine 99") as refused:
        read_spec(spec, schemas.write(spec, BatchSpec(batch, CountingParameters(), "99")))
    assert not refused.value.retryable


@pytest.mark.parametrize("other", [CountingParameters(1), CountingParameters(0, per_sequence=False)])
def test_a_spec_whose_key_is_that_of_another_content_is_refused_even_sealed_anew(pipeline, other):
    (batch,) = pipeline.batches(pipeline.write(">a\nACGTACGT\n"))
    spec = pipeline.folder / "spec.json"
    with pytest.raises(ContractError, match="The key of the batch is not that of its content"):
        read_spec(spec, schemas.write(spec, BatchSpec(batch, other, ENGINE_VERSION)))


def test_small_chunks_share_a_range_and_large_ones_have_their_own(tmp_path):
    sizes = [1, 1, CHUNK_BASES - 1, 1, CHUNK_BASES * 2, 5]
    chunks = tuple(Chunk("a", "fasta", n, n + 1, 1, bases, "00") for n, bases in enumerate(sizes))
    spec = BatchSpec(Batch(0, "key", chunks), CountingParameters(), ENGINE_VERSION)
    tasks = tasks_of(spec, tmp_path, "try1")
    assert [[chunk.bases for chunk in task.chunks] for task in tasks] == [
        [1, 1], [CHUNK_BASES - 1, 1], [CHUNK_BASES * 2], [5]
    ]  # fmt: skip
    assert [task.part for task in tasks] == [f"attempts/try1/part-{n:05d}.parquet" for n in range(4)]
