"""Publishing where another user's files are in the way: they stay, and an error names them."""

from __future__ import annotations

import errno
import os
import shutil
import time

import pytest

from opengenome.errors import ContractError, StorageError
from opengenome.io import exchange, published
from opengenome.io.store import remove_in_place
from opengenome.orchestration import publishing, results
from opengenome.orchestration.garbage import Cleaning


@pytest.fixture
def run(house, write, records):
    """A proven and published run `r`."""
    write(house.data / "a.fasta", records(12))
    return house.proven("r", source=str(house.data)).run


def test_a_users_file_beside_published_ones_stays_when_the_run_is_published_again(house, run):
    for name in ("notes.txt", "plots/one.svg"):
        path = house.results / "r" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    results.publish("r")
    published.verify(house.results / "r")
    assert (house.results / "r/notes.txt").read_text() == (house.results / "r/plots/one.svg").read_text() == "mine"


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EBUSY])
def test_a_folder_that_cannot_be_renamed_is_filled(house, run, monkeypatch, number):
    def refused(*_):
        raise OSError(number, os.strerror(number))

    inode = (house.results / "r").stat().st_ino
    (house.results / "r/summary.json").write_text("damaged")
    monkeypatch.setattr(exchange, "_exchange", refused)
    results.publish("r")
    published.verify(house.results / "r")
    assert (house.results / "r").stat().st_ino == inode


def test_a_copy_of_a_run_in_the_place_of_a_pointer_becomes_a_pointer_again(house, run):
    house.latest.unlink()
    shutil.copytree(house.results / "r", house.latest)
    results.publish("r")
    assert house.latest.readlink().name == "r"


def test_a_users_folder_in_the_place_of_a_pointer_stays_and_is_reported(house, run):
    house.latest.unlink()
    house.latest.mkdir()
    (house.latest / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match=f"(?s){house.latest.name} has to be a link.*Move it away"):
        results.publish("r")
    assert (house.latest / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["latest", "r"])
def test_a_users_file_in_the_place_of_our_folder_stays_and_is_reported(house, run, name):
    place = house.latest if name == "latest" else house.results / name
    remove_in_place(place)
    place.write_text("mine")
    with pytest.raises(StorageError, match=rf"(?s){place.name} has to be a .*, and is a file .*Move it away"):
        results.publish("r")
    assert place.read_text() == "mine"


DAMAGES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "empty": lambda path: path.write_bytes(b""),
    "folder": lambda path: (path.unlink(), path.mkdir()),
    "circle": lambda path: (path.unlink(), path.symlink_to(path.name)),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_record_of_a_results_folder_is_reported_by_clean_and_rewritten_by_publishing(house, run, how):
    (entry,) = run.store.results.glob("*.json")
    for path in (entry, house.results / publishing.RESULTS_MARKER):
        DAMAGES[how](path)
    with pytest.raises(ContractError, match=f"(?s){entry.name}.*Publish a run there again"):
        list(Cleaning(run.store, house.results, time.time()).garbage())
    results.publish("r")
    assert list(publishing.published_folders(run.store)) == [house.results]
