"""The command `verify`: a line for each folder, and an exit code for scripts."""

from __future__ import annotations

import pytest

from opengenome.cli.__main__ import DONE, FAILED, USAGE, main
from opengenome.io.tables import CSV, PUBLISHED
from opengenome.orchestration import settings
from tests.published import EVERY, write_published


def test_verified_folders_get_a_line_each(tmp_path, capsys):
    folders = [str(write_published(tmp_path / name, seed)) for seed, name in enumerate(("a", "b"))]
    assert main(["verify", *folders]) == DONE
    assert capsys.readouterr().out.splitlines() == [
        f"verified  {folder}: run r{seed}, 1 laws hold, 64 codons, 5 files as proven"
        for seed, folder in enumerate(folders)
    ]


def test_a_folder_that_differs_is_named_with_the_reason_and_does_not_hide_the_others(tmp_path, capsys):
    good, bad = write_published(tmp_path / "good"), write_published(tmp_path / "bad")
    (bad / CSV).write_text("codon\n")
    assert main(["verify", str(bad), str(good)]) == FAILED
    said = capsys.readouterr()
    first, second = said.out.splitlines()
    assert first == f"NOT verified  {bad} (run r1): {CSV} is not the file that was proven: its SHA-256 differs"
    assert second.startswith(f"verified  {good}")
    assert str(bad) in said.err
    assert "While Airflow knows the run, this makes them again: ./opengenome retry r1 --batch 1" in said.err


def test_every_file_that_differs_is_named(tmp_path, capsys):
    bad = write_published(tmp_path / "bad")
    others = [name for name in PUBLISHED if name != "validation.json"]
    for name in others:
        (bad / name).write_text("")
    assert main(["verify", str(bad)]) == FAILED
    said = capsys.readouterr().out
    assert all(f"{name} is not the file that was proven" in said for name in others)


def test_the_files_of_some_runs_are_counted_and_a_stranger_among_the_parts_is_named(tmp_path, capsys):
    folder = write_published(tmp_path / "r", further=True)
    assert main(["verify", str(folder)]) == DONE
    assert capsys.readouterr().out.endswith(f"64 codons, {len(EVERY)} files as proven\n")
    (folder / "per_sequence" / "mine.parquet").write_text("mine")
    assert main(["verify", str(folder)]) == FAILED
    said = capsys.readouterr().out
    assert (
        said
        == f"NOT verified  {folder} (run r1): validation.json does not list per_sequence/mine.parquet: move it away\n"
    )


def test_a_missing_folder_is_a_usage_error(tmp_path, capsys):
    good = write_published(tmp_path / "good")
    (tmp_path / "latest").symlink_to("gone")
    for path in (tmp_path / "nothing", tmp_path / "latest", good / CSV):
        assert main(["verify", str(good), str(path)]) == USAGE
        said = capsys.readouterr()
        assert said.out.startswith(f"verified  {good}")
        assert f"There is no folder {path}" in said.err


def test_a_folder_without_a_proof_is_not_verified(tmp_path, capsys):
    folder = write_published(tmp_path / "r")
    (folder / "validation.json").unlink()
    assert main(["verify", str(folder)]) == FAILED
    said = capsys.readouterr()
    assert "validation.json cannot be read: No such file or directory" in said.out
    assert "Do not use these tables" in said.err


def test_a_folder_that_never_held_results_is_reported_without_advice_about_its_tables(tmp_path, capsys):
    (tmp_path / "a.fa").touch()
    assert main(["verify", str(tmp_path)]) == FAILED
    said = capsys.readouterr()
    assert said.out == f"NOT verified  {tmp_path}: not a folder of results: it has no validation.json\n"
    assert said.err == f"error: Not what was proven: {tmp_path}.\n"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": 1}', '{"run": "\\u001b[2J"}'])
def test_a_run_that_its_files_do_not_name_is_not_named(tmp_path, capsys, text):
    bad = write_published(tmp_path / "bad")
    (bad / "provenance.json").write_text(text)
    assert main(["verify", str(bad)]) == FAILED
    said = capsys.readouterr()
    assert "(run" not in said.out
    assert "retry" not in said.err


def test_results_that_were_copied_out_of_the_stack_are_made_again_there(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(settings, "project_root", lambda: tmp_path)
    bad = write_published(tmp_path / "data" / "stack" / "r")
    (bad / CSV).write_text("codon\n")
    assert main(["verify", str(bad)]) == FAILED
    assert "retry r1 --on stack --batch 1" in capsys.readouterr().err


def test_the_pointer_to_a_run_verifies_as_the_run_does(tmp_path, capsys):
    write_published(tmp_path / "run")
    (tmp_path / "latest").symlink_to("run")
    assert main(["verify", str(tmp_path / "latest")]) == DONE
