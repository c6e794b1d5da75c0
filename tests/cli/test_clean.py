"""The command `clean`: what it refuses and what it prints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opengenome.cli.__main__ import DONE, USAGE, main
from opengenome.cli.clean import age, amount
from opengenome.cli.environment import Site


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(tmp_path, tmp_path / "airflow", tmp_path / "dags", tmp_path / "plugins")
    monkeypatch.setattr(Site, "of_checkout", classmethod(lambda _: site))
    return site


@pytest.mark.parametrize(("text", "seconds"), [("7d", 604_800), ("12h", 43_200), ("30m", 1_800)])
def test_an_age_is_days_hours_or_minutes(text, seconds):
    assert age(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "1.5h", "7 d", "7days", "7d\n", "٧d", "9999999d"])
def test_an_invalid_age_is_a_usage_error_in_one_line_and_removes_nothing(text, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENGENOME_STORE", str(leftover(tmp_path).parents[1]))
    assert main(["clean", f"--older-than={text}"]) == USAGE
    assert capsys.readouterr().err.count("\n") == 1
    assert leftover(tmp_path).exists()


@pytest.mark.parametrize(("number", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (2e12, "2.0 TB")])
def test_an_amount_of_bytes_is_shown_in_a_suitable_unit(number, words):
    assert amount(number) == words


def leftover(folder: Path) -> Path:
    path = folder / "store" / "ingest" / ".0123.89abcdef.tmp"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 1234)
    os.utime(path, (0, 0))
    return path


def test_a_dry_run_lists_the_same_and_removes_nothing(tmp_path, monkeypatch, capsys):
    path = leftover(tmp_path)
    monkeypatch.setenv("OPENGENOME_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("OPENGENOME_RESULTS", str(tmp_path / "results"))
    line = "    1.2 kB  ingest/.0123.89abcdef.tmp: a process that was killed left it\n"
    assert main(["clean", "--dry-run"]) == DONE
    assert capsys.readouterr().out == f"{line}would free 1.2 kB in 1 entry\n"
    assert path.exists()
    assert main(["clean"]) == DONE
    assert capsys.readouterr().out == f"{line}freed 1.2 kB in 1 entry\n"
    assert not path.exists()
    assert main(["clean"]) == DONE
    assert capsys.readouterr().out == "freed 0 bytes in 0 entries\n"


def test_old_logs_of_airflow_are_removed_too(site, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OPENGENOME_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("OPENGENOME_RESULTS", str(tmp_path / "results"))
    site.prepare()
    log = site.home / "logs" / "components" / "scheduler.log"
    log.write_bytes(b"x" * 1234)
    os.utime(log, (0, 0))
    assert main(["clean"]) == DONE
    assert capsys.readouterr().out == f"    1.2 kB  {log}: an old log\nfreed 1.2 kB in 1 entry\n"
    assert not log.exists()
