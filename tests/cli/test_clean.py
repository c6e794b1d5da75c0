"""The command that cleans the store: what it refuses, and what it says it does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opengenome.cli.__main__ import DONE, USAGE, main
from opengenome.cli.clean import age, amount


@pytest.mark.parametrize(("text", "seconds"), [("7d", 604_800), ("12h", 43_200), ("30m", 1_800)])
def test_an_age_is_days_hours_or_minutes(text, seconds):
    assert age(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "1.5h", "7 d", "7days", "7d\n", "٧d", "9999999d"])
def test_what_is_no_age_is_usage_said_in_one_line_and_removes_nothing(text, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENGENOME_STORE", str(leftover(tmp_path).parents[1]))
    assert main(["clean", f"--older-than={text}"]) == USAGE
    assert capsys.readouterr().err.count("\n") == 1
    assert leftover(tmp_path).exists()


@pytest.mark.parametrize(("number", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (2e12, "2.0 TB")])
def test_an_amount_of_bytes_is_said_in_the_unit_that_fits(number, words):
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
    assert capsys.readouterr().out == f"{line}would free 1.2 kB in 1 thing\n"
    assert path.exists()
    assert main(["clean"]) == DONE
    assert capsys.readouterr().out == f"{line}freed 1.2 kB in 1 thing\n"
    assert not path.exists()
    assert main(["clean"]) == DONE
    assert capsys.readouterr().out == "freed 0 bytes in 0 things\n"
