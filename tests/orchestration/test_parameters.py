"""The parameters of a run: each wrong one is a sentence, whoever started the run."""

from __future__ import annotations

from typing import Any

import pytest

from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.errors import UsageError
from opengenome.orchestration.parameters import RunParameters, check

GOOD: dict[str, Any] = {
    "source": "genomes.fasta",
    "batch_size": 5000,
    "max_batch_bases": 1_000_000_000,
    "frame": 0,
    "genetic_code": 1,
    "require_all_codons": True,
    "per_sequence": True,
    "verify_inputs": "auto",
    "recount": False,
}


def refused(**asked: Any) -> str:
    with pytest.raises(UsageError) as caught:
        check(GOOD | asked, asked)
    assert not caught.value.retryable
    return str(caught.value)


def test_good_parameters_become_a_record_with_the_same_values() -> None:
    assert check(GOOD, {}) == RunParameters(**GOOD)


def test_no_source_means_the_landing_folder() -> None:
    assert check(GOOD | {"source": None}, {}).source == ""


def test_an_unknown_parameter_is_named_with_those_that_are_known() -> None:
    said = refused(batchsize=7, framee=1)
    assert "'batchsize', 'framee'" in said
    assert "batch_size" in said
    assert "require_all_codons" in said


def test_a_parameter_without_a_value_is_named() -> None:
    values = {name: value for name, value in GOOD.items() if name != "frame"}
    with pytest.raises(UsageError, match="frame has no value"):
        check(values, {})


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("frame", 3, "0 to 2"),
        ("frame", -1, "0 to 2"),
        ("frame", "1", "0 to 2"),
        ("frame", True, "0 to 2"),
        ("frame", 1.0, "0 to 2"),
        ("frame", None, "0 to 2"),
        ("batch_size", 0, "1 or more"),
        ("batch_size", -5, "1 or more"),
        ("batch_size", 2.5, "1 or more"),
        ("batch_size", "7", "1 or more"),
        ("max_batch_bases", 0, "1 or more"),
        ("max_batch_bases", False, "1 or more"),
    ],
)
def test_a_number_out_of_bounds_or_of_another_type_is_named_with_its_bounds(
    name: str, value: object, bounds: str
) -> None:
    said = refused(**{name: value})
    assert said.startswith(f"{name} is {value!r}")
    assert bounds in said


@pytest.mark.parametrize(
    ("name", "value"),
    [("source", 7), ("source", ["a", "b"]), ("require_all_codons", "yes"), ("per_sequence", 1), ("recount", "yes")],
)
def test_a_value_of_another_type_is_named(name: str, value: object) -> None:
    assert refused(**{name: value}).startswith(f"{name} is {value!r}")


@pytest.mark.parametrize("code", [0, 7, 8, 17, 34, "1", True, 1.0, None])
def test_an_unknown_genetic_code_is_refused_with_the_27_there_are(code: object) -> None:
    said = refused(genetic_code=code)
    assert f"{code!r} is no NCBI genetic code" in said
    assert all(str(number) in said for number in GENETIC_CODES)


@pytest.mark.parametrize("code", GENETIC_CODES)
def test_each_genetic_code_of_ncbi_is_accepted(code: int) -> None:
    assert check(GOOD | {"genetic_code": code}, {"genetic_code": code}).genetic_code == code
