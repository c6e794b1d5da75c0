"""Cleaning the store removes what no kept run needs, and does not disturb a kept or a starting run."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opengenome.errors import ContractError, EngineError
from opengenome.io.store import Store
from opengenome.orchestration import garbage, inputs, results
from opengenome.orchestration.garbage import Cleaning

DAY = 86_400.0


def age(folder, days=30.0):
    """Set the age of a folder and of everything in it."""
    moment = time.time() - days * DAY
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (moment, moment), follow_symlinks=False)


def clean(house, *, days=7.0, dry=False):
    """What was removed, as paths in the store with the reason."""
    store = Store(house.root / "store")
    found = Cleaning(store, house.results, time.time() - days * DAY, dry).garbage()
    return {str(one.path.relative_to(store.root)): one.why for one in found}


def contents(folder):
    return {path for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture
def collection(house, write, records):
    """Two inputs, one of them in shards: 24 records, 4 batches of 7."""
    write(house.data / "a.fasta", records(12))
    write(house.data / "b.fasta.gz", records(12, seed=3))
    return str(house.data)


def test_a_store_whose_entries_are_needed_or_young_is_not_changed(house, collection):
    assert clean(house) == {}  # no store yet
    house.proven("published", source=collection, batch_size=7)
    age(house.root / "store")
    house.counted("young", source=collection, batch_size=5)
    before = contents(house.root)
    assert clean(house) == {}
    assert contents(house.root) == before


def test_an_old_unpublished_run_is_removed_with_what_it_alone_names(house, collection):
    kept = house.proven("kept", source=collection, batch_size=7)
    house.counted("given-up", source=collection, batch_size=24)
    age(house.root / "store")
    [alone] = set((house.root / "store" / "batches").iterdir()) - folders(kept)
    assert clean(house) == {
        "runs/given-up": "its run is not published",
        f"batches/{alone.name}": "no kept run names it",
    }
    assert_kept(kept)


def test_without_runs_everything_is_removed_and_can_be_counted_again(house, collection):
    first = house.proven("r", source=collection, batch_size=7)
    table = (house.latest / "codon_usage.csv").read_bytes()
    shutil.rmtree(house.latest.resolve())
    age(house.root / "store")
    why = clean(house)
    assert len(why) == 1 + len(first.planned) + 2  # the run, its batches, two ingested files
    [remembered] = (house.root / "store" / "results").iterdir()
    assert contents(house.root / "store") == {house.root / "store" / "opengenome-store.json", remembered}
    house.proven("again", source=collection, batch_size=7)
    assert (house.latest / "codon_usage.csv").read_bytes() == table


def test_the_provenance_of_a_published_run_is_enough_to_keep_its_batches_and_inputs(house, collection):
    run = house.proven("r", source=collection, batch_size=7)
    shutil.rmtree(run.run.folder)
    age(house.root / "store")
    assert clean(house) == {}
    assert run.is_whole()


def test_leftovers_of_killed_processes_and_failed_attempts_are_removed_from_kept_folders(house, collection):
    run = house.proven("r", source=collection, batch_size=7)
    lost = run.folder() / "attempts" / "try1-lost"
    left = [
        lost / ".part-00000.parquet.0123abcd.tmp",
        run.folder() / garbage.DAMAGED,
        run.part().with_name(".part-00000.parquet.89abcdef.tmp"),
        run.run.folder / "..plan.json.0123abcd.tmp.4567cdef.tmp",
        house.root / "store" / "ingest" / ".0123456789abcdef0123456789abcdef.89abcdef.tmp" / "shard-00000.parquet",
        house.root / "store" / "batches" / ("0" * 32) / "attempts" / "try1-x" / "part-00000.parquet",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")
    assert clean(house) == {}  # young
    age(house.root / "store")
    listed = clean(house, dry=True)
    assert all(path.exists() for path in left)
    assert clean(house) == listed
    assert sorted(listed.values()) == [
        *["a process that was killed left it"] * 3,
        "it did not verify and was set aside",
        "it was never committed",
        "no committed output names this attempt",
    ]
    assert not any(path.exists() for path in left)
    assert_kept(run)


def test_only_the_old_one_of_two_attempts_is_removed(house, collection):
    run = house.counted("r", source=collection, batch_size=7)
    (run.folder() / "manifest.json").unlink()
    age(run.folder())
    young = run.folder() / "attempts" / "try2-running" / "part-00000.parquet"
    young.parent.mkdir()
    young.write_bytes(b"half")
    assert set(clean(house)) == {f"batches/{run.folder().name}/attempts/try1-here"}
    assert young.exists()


def test_a_manifest_set_aside_is_kept_as_long_as_its_batch_is_young(house, collection):
    run = house.counted("r", source=collection, batch_size=7)
    (run.folder() / "manifest.json").rename(run.folder() / garbage.DAMAGED)
    age(run.folder())
    os.utime(run.folder())  # as renaming does
    assert f"batches/{run.folder().name}/{garbage.DAMAGED}" not in clean(house)


def test_attempts_beside_a_manifest_that_cannot_be_read_stay(house, collection):
    run = house.counted("r", source=collection, batch_size=7)
    (run.folder() / "manifest.json").write_text("{")
    age(run.folder())
    assert clean(house) == {}


def test_the_shards_that_a_kept_run_reads_stay_whatever_code_made_them(house, collection, monkeypatch):
    house.counted("r", source=f"{house.data}/b.fasta.gz", batch_size=7)
    monkeypatch.setattr("opengenome.io.package.counting_digest", lambda: "that of later code")
    age(house.root / "store" / "ingest")
    assert clean(house) == {}


def test_nothing_outside_the_store_is_touched_and_no_link_is_followed(house, collection):
    house.counted("r", source=collection, batch_size=7)
    outside = house.root / "outside" / "attempts" / "try1-x"
    outside.mkdir(parents=True)
    (outside / "part-00000.parquet").write_bytes(b"mine")
    (house.root / "outside" / ".x.0123abcd.tmp").write_bytes(b"mine")
    store = house.root / "store"
    shutil.move(store / "ingest", house.root / "elsewhere")
    (store / "ingest").symlink_to(house.root / "elsewhere")
    (store / "batches" / ("0" * 32)).symlink_to(house.root / "outside")
    (store / "batches" / ("1" * 32)).mkdir()
    (store / "batches" / ("1" * 32) / "attempts").symlink_to(house.root / "outside")
    (store / "batches" / ".x.0123abcd.tmp").symlink_to(house.root / "outside")
    for folder in (store / "mine", store / "batches" / "mine"):
        folder.mkdir()
        (folder / "notes.txt").write_text("not ours")
    for folder in ("store", "outside", "elsewhere"):
        age(house.root / folder)
    before = contents(house.root / "outside") | contents(house.root / "elsewhere")
    before |= {*store.rglob("notes.txt"), store / "batches" / ".x.0123abcd.tmp"}
    why = clean(house)
    assert f"batches/{'1' * 32}" in why
    assert f"batches/{'0' * 32}" not in why
    assert all(path.exists() for path in before)


def test_a_batch_that_comes_into_use_while_it_is_removed_is_put_back(house, collection, monkeypatch):
    old = house.counted("old", source=collection, batch_size=7)
    age(house.root / "store")
    beside = garbage.temporary_beside

    def planned_now(path: Path) -> Path:
        if path in folders(old) and not (house.root / "store" / "runs" / "new").exists():
            groups = house.discover("new", source=collection, batch_size=7)
            inputs.plan("new", [inputs.ingest_files("new", group) for group in groups])
        return beside(path)

    monkeypatch.setattr(garbage, "temporary_beside", planned_now)
    assert clean(house) == {"runs/old": "its run is not published"}
    assert old.is_whole()


def test_a_run_that_is_retried_while_it_is_removed_is_put_back(house, collection, monkeypatch):
    run = house.counted("r", source=collection, batch_size=7)
    age(house.root / "store")
    beside = garbage.temporary_beside

    def retried_now(path: Path) -> Path:
        run.run.touch()
        return beside(path)

    monkeypatch.setattr(garbage, "temporary_beside", retried_now)
    assert clean(house) == {}
    assert_kept(run)


def test_a_run_that_ingests_for_longer_than_the_age_keeps_its_ingested_files(house, collection):
    first, second = house.discover("r", source=collection)
    inputs.ingest_files("r", first)
    age(house.root / "store")
    inputs.ingest_files("r", second)
    assert clean(house) == {}


@pytest.mark.parametrize("damage", ["{", '{"batches": [{}]}', "[]"])
def test_a_kept_run_that_cannot_be_read_stops_the_cleaning_before_any_output(house, collection, damage):
    run = house.counted("r", source=collection, batch_size=7)
    shutil.rmtree(run.run.folder)
    provenance = house.results / "x" / "provenance.json"
    provenance.parent.mkdir(parents=True)
    provenance.write_text(damage)
    age(house.root / "store")
    before = contents(house.root / "store")
    with pytest.raises(ContractError, match=r"provenance\.json"):
        clean(house)
    assert contents(house.root / "store") == before


def test_two_cleanings_cannot_run_at_the_same_time(house, collection):
    house.counted("r", source=collection, batch_size=7)
    folder = os.open(house.root / "store", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.raises(EngineError, match="Another `clean`"):
            clean(house)
    finally:
        os.close(folder)


RUN = st.fixed_dictionaries(
    {
        "files": st.sampled_from(["a.fasta", "b.fasta.gz", "*"]),
        "batch_size": st.sampled_from([5, 7, 24]),
        "frame": st.sampled_from([0, 1]),
        "published": st.booleans(),
        "days": st.sampled_from([0.0, 3.0, 30.0]),
        "folder": st.booleans(),
    }
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(RUN, min_size=1, max_size=4))
def test_after_any_cleaning_only_kept_runs_are_left_and_all_of_them_still_verify(house, collection, runs):
    for folder in ("store", "results"):
        shutil.rmtree(house.root / folder, ignore_errors=True)
    done = []
    for number, wanted in enumerate(runs):
        asked = {"source": f"{house.data}/{wanted['files']}", "require_all_codons": "never"}
        asked |= {"batch_size": wanted["batch_size"], "frame": wanted["frame"]}
        run = (house.proven if wanted["published"] else house.counted)(f"r{number}", **asked)
        run.aggregate()
        done.append(run)
    age(house.root / "store")
    for run, wanted in zip(done, runs, strict=True):
        os.utime(run.run.folder, 2 * (time.time() - wanted["days"] * DAY,))  # not its parts: other runs may share them
        if not wanted["folder"] and wanted["published"]:
            shutil.rmtree(run.run.folder)
    listed = clean(house, dry=True)
    assert clean(house) == listed
    assert clean(house) == {}
    kept = [run for run, wanted in zip(done, runs, strict=True) if wanted["published"] or wanted["days"] < 7]
    for run in kept:
        assert run.is_whole()
        if run.run.folder.exists():
            results.validate(run.run_id)
    store = house.root / "store"
    assert set((store / "batches").iterdir()) == {folder for run in kept for folder in folders(run)}
    named = [file for run in kept for file in provenance_inputs(house, run)]
    assert len(list((store / "ingest").iterdir())) == len(set(named))


def folders(run):
    return {Path(planned["output"]) for planned in run.planned}


def provenance_inputs(house, run):
    report = run.run.report if run.run.folder.exists() else house.results / run.run_id
    return [file["path"] for file in json.loads((report / "provenance.json").read_text())["inputs"]]


def assert_kept(run):
    """The run can be proven from disk, and all its batches would be reused."""
    run.aggregate()
    results.validate(run.run_id)
    assert run.is_whole()
