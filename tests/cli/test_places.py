"""The stack as a place where runs go on: what it is called there, and what becomes of a run that is left."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from opengenome.cli import analyze, places, stack
from opengenome.cli.__main__ import USAGE, main
from opengenome.cli.watch import TaskState
from opengenome.errors import EngineError, UsageError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("INPUTS", "PORT", "ADMIN_USER", "ADMIN_PASSWORD"):
        monkeypatch.delenv(f"OPENGENOME_{name}", raising=False)
    root = tmp_path / "a checkout"
    root.mkdir()
    stack.init(root / ".env", lambda _: None)
    return root


def told(root: Path, **settings: str) -> places.Stack:
    with (root / ".env").open("a") as env:
        env.writelines(f"OPENGENOME_{name}={value}\n" for name, value in settings.items())
    client: Any = SimpleNamespace(trigger=lambda run, conf: None)
    return places.Stack(root, client)


@pytest.mark.parametrize("inputs", ["", "genomes/in", '"genomes/in"', "{root}/genomes/in"])
def test_an_input_is_called_as_the_containers_see_it(root, inputs):
    there = told(root, INPUTS=inputs.format(root=root)) if inputs else told(root)
    folder = root / ("genomes/in" if inputs else "data/landing")
    assert there.source(str(folder / "deep" / ".." / "a b.fa")) == "/data/landing/a b.fa"
    assert there.source(str(folder / "*.fa.gz")) == "/data/landing/*.fa.gz"
    assert there.source(str(folder)) == "/data/landing"


@pytest.mark.parametrize("path", ["elsewhere/a.fa", "data/landing/../a.fa", "data/landing-other/a.fa"])
def test_an_input_that_the_containers_do_not_see_is_refused_with_what_to_do(root, path):
    with pytest.raises(UsageError, match=r"is not in .*data/landing, .* OPENGENOME_INPUTS in \.env"):
        told(root).source(str(root / path))


def test_the_environment_wins_over_the_file_as_in_compose(root, monkeypatch):
    there = told(root, PORT="8090", INPUTS="x")
    assert there.url == "http://127.0.0.1:8090"
    monkeypatch.setenv("OPENGENOME_PORT", "8091")
    assert stack.url(root) == "http://127.0.0.1:8091"


def test_a_run_that_the_command_leaves_goes_on_and_is_named(root, monkeypatch, capsys):
    def lost(*_: object) -> None:
        raise EngineError("Airflow does not answer")

    monkeypatch.setattr(analyze, "watch", lost)
    with pytest.raises(EngineError):  # a call to fail the run would be an AttributeError
        analyze.execute(told(root), "analyze/1", {})
    assert "goes on: http://127.0.0.1:8080/dags/codon_usage/runs/analyze%2F1" in capsys.readouterr().err


def test_the_log_of_a_task_is_its_page(root):
    found = {"task_id": "count_codons", "map_index": 2, "state": "failed", "try_number": 1, "max_tries": 2}
    task = TaskState.of({**found, "rendered_map_index": None, "end_date": None})
    assert told(root).log("r", task).endswith(":8080/dags/codon_usage/runs/r/tasks/count_codons/mapped/2")


def test_a_copy_of_results_that_fails_leaves_the_earlier_one(root, monkeypatch):
    def half(_: Path, *arguments: str) -> None:
        folder = Path(arguments[-1])
        (folder / "codon_usage.csv").write_text("half")
        raise EngineError("docker died")

    earlier = root / "data" / "stack" / "r"
    earlier.mkdir(parents=True)
    monkeypatch.setattr(stack, "_compose", half)
    with pytest.raises(EngineError):
        told(root).results("r")
    assert list(earlier.parent.iterdir()) == [earlier]


def test_without_a_stack_the_command_says_how_to_start_one(root, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(stack.settings, "project_root", lambda: root)
    monkeypatch.setenv("OPENGENOME_PORT", "1")  # nobody listens there
    (tmp_path / "a.fa").write_text(">a\nACG\n")
    line = ["analyze", "codon", "--on", "stack", "--input", str(tmp_path / "a.fa"), "--output", str(tmp_path / "out")]
    assert main(line) == USAGE
    assert "No stack answers at http://127.0.0.1:1. Start it: ./opengenome stack up" in capsys.readouterr().err
    (root / ".env").unlink()
    assert main(line) == USAGE
    assert "Make them: ./opengenome stack init" in capsys.readouterr().err
