"""`up` creates the input folder of the daily run."""

from __future__ import annotations

from opengenome.cli import service


def test_up_creates_the_landing_folder_silently(tmp_path, monkeypatch):
    said = []
    monkeypatch.setenv("OPENGENOME_LANDING", str(tmp_path / "data" / "landing"))
    for _ in range(2):
        service._make_landing(said.append)
        assert (tmp_path / "data" / "landing").is_dir()
    assert said == []


def test_up_continues_if_the_landing_folder_cannot_be_created(tmp_path, monkeypatch):
    said = []
    (tmp_path / "data").write_text("a file")
    monkeypatch.setenv("OPENGENOME_LANDING", str(tmp_path / "data" / "landing"))
    service._make_landing(said.append)
    [sentence] = said
    assert sentence.startswith(f"The landing folder {tmp_path}/data/landing cannot be created: ")
