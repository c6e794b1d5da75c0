"""The stack as a place for runs: its paths and addresses, and a run whose command has ended."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from opengenome.cli import analyze, compose, places, stack
from opengenome.cli.__main__ import USAGE, main
from opengenome.cli.compose import StackConfig
from opengenome.cli.watch import TaskState
from opengenome.errors import EngineError, UsageError


def config(inputs: Path, password: str) -> dict[str, Any]:
    """The relevant part of `docker compose config --format json`."""
    return {
        "services": {
            "api-server": {"ports": [{"host_ip": "127.0.0.1", "published": "8090", "target": 8080}]},
            "init": {"environment": {"OPENGENOME_ADMIN_USER": "ada", "OPENGENOME_ADMIN_PASSWORD": password}},
            "scheduler": {
                "volumes": [
                    {"target": "/data/store", "source": "s"},
                    {"target": "/data/landing", "source": str(inputs)},
                ]
            },
        }
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "a checkout"
    root.mkdir()
    return root


@pytest.fixture
def there(root: Path) -> places.Stack:
    client: Any = SimpleNamespace(trigger=lambda run, conf: None)
    return places.Stack(root, StackConfig.of(config(root / "genomes" / "in", "p")), client)


def test_the_configuration_of_the_stack_is_read_from_compose(root):
    found = StackConfig.of(config(root, password="a$$b"))
    assert found == StackConfig("http://127.0.0.1:8090", "ada", "a$b", root)


def test_an_override_may_publish_more_ports_and_on_every_address(root):
    changed = config(root, "p")
    changed["services"]["api-server"]["ports"] = [
        {"published": "9", "target": 9999},
        {"published": "443", "target": 8080},
    ]
    assert StackConfig.of(changed).url == "http://127.0.0.1:443"


def test_an_input_is_named_as_the_containers_see_it(root, there):
    folder = root / "genomes" / "in"
    assert there.source(str(folder / "deep" / ".." / "a b.fa")) == "/data/landing/a b.fa"
    assert there.source(str(folder / "*.fa.gz")) == "/data/landing/*.fa.gz"
    assert there.source(str(folder)) == "/data/landing"


@pytest.mark.parametrize("path", ["elsewhere/a.fa", "genomes/in/../a.fa", "genomes/in-other/a.fa"])
def test_an_input_that_the_containers_do_not_see_is_refused_with_advice(root, there, path):
    with pytest.raises(UsageError, match=r"is not in .*genomes/in, .* OPENGENOME_INPUTS in \.env"):
        there.source(str(root / path))


def test_a_run_continues_after_its_command_and_is_named(there, monkeypatch, capsys):
    def lost(*_: object) -> None:
        raise EngineError("Airflow does not answer")

    monkeypatch.setattr(analyze, "watch", lost)
    with pytest.raises(
        EngineError, match=r"does not answer\. To continue: .* retry analyze/1 --on stack"
    ):  # a call to fail the run would be an AttributeError
        analyze.execute(there, "analyze/1", {})
    assert "continues: http://127.0.0.1:8090/dags/codon_usage/runs/analyze%2F1" in capsys.readouterr().err


def test_the_log_of_a_task_is_its_page(there):
    found = {"task_id": "count_codons", "map_index": 2, "state": "failed", "try_number": 1, "max_tries": 2}
    task = TaskState.of({**found, "rendered_map_index": None, "end_date": None})
    assert there.log("r", task).endswith(":8090/dags/codon_usage/runs/r/tasks/count_codons/mapped/2")


def test_a_copy_of_results_that_fails_leaves_the_earlier_one(root, there, monkeypatch):
    def half(_: Path, *arguments: str, capture: bool) -> None:
        folder = Path(arguments[-1])
        (folder / "codon_usage.csv").write_text("half")
        raise EngineError("docker died")

    earlier = root / "data" / "stack" / "r"
    earlier.mkdir(parents=True)
    monkeypatch.setattr(compose, "compose", half)
    with pytest.raises(EngineError):
        there.results("r")
    assert list(earlier.parent.iterdir()) == [earlier]


def test_without_a_stack_the_command_says_how_to_start_one(root, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(places.settings, "project_root", lambda: root)
    (tmp_path / "a.fa").write_text(">a\nACG\n")
    line = ["analyze", "codon", "--on", "stack", "--input", str(tmp_path / "a.fa"), "--output", str(tmp_path / "out")]
    assert main(line) == USAGE
    assert "Make them: ./opengenome stack init" in capsys.readouterr().err
    stack.init(root / ".env", lambda _: None)
    nobody = StackConfig("http://127.0.0.1:1", "admin", "p", root)
    monkeypatch.setattr(places, "stack_config", lambda _: nobody)
    assert main(line) == USAGE
    assert "No stack answers at http://127.0.0.1:1. Start it: ./opengenome stack up" in capsys.readouterr().err


def test_the_named_log_exists(tmp_path):
    here = places.Here(SimpleNamespace(client=None, alive=None, instance=SimpleNamespace(url="", results="")), tmp_path)
    task = TaskState("discover", -1, "failed", 1, 3, "", "")
    assert here.log("r", task) == str(tmp_path / "components" / "scheduler.log")
    file = tmp_path / "dag_id=codon_usage" / "run_id=r" / "task_id=discover" / "attempt=1.log"
    file.parent.mkdir(parents=True)
    file.touch()
    assert here.log("r", task) == str(file)
