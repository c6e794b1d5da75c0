"""A range is counted only where the executor is of the driver's kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opengenome.core.model import CountingParameters
from opengenome.errors import EngineError, PlanError
from opengenome.io.schemas import BatchSpec
from opengenome.spark.count_batch import count_batch
from opengenome.spark.ranges import RangeResult, RangeTask, Versions, count_range


@pytest.fixture
def task(pipeline):
    (batch,) = pipeline.batches(pipeline.write(">a\nACGTACGT\n"))
    (chunk,) = batch.chunks
    return RangeTask(chunk, CountingParameters(), str(pipeline.folder / "batch"), "attempts/1/part.parquet")


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


def test_the_plan_of_another_engine_is_refused_before_spark_starts(pipeline):
    (batch,) = pipeline.batches(pipeline.write(">a\nACGTACGT\n"))
    with pytest.raises(PlanError, match="planned for engine 99") as refused:
        count_batch(BatchSpec(batch, CountingParameters(), "99"), pipeline.folder / "batch", "1")
    assert not refused.value.retryable
