"""A new parameter needs one more field of the model, besides the code that uses it.

Run as a program, this prints the form of a model with more fields: Airflow is imported in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Annotated, Any

import pytest
from airflow_process import ROOT, environment
from pydantic import Field

from opengenome.cli.option_table import table, with_table
from opengenome.cli.parser import Parser
from opengenome.cli.run_options import add_parameters, given_parameters
from opengenome.errors import UsageError
from opengenome.fields import About
from opengenome.flow import new_run
from opengenome.parameters import RunParameters


class Extended(RunParameters):
    """One more field of each kind."""

    least_codons: Annotated[
        int, Field(ge=0, le=99), About("Fewest codons", "Fewest codons of a sequence", unit="codons", section="More")
    ] = 30
    tone: Annotated[
        str, About("What is counted", "What is counted", choices={"auto": "as they come", "cds": "coding sequences"})
    ] = "auto"
    parts: Annotated[
        tuple[str, ...], About("Leave out", "Coding sequences left out", choices={"partial": "partial", "pseudo": "no"})
    ] = ("partial",)
    sorted_by: Annotated[str, About("Group by", "Column that tells groups apart")] = ""
    draw: Annotated[bool, About("Draw", "Draw the figures")] = True


ADDED = [name for name in Extended.model_fields if name not in RunParameters.model_fields]
GIVEN: dict[str, Any] = {
    "least_codons": 0,
    "tone": "cds",
    "parts": ["partial", "pseudo"],
    "sorted_by": "species",
    "draw": False,
}
OPTIONS = "--least-codons 0 --tone cds --parts partial --parts pseudo --sorted-by species --no-draw"
DEFAULTS = {"least_codons": 30, "tone": "auto", "parts": ["partial"], "sorted_by": "", "draw": True}


def parsed(line: str) -> dict[str, Any]:
    parser = Parser()
    add_parameters(parser, Extended)
    return given_parameters(parser.parse_args(["--input", "a", *line.split()]), Extended)


@pytest.fixture(scope="module")
def form(tmp_path_factory):
    home = tmp_path_factory.mktemp("form")
    done = subprocess.run(
        [sys.executable, __file__], env=environment(home), cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_form_has_it_with_title_help_default_bounds_choices_and_section(form):
    assert form["least_codons"] == {
        "value": 30, "type": "number", "title": "Fewest codons", "section": "More",
        "description": "Fewest codons of a sequence: 0 to 99 codons.",
        "exclusiveMinimum": -(2**53), "exclusiveMaximum": 2**53,
    }  # fmt: skip
    assert (form["tone"]["type"], form["tone"]["enum"]) == ("string", ["auto", "cds"])
    assert form["tone"]["values_display"] == {"auto": "auto · as they come", "cds": "cds · coding sequences"}
    assert (form["parts"]["type"], form["parts"]["examples"]) == (["null", "array"], ["partial", "pseudo"])
    assert (form["sorted_by"]["type"], form["sorted_by"]["value"]) == (["null", "string"], None)
    assert form["draw"]["type"] == "boolean"
    assert list(form) == list(Extended.model_fields)


def test_the_command_has_an_option_for_it():
    assert {name: parsed(OPTIONS)[name] for name in ADDED} == GIVEN
    assert parsed("") == {"source": ["a"]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--least-codons 100", "--least-codons is 100, which is out of bounds. It takes 0 to 99 codons."),
        ("--tone genes", "--tone is genes. It takes one of auto, cds."),
        ("--parts partial short", "--parts is short. It takes a list of some of partial, pseudo."),
    ],
)
def test_the_command_refuses_other_values_of_it_in_a_sentence(line, said):
    with pytest.raises(UsageError) as caught:
        parsed(line)
    assert str(caught.value) == said


def test_nothing_chosen_in_the_form_is_an_empty_list_and_nothing_typed_an_empty_text():
    chosen = Extended.check(Extended().as_json() | {"parts": None, "sorted_by": None}, {})
    assert (chosen.parts, chosen.sorted_by) == ((), "")


def test_the_first_task_takes_its_values_and_without_them_its_default():
    values = RunParameters().as_json() | GIVEN
    assert Extended.check(values, {}).as_json() == values
    assert Extended().as_json() == RunParameters().as_json() | DEFAULTS


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("least_codons", 100, "a whole number, 0 to 99 codons"),
        ("tone", "genes", "one of auto, cds"),
        ("tone", None, "one of auto, cds"),
        ("parts", ["partial", "short"], "a list of some of partial, pseudo"),
        ("parts", [["partial"]], "a list of some of partial, pseudo"),
        ("parts", "partial", "a list of some of partial, pseudo"),
        ("sorted_by", 7, "text"),
        ("draw", "yes", "true or false"),
    ],
)
@pytest.mark.parametrize("run", ["manual__1", new_run("analyze")])
def test_the_first_task_refuses_other_values_of_it_in_the_words_of_the_user(name, value, takes, run):
    parameter = Extended.described()[name]
    called = parameter.option if run.startswith("analyze") else f'"{parameter.about.title}"'
    with pytest.raises(UsageError) as caught:
        Extended.check(Extended().as_json() | {name: value}, {}, run)
    assert str(caught.value) == f"{called} is {value!r}. It takes {takes}."


def test_the_table_of_options_has_a_row_for_it():
    rows = table(Extended).removeprefix(table(RunParameters)).strip().splitlines()
    assert rows == [
        "| `--least-codons N` | fewest codons of a sequence | 30 |",
        "| `--tone NAME` | what is counted: auto, cds | auto |",
        "| `--parts NAME …` | coding sequences left out: partial, pseudo | partial |",
        "| `--sorted-by TEXT` | column that tells groups apart | none |",
        "| `--no-draw` | do not draw the figures | off |",
    ]


def test_the_documented_table_is_the_one_of_today():
    """To renew it: python -m opengenome.cli.option_table docs/usage.md"""
    usage = (ROOT / "docs" / "usage.md").read_text()
    assert with_table(usage) == usage


def test_an_incompletely_described_field_is_refused():
    class Silent(RunParameters):
        more: int = 3

    class Unbounded(RunParameters):
        more: Annotated[int, Field(ge=0), About("More", "More")] = 3

    with pytest.raises(TypeError, match="more has no About"):
        Silent.described()
    with pytest.raises(TypeError, match="more has neither choices nor two bounds"):
        Unbounded.described()


if __name__ == "__main__":
    from opengenome.orchestration.adapters.form import form as form_of

    fields = form_of(Extended).items()
    shown = {name: {"value": one.value, "description": one.description, **one.schema} for name, one in fields}
    print(json.dumps(shown))
