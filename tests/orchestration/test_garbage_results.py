"""Cleaning beside results: one store with several results folders, and leftovers of killed publications."""

# ruff: noqa: F811  (collection is a fixture)
from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from opengenome.errors import ContractError
from opengenome.io import published
from opengenome.io.store import Store
from opengenome.orchestration import garbage
from opengenome.orchestration.garbage import Cleaning
from tests.orchestration.conftest import count_here
from tests.orchestration.test_garbage import DAY, age, clean, collection, contents  # noqa: F401


def another_checkout(house, monkeypatch):
    """A house with the same store and data, but its own results."""
    monkeypatch.setenv("OPENGENOME_RESULTS", str(house.root / "theirs"))
    return house.root / "theirs"


def test_what_runs_of_another_checkout_need_in_a_shared_store_is_kept(house, collection, monkeypatch):
    house.proven("mine", source=collection, batch_size=7)
    another_checkout(house, monkeypatch)
    theirs = house.proven("theirs", source=collection, batch_size=5)
    age(house.root / "store")
    before = contents(house.root / "store")
    assert clean(house) == {}
    shutil.rmtree(theirs.run.folder)
    assert clean(house) == {}
    assert contents(house.root / "store") == {path for path in before if path.exists()}
    assert theirs.is_whole()


@pytest.mark.parametrize("trouble", ["gone", "an empty mount point", "a damaged entry"])
def test_missing_results_stop_the_cleaning_until_their_entry_is_removed(house, collection, monkeypatch, trouble):
    theirs = another_checkout(house, monkeypatch)
    run = house.proven("theirs", source=collection, batch_size=7)
    [entry] = run.run.store.results.iterdir()
    if trouble == "a damaged entry":
        entry.write_text("{")
    else:
        shutil.move(theirs, house.root / "moved")
        if trouble == "an empty mount point":
            theirs.mkdir()
    age(house.root / "store")
    before = contents(house.root)
    with pytest.raises(ContractError, match=str(entry)) as caught:
        clean(house)
    if trouble != "a damaged entry":
        assert str(theirs) in str(caught.value)
    assert contents(house.root) == before
    entry.unlink()
    assert "runs/theirs" in clean(house)


def test_unreadable_results_stop_the_cleaning(house, collection, monkeypatch):
    run = house.proven("r", source=collection, batch_size=7)
    age(house.root / "store")
    before, real = contents(house.root), Path.iterdir

    def forbidden(path):
        if path == house.results:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "iterdir", forbidden)
    with pytest.raises(ContractError, match="cannot be read: Permission denied"):
        clean(house)
    monkeypatch.undo()
    assert contents(house.root) == before
    assert run.run.folder.exists()


def test_the_attempt_that_a_published_run_names_is_kept_when_its_batch_is_counted_again(house, collection):
    run = house.proven("r", source=collection, batch_size=7)
    part = run.part()
    (run.folder() / "manifest.json").rename(run.folder() / garbage.DAMAGED)
    count_here(run.planned[0], attempt="try2-here")
    lost = run.folder() / "attempts" / "try3-lost"
    lost.mkdir()
    age(house.root / "store")
    key = run.folder().name
    assert set(clean(house)) == {f"batches/{key}/{garbage.DAMAGED}", f"batches/{key}/attempts/try3-lost"}
    assert part.exists()
    shutil.rmtree(house.results / "r")
    run.run.touch()  # the run is kept, and so is its batch
    assert f"batches/{key}/attempts/try1-here" in clean(house)


def test_old_leftovers_of_killed_publications_are_removed_from_every_results_folder(house, collection, monkeypatch):
    house.proven("mine", source=collection, batch_size=7)
    theirs = another_checkout(house, monkeypatch)
    house.proven("theirs", source=collection, batch_size=7)
    left = [house.results / ".r.0123456789abcdef.tmp", theirs / ".r.89abcdef.old"]
    for folder in left:
        folder.mkdir()
        (folder / "provenance.json").write_text("{")  # it must not be read
    left.append(house.results / ".latest.0123456789abcdef.tmp")
    left[-1].symlink_to("mine")
    mine = house.results / ".notes.txt"
    mine.write_text("not ours")
    assert clean_results(house) == []
    for path in [*left, mine]:
        age(path) if not path.is_symlink() else os.utime(path, (0, 0), follow_symlinks=False)
    assert clean_results(house, dry=True) == sorted(left)
    assert all(os.path.lexists(path) for path in left)
    assert clean_results(house) == sorted(left)
    assert not any(os.path.lexists(path) for path in left)
    assert mine.exists()
    for folder in (house.results / "mine", theirs / "theirs"):
        published.verify(folder)


def clean_results(house, *, dry=False):
    before = time.time() - 7 * DAY
    return sorted(one.path for one in Cleaning(Store(house.root / "store"), house.results, before, dry).garbage())


@pytest.mark.parametrize("digits", [32, 64])
def test_batches_and_ingested_files_are_removed_whatever_the_length_of_their_keys(house, digits):
    for kind in ("batches", "ingest"):
        folder = house.root / "store" / kind / ("a" * digits)
        folder.mkdir(parents=True)
        (folder / "x").write_text("x")
    odd = house.root / "store" / "batches" / ("a" * 40)
    odd.mkdir()
    age(house.root / "store")
    assert set(clean(house)) == {f"batches/{'a' * digits}", f"ingest/{'a' * digits}"}
    assert odd.exists()
