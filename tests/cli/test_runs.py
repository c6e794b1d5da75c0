"""`runs` lists every run that left a trace, newest first, from files alone, with and without an Airflow."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from opengenome.cli import notes
from opengenome.cli.__main__ import DONE, main
from opengenome.cli.environment import Site
from opengenome.core.model import SourceFile
from opengenome.io import schemas, tables
from opengenome.io.schemas import RunInputs
from tests.published import write_published


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(tmp_path, tmp_path / "airflow", tmp_path / "dags", tmp_path / "plugins")
    monkeypatch.setattr(Site, "of_checkout", classmethod(lambda _: site))
    for name in ("STORE", "RESULTS"):
        monkeypatch.setenv(f"OPENGENOME_{name}", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    site.prepare()
    return site


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    assert main(["runs", "--json", *options]) == DONE
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["runs"]
    return found


def unfinished(site: Site, run: str, started: str) -> Path:
    """Write what `discover` leaves of a run."""
    folder = site.root / "store" / "runs" / run
    file = SourceFile("/in/a.fasta", "fasta", "", 1, 1, 1, 1, 1)
    schemas.write(folder / "inputs.json.gz", RunInputs(run, started, {"source": "/in"}, (file,)))
    return folder


def airflow_knows(site: Site, *rows: tuple[str, str, str, str | None]) -> None:
    """run, state, start, conf: as in Airflow's database."""
    with sqlite3.connect(site.home / "airflow.db") as connection:
        connection.execute("create table dag_run (dag_id, run_id, state, start_date, run_after, conf)")
        connection.execute("insert into dag_run values ('another', 'x', 'failed', '2026-12-01', '2026-12-01', null)")
        for run, state, started, conf in rows:
            values = ("codon_usage", run, state, None, started, conf)
            connection.execute("insert into dag_run values (?, ?, ?, ?, ?, ?)", values)


def test_a_checkout_without_runs_says_so(site, capsys):
    assert main(["runs"]) == DONE
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_a_published_run_is_listed_with_its_proof_and_folder(site, capsys):
    folder = write_published(site.root / "results" / "r1")
    notes.remember(site, "r1", write_published(site.root / "mine"))
    [run] = listed(capsys)
    assert run == {
        "run": "r1",
        "state": "published",
        "proven": True,
        "started": "2026-11-02T10:00:00+00:00",
        "source": "/in",
        "files": 1,
        "batches": 2,
        "counted": 2,
        "results": str(folder),
        "output": str(site.root / "mine"),
    }
    (folder / tables.VALIDATION).write_text("{}")
    assert listed(capsys)[0]["proven"] is False


def test_an_output_that_holds_another_run_now_is_not_named(site, capsys):
    write_published(site.root / "results" / "r1", 1)
    write_published(site.root / "mine", 2)
    notes.remember(site, "r1", site.root / "mine")
    assert listed(capsys)[0]["output"] is None


def test_a_run_that_has_only_its_inputs_is_unfinished(site, capsys):
    unfinished(site, "r", "2026-11-01T00:00:00+00:00")
    [run] = listed(capsys)
    assert (run["state"], run["proven"], run["files"], run["batches"]) == ("unfinished", None, 1, None)


def test_a_report_that_is_not_proven_is_marked(site, capsys):
    folder = unfinished(site, "r", "2026-11-01T00:00:00+00:00")
    laws = [{"law": "1", "holds": False, "detail": ""}]
    tables.write_document(folder / "report" / tables.VALIDATION, {"proven": False, "laws": laws, "files": {}})
    assert listed(capsys)[0]["proven"] is False


@pytest.mark.parametrize("in_airflow", ["running", "queued"])
@pytest.mark.parametrize("living", [True, False])
def test_a_run_counts_as_running_or_queued_only_while_an_airflow_runs(site, capsys, living, in_airflow):
    unfinished(site, "r", "2026-11-01T00:00:00+00:00")
    airflow_knows(site, ("r", in_airflow, "2026-11-01 00:00:00", None))
    with (site.home / "instance.lock").open("w") as lock:
        if living:
            fcntl.flock(lock, fcntl.LOCK_EX)
        assert [run["state"] for run in listed(capsys)] == [in_airflow if living else "unfinished"]


def test_a_run_that_failed_before_it_read_anything_is_listed_with_its_source(site, capsys):
    airflow_knows(
        site,
        ("a", "failed", "2026-11-01 00:00:00.5", '{"source": "/in/no.fasta"}'),
        ("b", "success", "2026-11-02 00:00:00", "not json"),
    )
    assert [(run["run"], run["state"], run["source"], run["started"]) for run in listed(capsys)] == [
        ("b", "skipped", "", "2026-11-02T00:00:00+00:00"),
        ("a", "failed", "/in/no.fasta", "2026-11-01T00:00:00+00:00"),
    ]


def test_piped_data_is_called_standard_input_and_not_by_its_removed_file(site, capsys):
    airflow_knows(
        site, ("a", "failed", "2026-11-01", json.dumps({"source": f"{site.standard_input}/standard-input-0"}))
    )
    assert main(["runs"]) == DONE
    assert "standard input → nothing\n" in capsys.readouterr().out


def test_a_published_run_stays_published_whatever_airflow_says(site, capsys):
    write_published(site.root / "results" / "r1")
    airflow_knows(site, ("r1", "failed", "2026-11-01 00:00:00", None))
    assert [run["state"] for run in listed(capsys)] == ["published"]


def test_the_newest_runs_come_first_and_the_number_of_hidden_ones_is_shown(site, capsys):
    for seed in (1, 3, 2):
        write_published(site.root / "results" / f"r{seed}", seed)
    write_published(site.root / "data" / "stack" / "r4", 4)  # copied out of the containers
    assert [run["run"] for run in listed(capsys)] == ["r4", "r3", "r2", "r1"]
    assert main(["runs", "--last", "3"]) == DONE
    assert capsys.readouterr().out.endswith("1 older run is not shown (--last)\n")


def test_damage_hides_no_run(site, capsys):
    (site.root / "results" / "broken").mkdir(parents=True)
    (site.root / "results" / "latest").symlink_to("broken")
    (site.root / "store" / "runs" / "cut").mkdir(parents=True)
    (site.root / "store" / "runs" / "cut" / "inputs.json.gz").write_text("x")
    (site.home / "airflow.db").write_text("no database")
    found = {run["run"]: (run["state"], run["proven"]) for run in listed(capsys)}
    assert found == {"broken": ("published", False), "cut": ("unfinished", None)}


def test_the_table_fits_a_terminal_and_shows_no_byte_of_its_input(site, capsys):
    write_published(site.root / "results" / "r1")
    notes.remember(site, "r1", write_published(site.root / "mine"))
    airflow_knows(
        site, ("analyze-20261125T193003Z-73c1f6d8", "failed", "2026-11-01 00:00:00", '{"source": "/\\u001b[2J"}')
    )
    assert main(["runs"]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "started (UTC)     run                                state      proven",
        "2026-11-02 10:00  r1                                 published  yes",
        "                  /in → mine",
        "2026-11-01 00:00  analyze-20261125T193003Z-73c1f6d8  failed     –",
        r"                  /\x1b[2J → nothing",
    ]
    assert max(map(len, lines)) < 80
