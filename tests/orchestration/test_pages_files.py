"""What the pages inside Airflow send: regular files in their place, whole and unchanged, and nothing else."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from opengenome.errors import ContractError
from opengenome.orchestration.pages import files

CONTENT = b"x" * (files._BLOCK + 5)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "results" / "r1"
    folder.mkdir(parents=True)
    (folder / "table.csv").write_bytes(CONTENT)
    return folder


def test_a_file_is_sent_in_blocks_under_a_safe_name(folder):
    sent = files.download(folder, "table.csv", SHA256, '.."; x\r\n/ä-table.csv')
    blocks = list(sent.blocks())
    assert (b"".join(blocks), len(blocks), sent.size) == (CONTENT, 2, len(CONTENT))
    assert sent.name == "x-----table.csv"


def test_a_changed_file_is_not_sent_to_its_end(folder):
    (folder / "table.csv").write_bytes(b"y" + CONTENT[1:])
    got = []
    with pytest.raises(ContractError, match="has changed"):
        got.extend(files.download(folder, "table.csv", SHA256, "t").blocks())
    sent = files.download(folder, "table.csv", SHA256, "t").blocks()
    assert len(next(sent)) == files._BLOCK  # the last block, which is missing, tells the receiver
    with pytest.raises(ContractError):
        next(sent)


def test_a_file_that_was_cut_off_while_it_was_sent_is_an_error(folder):
    sent = files.download(folder, "table.csv", SHA256, "t").blocks()
    next(sent)
    (folder / "table.csv").write_bytes(b"")
    with pytest.raises(ContractError, match="has changed"):
        next(sent)


@pytest.mark.parametrize("where", ["the file", "its folder", "the run"])
def test_no_link_is_followed(folder, where, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "table.csv").write_bytes(CONTENT)
    name = "table.csv"
    if where == "the file":
        (folder / name).unlink()
        (folder / name).symlink_to(tmp_path / "secret" / name)
    elif where == "its folder":
        (folder / "parts").symlink_to(tmp_path / "secret")
        name = "parts/table.csv"
    else:
        (folder.parent / "r2").symlink_to(tmp_path / "secret")
        folder = folder.parent / "r2"
    with pytest.raises(ContractError, match="leads elsewhere"):
        files.confined(folder, name)


@pytest.mark.parametrize("name", ["../r2/table.csv", "/etc/passwd", ".", "", "missing", "a\0b", "x" * 5000])
def test_a_name_that_is_no_file_of_the_folder_is_refused(folder, name):
    (folder.parent / "r2").mkdir()
    (folder.parent / "r2" / "table.csv").write_bytes(CONTENT)
    with pytest.raises(ContractError):
        files.confined(folder, name)


def test_a_pipe_in_the_place_of_a_file_does_not_block(folder):
    (folder / "table.csv").unlink()
    os.mkfifo(folder / "table.csv")
    with pytest.raises(ContractError, match="is not a file"):
        files.confined(folder, "table.csv")
