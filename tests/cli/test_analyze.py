"""Copying results, and what happens to a run that is left before its end."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from opengenome.cli import analyze
from opengenome.cli.places import Here
from opengenome.errors import StorageError
from opengenome.io.tables import PUBLISHED


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    for name in PUBLISHED:
        (folder / name).write_text(f"new {name}")
    return folder


def test_every_published_file_is_copied_over_the_earlier_one(results, tmp_path):
    output = tmp_path / "new" / "out"
    output.mkdir(parents=True)
    (output / "summary.json").write_text("old")
    analyze.copy_results(results, output)
    assert {path.name: path.read_text() for path in output.iterdir()} == {name: f"new {name}" for name in PUBLISHED}


def test_a_copy_that_fails_leaves_nothing_half_written(results, tmp_path, monkeypatch):
    output = tmp_path / "out"

    def full(_: Path, target: Path) -> None:
        target.write_text("hal")
        raise OSError("No space left on device")

    monkeypatch.setattr(analyze.shutil, "copyfile", full)
    with pytest.raises(StorageError, match="No space left"):
        analyze.copy_results(results, output)
    assert list(output.iterdir()) == []


def test_an_interrupted_run_is_recorded_as_failed_so_that_none_takes_it_up(monkeypatch, tmp_path):
    failed: list[str] = []

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(analyze, "watch", interrupted)
    client = SimpleNamespace(trigger=lambda run, conf: None, fail_run=failed.append)
    running = SimpleNamespace(client=client, alive=None, instance=SimpleNamespace(url="", results=""))
    with pytest.raises(KeyboardInterrupt):
        analyze.execute(Here(running, tmp_path), "analyze-1", {})
    assert failed == ["analyze-1"]


def test_the_demo_collection_is_written_whole_or_not_at_all(monkeypatch, tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()

    def stopped(path: Path, **_: object) -> None:
        assert not path.exists()
        assert re.search("[0-9a-f]{16}", str(path.relative_to(folder)))  # so that nobody can plant a link there
        path.write_text(">half\n")
        raise KeyboardInterrupt

    monkeypatch.setattr("opengenome.synthetic.write_organelle_like", stopped)
    with pytest.raises(KeyboardInterrupt):
        analyze._write_demo(tmp_path / "demo" / "x.fasta", lambda _: None)
    assert list((tmp_path / "demo").iterdir()) == []
