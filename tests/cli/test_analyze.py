"""The printed outcome, and what happens to a run whose command ends first."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from opengenome.cli import analyze
from opengenome.cli.places import Here
from opengenome.cli.printing import View
from opengenome.errors import ContractError
from tests.published import write_published


def test_only_verified_results_are_printed(tmp_path, capsys):
    folder = write_published(tmp_path)
    analyze.print_report(folder, View())
    assert "Proven" in capsys.readouterr().out
    (folder / "codon_usage.csv").write_text("codon\n")
    with pytest.raises(ContractError, match="not the file that was proven"):
        analyze.print_report(folder, View())
    assert capsys.readouterr().out == ""


def test_an_interrupted_run_is_recorded_as_failed_so_that_no_airflow_continues_it(monkeypatch, tmp_path):
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
    fasta = tmp_path / "demo" / "x.fasta"

    def stopped(_: object) -> bytes:
        (half,) = fasta.parent.iterdir()
        assert half != fasta
        assert re.search("[0-9a-f]{16}", half.name)  # random, so that nobody can place a link there
        raise KeyboardInterrupt

    monkeypatch.setattr("opengenome.synthetic._wrapped", stopped)
    with pytest.raises(KeyboardInterrupt):
        analyze._write_demo(fasta, lambda _: None)
    assert list(fasta.parent.iterdir()) == []


@pytest.mark.parametrize("terminal", [True, False])
def test_the_progress_of_writing_the_demo_collection_is_shown_only_on_a_terminal(monkeypatch, tmp_path, terminal):
    lines: list[str] = []

    def write(path: Path, progress: Callable[[str], None] | None, **_: object) -> None:
        path.touch()
        (progress or (lambda _: None))("1,000 of 2,000 records")

    monkeypatch.setattr("opengenome.synthetic.write_organelle_like", write)
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: terminal))
    analyze._write_demo(tmp_path / "x.fasta", lines.append)
    assert len(lines) == 1 + terminal
