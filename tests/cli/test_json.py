"""--json: one object on standard output for a script, also where the command line is wrong or a check fails."""

from __future__ import annotations

import os

import pytest

from opengenome.cli import clean
from opengenome.cli.__main__ import main
from opengenome.cli.exits import DONE, FAILED, USAGE
from tests.cli.test_endings import answered, site  # noqa: F401  (a fixture)
from tests.published import write_published


@pytest.mark.parametrize(
    "words",
    [
        "analyze codon --json --frame 7",
        "verify --json",
        "runs --json --last 0",
        "runs --jsn --json",
        "runs --json=1",
        "--json",
    ],
)
def test_an_invalid_command_line_is_a_json_object_too(words, capsys):
    assert main(words.split()) == USAGE
    answer = answered(capsys)
    assert sorted(answer) == ["error", "exit"]
    assert answer["exit"] == USAGE


def test_an_unexpected_error_is_a_json_object_too(monkeypatch, capsys):
    def surprise(*_: object) -> None:
        print("something on standard output")
        raise ValueError("no")

    monkeypatch.setattr(clean, "clean", surprise)
    assert main(["clean", "--json"]) == FAILED
    assert "Unexpected ValueError" in answered(capsys)["error"]


def test_clean_lists_removed_entries_for_a_script(tmp_path, monkeypatch, capsys):
    path = tmp_path / "store" / "ingest" / ".0123.89abcdef.tmp"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 1234)
    os.utime(path, (0, 0))
    for name in ("STORE", "RESULTS"):
        monkeypatch.setenv(f"OPENGENOME_{name}", str(tmp_path / name.lower()))
    assert main(["clean", "--json"]) == DONE
    thing = {"path": str(path), "bytes": 1234, "why": "a process that was killed left it"}
    assert answered(capsys) == {"dry_run": False, "freed": 1234, "things": [thing], "exit": DONE}


def test_verify_lists_every_folder_for_a_script_even_if_one_differs(tmp_path, capsys):
    good, bad = write_published(tmp_path / "good"), write_published(tmp_path / "bad")
    (bad / "codon_usage.csv").write_text("codon\n")
    assert main(["verify", "--json", str(good), str(bad)]) == FAILED
    answer = answered(capsys)
    assert str(bad) in answer["error"]
    first, second = answer["folders"]
    assert first == {"folder": str(good), "verified": True, "run": "r1", "faults": []}
    assert (second["verified"], second["run"], len(second["faults"])) == (False, "r1", 1)
