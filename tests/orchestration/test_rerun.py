"""The command that makes a run again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from opengenome.cli.arguments import parse
from opengenome.cli.run_options import given_parameters
from opengenome.core.model import Mode
from opengenome.orchestration.rerun import command
from opengenome.parameters import BATCH_OF_CDS, PARAMETERS, RunParameters

LANDING = Path("/data/land here")
OTHER: dict[str, Any] = {
    "source": "/a b/*.fasta\n/c/'d'",
    "mode": "cds",
    "genetic_code": 11,
    "code_table": "/my $code.txt",
    "frame": 2,
    "drop": ["pseudo", "short"],
    "min_codons": 30,
    "skip_start_codon": True,
    "group_by": "organism",
    "reference": "group:-odd\n",
    "trna": "/t.csv",
    "ordination": True,
    "codon_pairs": True,
    "require_all_codons": "never",
    "per_sequence": False,
    "recount": True,
    "verify_inputs": "always",
    "batch_size": 7,
    "max_batch_bases": 8,
}


def _read(words: tuple[str, ...]) -> dict[str, Any]:
    """What the command's own parser makes of it."""
    _, *typed = shlex.split(" ".join(words))
    given = given_parameters(parse(typed), RunParameters)
    return given | {"source": "\n".join(given["source"])}


def _wanted(**asked: Any) -> RunParameters:
    return RunParameters.recorded({name: parameter.default for name, parameter in PARAMETERS.items()} | asked)


def test_the_command_gives_every_parameter_its_value_again() -> None:
    assert set(OTHER) == set(PARAMETERS)
    assert _read(command(_wanted(**OTHER), LANDING, Mode.SEQUENCES)) == OTHER


def test_the_command_names_no_parameter_that_has_its_default() -> None:
    words = command(_wanted(source="/a"), LANDING, Mode.SEQUENCES)
    assert words == ("./opengenome analyze codon --output again", "--input /a")


@pytest.mark.parametrize(("size", "told"), [(BATCH_OF_CDS, ()), (5_000, ("--batch-size 5000",))])
def test_the_batch_size_of_coding_sequences_is_named_unless_it_is_their_default(size, told) -> None:
    assert command(_wanted(source="/a", batch_size=size), LANDING, Mode.CDS)[2:] == told


def test_a_run_of_the_landing_folder_names_that_folder() -> None:
    assert _read(command(_wanted(), LANDING, Mode.SEQUENCES)) == {"source": str(LANDING)}


@pytest.mark.parametrize("source", ["-a.fasta", "-a.fasta\nb.fasta"])
def test_a_value_that_looks_like_an_option_is_none(source: str) -> None:
    assert _read(command(_wanted(source=source, group_by="-x"), LANDING, Mode.SEQUENCES)) == {
        "source": source,
        "group_by": "-x",
    }


def test_dropping_for_no_reason_is_said_by_its_name() -> None:
    assert _read(command(_wanted(source="/a", drop=[]), LANDING, Mode.SEQUENCES)) == {"source": "/a", "drop": ["none"]}
