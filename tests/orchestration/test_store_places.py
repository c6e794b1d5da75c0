"""A store whose folders cannot be renamed, or with a file in a folder's place, is repaired or reported."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from opengenome.errors import StorageError
from opengenome.io import batches, published
from opengenome.io.store import remove_folder
from opengenome.orchestration import committed
from opengenome.orchestration.garbage import Cleaning


@pytest.fixture
def run(house, write, records):
    """A proven and published run `r`."""
    write(house.data / "a.fasta", records(12))
    return house.proven("r", source=str(house.data))


@pytest.fixture
def lower_layer(house, tmp_path_factory):
    """Make the house the lower layer of an overlay, as the files of an image are in a container."""
    mounted = []

    def cover():
        if not shutil.which("mount") or os.geteuid():
            pytest.skip("only root can mount an overlay")
        layers = tmp_path_factory.mktemp("layers")
        for name in ("upper", "work"):
            (layers / name).mkdir()
        options = f"lowerdir={house.root},upperdir={layers}/upper,workdir={layers}/work"
        done = subprocess.run(
            ["mount", "-t", "overlay", "overlay", "-o", options, str(house.root)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("no overlay can be mounted")
        mounted.append(house.root)

    yield cover
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize(
    "damaged", ["ingest/*/records.parquet", "batches/*/manifest.json", "batches/*/attempts/*/part*"]
)
def test_on_an_overlay_a_run_is_repaired_and_published_again(house, run, lower_layer, damaged):
    next((house.root / "store").glob(damaged)).write_bytes(b"x")
    lower_layer()
    house.proven("r", source=str(house.data))
    published.verify(house.results / "r")
    assert run.is_whole()


def test_on_an_overlay_clean_removes_what_no_run_needs(house, run, lower_layer):
    shutil.rmtree(house.results / "r")
    lower_layer()
    store = run.run.store
    removed = {garbage.path for garbage in Cleaning(store, house.results, time.time() + 9).garbage()}
    assert removed >= {run.run.folder, run.folder()}
    assert not any(path.exists() for path in removed)


def no_rename(number, monkeypatch):
    def refused(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "rename", refused)


def test_a_folder_removed_in_place_loses_its_manifest_first(run, monkeypatch):
    def killed(_):
        raise KeyboardInterrupt

    no_rename(errno.EXDEV, monkeypatch)
    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        remove_folder(run.folder())
    assert run.part().exists()
    assert not batches.is_committed(run.folder())


def test_clean_reports_in_one_sentence_what_it_cannot_remove(house, run, monkeypatch):
    shutil.rmtree(house.results / "r")
    no_rename(errno.EBUSY, monkeypatch)
    with pytest.raises(StorageError, match="in use, or a mount point"):
        list(Cleaning(run.run.store, house.results, time.time() + 9).garbage())
    assert run.folder().exists()


@pytest.mark.parametrize("place", ["batches/*", "batches/*/attempts", "ingest/*", "runs/r"])
def test_a_file_in_the_place_of_a_replaceable_folder_is_replaced(house, run, place):
    path = next((house.root / "store").glob(place))
    shutil.rmtree(path)
    path.write_text("x")
    house.proven("again", source=str(house.data))
    assert run.is_whole()


@pytest.mark.parametrize("place", ["batches", "ingest", "runs", "results"])
def test_a_file_in_the_place_of_a_shared_folder_is_reported_in_one_sentence(house, run, place):
    path = house.root / "store" / place
    shutil.rmtree(path)
    path.write_text("x")
    with pytest.raises(StorageError, match=f"(?s){path}.*Move it away"):
        house.proven("again", source=str(house.data))
    assert path.read_text() == "x"


WRONG = {
    "circle": lambda path: path.symlink_to(path.name),
    "link to nothing": lambda path: path.symlink_to("gone"),
    "folder": lambda path: path.mkdir(),
}


PLACES = [
    "batches/*/manifest.json",
    "ingest/*/manifest.json",
    "ingest/*/records.parquet",
    "runs/r/plan.json",
    "runs/r/inputs.json.gz",
]


@pytest.mark.parametrize("how", WRONG)
@pytest.mark.parametrize("place", PLACES)
def test_a_folder_or_link_in_the_place_of_a_file_is_replaced(house, run, how, place):
    path = next((house.root / "store").glob(place))
    path.unlink()
    WRONG[how](path)
    house.proven("again", source=str(house.data))
    assert run.is_whole()


@pytest.mark.parametrize("how", ["circle", "link to nothing"])
def test_a_retried_run_replaces_links_in_the_place_of_its_files(house, run, how):
    for path in run.run.folder.rglob("*.json*"):
        path.unlink()
        WRONG[how](path)
    house.proven("r", source=str(house.data))


def test_a_damaged_output_is_set_aside_even_if_a_folder_has_that_name(run):
    (run.folder() / "manifest.damaged.json").mkdir()
    batches.set_aside(run.folder())
    assert (run.folder() / "manifest.damaged.json").is_file()
    assert not batches.is_committed(run.folder())


@pytest.mark.parametrize("how", WRONG)
def test_an_output_with_a_part_that_is_not_a_file_is_counted_again(run, how):
    path = run.part()
    path.unlink()
    WRONG[how](path)
    reused, reason = committed.reusable(run.planned[0])
    assert not reused
    assert reason.startswith("recomputed: part ")
    assert not batches.is_committed(run.folder())
