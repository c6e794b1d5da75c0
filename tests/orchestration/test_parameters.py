"""The parameters of a run: each wrong one is refused with one sentence, whoever started the run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.errors import ContractError, UsageError
from opengenome.flow import ANALYZE, DEMO, new_run, of_command
from opengenome.parameters import PARAMETERS, RunParameters

GOOD: dict[str, Any] = {name: parameter.default for name, parameter in PARAMETERS.items()} | {"source": "genomes.fasta"}


def refused(**asked: Any) -> str:
    with pytest.raises(UsageError) as caught:
        RunParameters.check(GOOD | asked, asked)
    assert not caught.value.retryable
    return str(caught.value)


def test_good_parameters_become_a_record_with_the_same_values() -> None:
    assert RunParameters.check(GOOD, {}).as_json() == GOOD


def test_no_source_means_the_landing_folder() -> None:
    assert RunParameters.check(GOOD | {"source": None}, {}).source == ""


def test_an_unknown_parameter_is_named_with_those_that_are_known() -> None:
    said = refused(batchsize=7, framee=1)
    assert "'batchsize', 'framee'" in said
    assert "batch_size" in said
    assert "require_all_codons" in said


def test_a_parameter_without_a_value_is_named() -> None:
    values = {name: value for name, value in GOOD.items() if name != "frame"}
    with pytest.raises(UsageError, match="frame has no value"):
        RunParameters.check(values, {})


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("batch_size", 0, "1 to 1,000,000,000 sequences"),
        ("batch_size", -5, "1 to 1,000,000,000 sequences"),
        ("batch_size", 2.5, "1 to 1,000,000,000 sequences"),
        ("batch_size", "7", "1 to 1,000,000,000 sequences"),
        ("batch_size", 2**63, "1 to 1,000,000,000 sequences"),
        ("max_batch_bases", 0, "1 to 1,000,000,000,000,000 bases"),
        ("max_batch_bases", None, "1 to 1,000,000,000,000,000 bases"),
        ("max_batch_bases", 1e400, "1 to 1,000,000,000,000,000 bases"),
        ("max_batch_bases", 10**15 + 1, "1 to 1,000,000,000,000,000 bases"),
        ("max_batch_bases", False, "1 to 1,000,000,000,000,000 bases"),
    ],
)
def test_a_number_out_of_bounds_or_of_another_type_is_named_with_its_bounds(
    name: str, value: object, bounds: str
) -> None:
    assert (
        refused(**{name: value}) == f'"{PARAMETERS[name].about.title}" is {value!r}. It takes a whole number, {bounds}.'
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("source", 7), ("source", ["a", "b"]), ("require_all_codons", "yes"), ("per_sequence", 1), ("recount", "yes")],
)
def test_a_value_of_another_type_is_named(name: str, value: object) -> None:
    said = refused(**{name: value})
    assert said.startswith(f'"{PARAMETERS[name].about.title}" is {value!r}. It takes ')


@pytest.mark.parametrize("value", [3, -1, "1", True, 1.0, None, [1]])
def test_an_invalid_frame_is_refused_and_the_three_valid_ones_are_named(value: object) -> None:
    assert refused(frame=value) == f'"Frame" is {value!r}. It takes one of 0, 1, 2.'


def test_recorded_parameters_read_back_unchanged() -> None:
    wanted = RunParameters.check(GOOD | {"verify_inputs": "never", "require_all_codons": "always"}, {})
    assert RunParameters.recorded(json.loads(json.dumps(wanted.as_json()))) == wanted


def test_a_run_of_an_earlier_version_has_the_defaults_of_new_parameters() -> None:
    assert not RunParameters.recorded({name: GOOD[name] for name in GOOD if name != "recount"}).recount


@pytest.mark.parametrize("damage", [{"frame": 10**30}, {"frames": 0}, {"source": 7}, {"per_sequence": None}])
def test_recorded_parameters_that_are_damaged_ask_for_a_new_run(damage: dict[str, Any]) -> None:
    with pytest.raises(
        ContractError, match=f"parameters of the run are damaged: {next(iter(damage))}.*Start a new run"
    ):
        RunParameters.recorded(GOOD | damage)


@pytest.mark.parametrize(
    "name", ["batch_size", "frame", "genetic_code", "verify_inputs", "require_all_codons", "source"]
)
def test_errors_of_a_run_by_the_command_name_its_options(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        RunParameters.check(GOOD | {name: -1}, {}, new_run(ANALYZE))
    assert str(caught.value).startswith(f"{PARAMETERS[name].option} is -1. It takes ")


def test_a_very_long_value_is_shortened_in_the_error() -> None:
    assert len(refused(verify_inputs="x" * 10_000)) < 200


def test_only_run_ids_of_the_command_count_as_its_runs() -> None:
    assert of_command(new_run(ANALYZE))
    assert of_command(new_run(DEMO))
    assert not of_command("manual__2026-11-25T00:00:00+00:00")
    assert not of_command("analyze-mine")


@pytest.mark.parametrize("code", [0, 7, 8, 17, 34, "1", True, 1.0, None])
def test_an_unknown_genetic_code_is_refused_and_the_27_known_ones_are_named(code: object) -> None:
    said = refused(genetic_code=code)
    assert f'"Genetic code" is {code!r}. It takes the number of an NCBI translation table: ' in said
    assert all(str(number) in said for number in GENETIC_CODES)


@pytest.mark.parametrize("code", GENETIC_CODES)
def test_each_genetic_code_of_ncbi_is_accepted(code: int) -> None:
    assert RunParameters.check(GOOD | {"genetic_code": code}, {"genetic_code": code}).genetic_code == code
