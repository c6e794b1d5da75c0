"""The spec of a batch is refused unless it is what was planned, for this engine."""

import pytest

from opengenome import ENGINE_VERSION
from opengenome.core.model import CountingParameters
from opengenome.errors import ContractError, PlanError
from opengenome.io import schemas
from opengenome.io.batches import read_spec
from opengenome.io.schemas import BatchSpec


def test_the_plan_of_another_engine_is_refused(pipeline):
    (batch,) = pipeline.batches(pipeline.write(">a\nACGTACGT\n"))
    spec = pipeline.folder / "spec.json"
    with pytest.raises(PlanError, match="planned for engine 99") as refused:
        read_spec(spec, schemas.write(spec, BatchSpec(batch, CountingParameters(), "99")))
    assert not refused.value.retryable


@pytest.mark.parametrize("other", [CountingParameters(1), CountingParameters(0, per_sequence=False)])
def test_a_spec_whose_key_does_not_match_its_content_is_refused_even_if_it_is_sealed_again(pipeline, other):
    (batch,) = pipeline.batches(pipeline.write(">a\nACGTACGT\n"))
    spec = pipeline.folder / "spec.json"
    with pytest.raises(ContractError, match="The key of the batch does not match its content"):
        read_spec(spec, schemas.write(spec, BatchSpec(batch, other, ENGINE_VERSION)))
