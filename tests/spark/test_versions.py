"""A range is counted only if the executor has the driver's versions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opengenome.core.model import CountingParameters
from opengenome.errors import EngineError
from opengenome.io.ranges import RangeResult, RangeTask
from opengenome.spark.versions import Versions, count_if_same


@pytest.fixture
def task(pipeline):
    (batch,) = pipeline.batches(pipeline.write(">a\nACGTACGT\n"))
    (chunk,) = batch.chunks
    return RangeTask((chunk,), CountingParameters(), str(pipeline.folder / "batch"), "attempts/1/part.parquet")


def test_an_executor_of_the_same_versions_counts(task):
    assert isinstance(count_if_same(Versions.here(), task), RangeResult)


@pytest.mark.parametrize("other", [{"engine": "99"}, {"code": "0"}, {"python": "3.9"}, {"pyspark": "3.5.0"}])
def test_an_executor_of_another_version_reports_it_and_writes_nothing(task, pipeline, other):
    answer = count_if_same(replace(Versions.here(), **other), task)
    assert isinstance(answer, EngineError)
    (value,) = other.values()
    assert value in str(answer)
    assert str(Versions.here()) in str(answer)
    assert not (pipeline.folder / "batch").exists()
