"""Notes record where the output of a run goes; they do not pile up."""

from __future__ import annotations

import os

import pytest

from opengenome.cli import notes
from opengenome.cli.environment import Site


def test_notes_record_the_output_folder_of_a_run_whatever_its_name(tmp_path):
    site = Site(tmp_path, tmp_path / "airflow", tmp_path, tmp_path)
    odd = tmp_path / os.fsdecode(b"o\xe9 ")
    notes.remember(site, "analyze-1", odd)
    assert notes.recall(site, "analyze-1") == odd
    (note,) = (site.home / "outputs").iterdir()
    assert note.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"run": "another", "output": "/x"}', '{"run": "r"}'])
def test_a_run_without_a_note_of_its_own_has_no_output(tmp_path, text):
    site = Site(tmp_path, tmp_path, tmp_path, tmp_path)
    (tmp_path / "outputs").mkdir()
    if text is not None:
        (tmp_path / "outputs" / "r.json").write_text(text)
    assert notes.recall(site, "r") is None
    assert notes.recall(site, "../r") is None


def test_notes_do_not_pile_up_and_the_newest_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(notes, "_KEPT", 5)
    site = Site(tmp_path, tmp_path, tmp_path, tmp_path)
    for number in range(9):
        notes.remember(site, f"r{number}", tmp_path)
        os.utime(tmp_path / "outputs" / f"r{number}.json", (number, number))
    assert sorted(path.stem for path in (tmp_path / "outputs").iterdir()) == ["r4", "r5", "r6", "r7", "r8"]
