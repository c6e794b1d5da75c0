"""How the command ends: its exit code, its last line, and its JSON with --json."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from opengenome.cli import analyze, bench, exits, retry
from opengenome.cli.__main__ import main
from opengenome.cli.called import retry_command
from opengenome.cli.environment import Site
from opengenome.cli.exits import DONE, FAILED
from opengenome.cli.watch import Look, TaskState
from opengenome.errors import EngineError, StorageError
from opengenome.flow import (
    BY_GROUP_CSV,
    BY_GROUP_PARQUET,
    CODON_PAIRS_CSV,
    CODON_PAIRS_PARQUET,
    DROPPED,
    MEASURES_BY_GROUP,
    ORDINATION,
    ORDINATION_CODONS,
    PER_SEQUENCE,
    PIPELINE_INFO,
    REPORT_PAGE,
    VIEWS,
)
from opengenome.io.tables import PUBLISHED
from tests.published import write_published

PAIRS = (CODON_PAIRS_CSV, CODON_PAIRS_PARQUET)

USAGE_PAGE = Path(__file__).parents[2] / "docs" / "usage.md"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(tmp_path, tmp_path / "airflow", tmp_path / "dags", tmp_path / "plugins")
    monkeypatch.setattr(Site, "of_checkout", classmethod(lambda _: site))
    for name in ("STORE", "RESULTS"):
        monkeypatch.delenv(f"OPENGENOME_{name}", raising=False)
    return site


class There:
    """A place whose Airflow ends a run as `watched` does."""

    option, patience, url, alive = "", 1.0, "http://airflow", None

    def __init__(self, results: Path) -> None:
        self.results_folder = results
        self.client = SimpleNamespace(
            trigger=lambda run, conf: None,
            xcom_value=lambda *_: StorageError("The disk is full").as_dict(),
            run_state=lambda run: "running",
            task_instances=lambda run: [],
        )

    def __enter__(self) -> There:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to stop."""

    def source(self, path: str) -> str:
        return path

    def log(self, *_: object) -> str:
        return "/log"

    def left(self, run: str) -> None:
        """Do nothing."""

    def results(self, run: str) -> Path:
        return self.results_folder


def task(name: str, state: str) -> TaskState:
    found = {"task_id": name, "map_index": -1, "state": state, "try_number": 1, "max_tries": 2}
    return TaskState.of({**found, "rendered_map_index": None, "end_date": None})


SUCCESS = Look("success", (task("publish", "success"),), 1.0)
FAILURE = Look("failed", (task("ingest", "failed"),), 1.0)


def ctrl_c(*_: object) -> Look:
    raise KeyboardInterrupt(signal.SIGINT)


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An `analyze` whose run succeeds; tests change how it ends."""
    (tmp_path / "a.fasta").write_text(">r\nACG\n")
    there = There(write_published(tmp_path / "results"))
    for module in (analyze, retry):
        monkeypatch.setattr(module, "place", lambda *_: there)
    ending(monkeypatch, SUCCESS)
    return ["analyze", "codon", "--input", str(tmp_path / "a.fasta"), "--output", str(tmp_path / "out")]


def ending(monkeypatch: pytest.MonkeyPatch, how: Any) -> None:
    monkeypatch.setattr(analyze, "watch", how if callable(how) else lambda *_: how)


def answered(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one object on standard output."""
    [text] = capsys.readouterr().out.splitlines()
    answer: dict[str, Any] = json.loads(text)
    return answer


def test_files_that_only_some_runs_have_get_a_line_each_and_are_named_for_scripts(line, tmp_path, capsys):
    shutil.rmtree(tmp_path / "results")
    write_published(tmp_path / "results", further=True)
    assert main(line) == DONE
    out = tmp_path / "out"
    assert capsys.readouterr().out.splitlines()[-8:-1] == [
        f"Table, proof and provenance: {out}",
        f"Report: {out}/report.html",
        f"By group: {out}/codon_usage_by_group.csv and .parquet, and measures_by_group.csv",
        f"Coding sequences that are not counted, and why: {out}/dropped.csv",
        f"Ordination: {out}/ordination.csv, and ordination_codons.csv",
        f"Codon pairs: {out}/codon_pairs.csv and .parquet",
        f"By sequence: {out}/per_sequence (3 Parquet files)",
    ]
    assert main([*line, "--json"]) == DONE
    further = {
        BY_GROUP_CSV,
        BY_GROUP_PARQUET,
        MEASURES_BY_GROUP,
        DROPPED,
        ORDINATION,
        ORDINATION_CODONS,
        PER_SEQUENCE,
        VIEWS,
        REPORT_PAGE,
        PIPELINE_INFO,
        *PAIRS,
    }
    assert set(answered(capsys)["files"]) == {*PUBLISHED, *further}


def test_a_proven_run_is_one_object_on_standard_output(line, tmp_path, capsys):
    assert main([*line, "--json"]) == DONE
    answer = answered(capsys)
    sizes = {"sequences": 1, "bases": answer["bases"], "codons": answer["bases"] // 3}
    assert answer == sizes | {
        "run": "r1",
        "proven": True,
        "laws": 1,
        "mode": "sequences",
        "cds": None,
        "files_read": 1,
        "files_passed_over": 0,
        "batches": 2,
        "batches_reused": 1,
        "duplicate_ids": 0,
        "duplicate_records": 0,
        "warnings": [],
        "coding_signal": answer["coding_signal"],
        "files": sorted(PUBLISHED),
        "results": str(tmp_path / "results"),
        "output": str(tmp_path / "out"),
        "exit": DONE,
    }


def test_without_json_the_same_facts_are_printed_for_people(line, capsys):
    assert main(line) == DONE
    assert "Proven: all 1 laws hold" in capsys.readouterr().out


def test_a_failed_run_is_an_object_with_its_error_and_the_command_that_tries_again(line, monkeypatch, capsys):
    ending(monkeypatch, FAILURE)
    assert main([*line, "--json"]) == FAILED
    answer = answered(capsys)
    assert sorted(answer) == ["error", "exit", "retry", "run"]
    assert "ingest failed: The disk is full" in answer["error"]
    assert answer["exit"] == FAILED
    assert answer["retry"] == f"./opengenome retry {answer['run']}"


def test_a_run_whose_airflow_has_ended_can_be_continued(line, monkeypatch, capsys):
    ending(monkeypatch, lost)
    assert main([*line, "--json"]) == FAILED
    answer = answered(capsys)
    assert answer["retry"] == f"./opengenome retry {answer['run']}"
    assert answer["error"] == f"The shared Airflow of `up` has been stopped. To continue: {answer['retry']}"


def test_a_script_gets_a_retry_command_only_where_a_person_does(line, monkeypatch, capsys):
    def full(*_: object) -> Look:
        raise StorageError("The disk is full")

    ending(monkeypatch, full)
    assert main([*line, "--json"]) == FAILED
    assert sorted(answered(capsys)) == ["error", "exit", "run"]


def test_hints_name_the_command_as_it_was_called(line, monkeypatch, capsys):
    monkeypatch.setenv("OPENGENOME_COMMAND", "'../my clone/opengenome'")
    ending(monkeypatch, FAILURE)
    assert main([*line, "--json"]) == FAILED
    answer = answered(capsys)
    assert answer["retry"] == f"'../my clone/opengenome' retry {answer['run']}"
    main(["demo", "--inptu"])
    assert "`'../my clone/opengenome' help demo` lists" in capsys.readouterr().err


def test_ctrl_c_names_exactly_the_command_that_continues(line, monkeypatch, capsys):
    ending(monkeypatch, ctrl_c)
    assert main(line) == 128 + signal.SIGINT == 130
    said = capsys.readouterr().err.splitlines()
    [run] = [one.removeprefix("Run ") for one in said if one.startswith("Run analyze-")]
    assert said[-1] == f"Interrupted. To continue: ./opengenome retry {run}"


def test_ctrl_c_is_reported_to_a_script(line, monkeypatch, capsys):
    ending(monkeypatch, ctrl_c)
    assert main([*line, "--json"]) == 130
    answer = answered(capsys)
    assert (answer["exit"], answer["retry"]) == (130, f"./opengenome retry {answer['run']}")


def lost(*_: object) -> Look:
    raise EngineError("The shared Airflow of `up` has been stopped")


@pytest.mark.parametrize(
    "case",
    [(ctrl_c, 130, "Interrupted"), (lost, FAILED, "error: The shared Airflow of `up` has been stopped.")],
)
def test_a_run_of_piped_data_cannot_be_continued(line, monkeypatch, capsys, case):
    end, code, said = case
    monkeypatch.setattr(analyze, "with_standard_input", lambda paths, *_: There(Path()))
    monkeypatch.setattr(analyze, "check", lambda _: None)
    monkeypatch.setattr(analyze, "conf_of", lambda *_: {})
    ending(monkeypatch, end)
    line[3] = "-"
    assert main(line) == code
    assert capsys.readouterr().err.splitlines()[-1] == said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_ended_by_a_signal_has_the_shells_exit_code(number, monkeypatch, capsys):
    monkeypatch.setattr(bench, "bench", lambda *_: os.kill(os.getpid(), number))
    before = signal.signal(number, signal.SIG_DFL)  # `nohup` switches SIGHUP off
    try:
        assert main(["bench"]) == 128 + number
    finally:
        signal.signal(number, before)
    assert capsys.readouterr().err == "Interrupted\n"


def test_the_command_that_tries_again_names_the_store_that_was_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENGENOME_STORE", str(tmp_path / "my store"))
    named = f"OPENGENOME_STORE='{tmp_path}/my store' ./opengenome retry 'a b'"
    assert retry_command("a b", "") == named
    assert retry_command("r", " --on stack") == "./opengenome retry r --on stack"  # the stack has its own store


def test_the_documentation_has_every_exit_code_and_every_key(line, monkeypatch, capsys):
    text = USAGE_PAGE.read_text()
    codes = {getattr(exits, name) for name in ("DONE", "FAILED", "USAGE", "UNREAD")} | {130, 129, 143}
    rows = [row.split("|")[1] for row in text.splitlines() if re.match(r"\| [0-9]", row)]
    assert codes == {int(code) for row in rows for code in re.findall(r"\d+", row)}
    assert main([*line, "--json"]) == DONE
    ending(monkeypatch, FAILURE)
    keys = set(answered(capsys))
    assert main([*line, "--json"]) == FAILED
    keys |= set(answered(capsys))
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []
