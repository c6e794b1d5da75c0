"""Files that only some runs have are proven, published and removed with the others."""

# ruff: noqa: F811  (lower_layer is a fixture)
from __future__ import annotations

import errno
import multiprocessing
import os
import random
import shutil
import signal
import time

import pytest

from opengenome.core.atomic import is_temporary
from opengenome.errors import ContractError, LawError
from opengenome.flow import PER_SEQUENCE, per_sequence_part
from opengenome.io import exchange, published, tables
from opengenome.io.store import sha256_of
from opengenome.orchestration import results
from opengenome.orchestration.garbage import Cleaning, size
from opengenome.orchestration.past import past_runs
from tests.orchestration.annotated_runs import some_cds
from tests.orchestration.test_store_places import lower_layer  # noqa: F401
from tests.published import DROPPED, EVERY, FURTHER, PARTS, PROVEN, contents

fork = multiprocessing.get_context("fork")
PART = per_sequence_part(1)


@pytest.fixture
def run(house, write):
    """The run `r`, which has such files, up to its counted batches."""
    write(house.data / "a.fasta", [*((row.seq_id, row.letters) for row in some_cds(4 * PARTS)), ("p", "ATGTAAATGTAA")])
    how = {"mode": "cds", "group_by": "file", "batch_size": 4, "require_all_codons": "never"}
    return house.counted("r", source=str(house.data), ordination=True, codon_pairs=True, **how)


@pytest.fixture
def further(house, run):
    """The run `r`, published."""
    reported = results.report("r", results.validate("r", run.aggregate())["sha256"])
    results.publish("r", reported["validation"], reported["views"])
    return run


@pytest.fixture
def aggregate_without(run, monkeypatch):
    """Aggregates the run as if it had none of these files."""

    def aggregate():
        monkeypatch.setattr(results, "_join", lambda *_: None)
        monkeypatch.setattr(results, "coding_sequences", lambda *_: None)
        return run.aggregate()

    return aggregate


def test_they_are_proven_and_published(house, further):
    assert set(contents(house.latest)) == set(EVERY)
    proof = published.verify(house.latest)
    assert set(proof.files) | {tables.VALIDATION} == set(EVERY)
    assert past_runs(further.run.store, [house.results])["r"].proven


@pytest.mark.parametrize("name", FURTHER)
@pytest.mark.parametrize("how", ["changed", "gone", "not listed"])
def test_what_aggregate_did_not_write_so_is_not_proven(run, name, how):
    done = run.aggregate()
    path = run.run.report / name
    if how == "changed":
        path.write_bytes(path.read_bytes()[:-1])
    elif how == "gone":
        path.unlink()
    else:
        del done["files"][name]
    with pytest.raises((LawError, ContractError), match=f"{name} (is not the file that aggregate wrote|cannot be)"):
        results.validate("r", done)
    with pytest.raises(
        (LawError, ContractError), match=r"validation\.json (says that validation failed|cannot be read)"
    ):
        results.publish("r")


@pytest.mark.parametrize("name", ["../plan.json", "x.csv", "per_sequence/x.parquet", "/etc/hostname"])
def test_no_other_file_is_ever_proven(run, name):
    done = run.aggregate()
    done["files"][name] = sha256_of(run.run.report / name) if (run.run.report / name).exists() else "0"
    with pytest.raises(LawError, match=f"{name} is not the file that aggregate wrote"):
        results.validate("r", done)


def test_a_table_by_sequence_with_a_part_missing_is_not_proven(run):
    done = run.aggregate()
    (run.run.report / PART).unlink()
    del done["files"][PART]
    with pytest.raises(LawError, match=f"law 5 sequences: batch 2: {PART}: A table cannot be read"):
        results.validate("r", done)


def test_aggregating_again_removes_them_and_leaves_the_published_ones(house, further, aggregate_without):
    before = contents(house.latest)
    assert (house.latest / PART).samefile(further.run.report / PART)
    aggregate_without()
    assert not [name for name in FURTHER if (further.run.report / name).exists()]
    assert contents(house.latest) == before


def test_a_run_without_them_that_is_published_again_has_none(house, further, aggregate_without):
    results.publish("r", results.validate("r", aggregate_without())["sha256"])
    assert set(contents(house.latest)) == set(tables.PUBLISHED)
    assert not (house.latest / PER_SEQUENCE).exists()


def _publish_again_and_again():
    while True:
        results.publish("r")


@pytest.mark.parametrize("way", ["exchanged", "filled"])
def test_a_publication_killed_at_any_moment_leaves_all_of_them_proven_or_no_proof(house, further, monkeypatch, way):
    if way == "filled":
        (house.results / "r" / PER_SEQUENCE / ".mine").write_text("mine")
    chance, tries, proven = random.Random(7), 0, 0  # noqa: S311  (moments of a test)
    while tries < 20 or (not proven and tries < 200):  # on a busy machine, few publications end in time
        tries += 1
        victim = fork.Process(target=_publish_again_and_again)
        victim.start()
        time.sleep(0.02 + chance.random() / 10)
        os.kill(victim.pid, signal.SIGKILL)
        victim.join(10)
        faults = list(published.faults(house.latest))
        proven += not faults
        assert not faults or (way == "filled" and faults[0].where["file"].name == tables.VALIDATION)
    assert proven
    results.publish("r")
    published.verify(house.latest)
    names = {name for name in contents(house.results / "r") if not name.endswith(".mine")}
    assert names == set(EVERY)
    assert not [path for path in further.run.report.rglob("*") if is_temporary(path.name)]


def test_a_stranger_among_the_parts_stays_when_the_run_is_published_again(house, further, aggregate_without):
    (house.latest / PER_SEQUENCE / "mine.parquet").write_text("mine")
    results.publish("r", results.validate("r", aggregate_without())["sha256"])
    assert set(contents(house.latest)) == {*tables.PUBLISHED, f"{PER_SEQUENCE}/mine.parquet"}


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EBUSY])
def test_a_folder_that_cannot_be_renamed_is_filled_with_them_too(house, run, monkeypatch, number):
    def refused(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(exchange, "_exchange", refused)
    results.publish("r", results.validate("r", run.aggregate())["sha256"])
    assert set(contents(house.latest)) == set(PROVEN)
    published.verify(house.latest)
    assert (house.latest / PART).samefile(run.run.report / PART)


def test_on_an_overlay_they_are_published_again_and_removed(house, further, lower_layer, aggregate_without):
    lower_layer()
    results.publish("r", results.validate("r", further.aggregate())["sha256"])
    published.verify(house.latest)
    assert set(contents(house.latest)) == set(PROVEN)
    results.publish("r", results.validate("r", aggregate_without())["sha256"])
    published.verify(house.latest)
    assert set(contents(house.latest)) == set(tables.PUBLISHED)


def test_results_on_another_disk_get_copies(run, small_disk, monkeypatch):
    monkeypatch.setenv("OPENGENOME_RESULTS", str(small_disk / "results"))
    results.publish("r", results.validate("r", run.aggregate())["sha256"])
    published.verify(small_disk / "results" / "r")
    assert not (small_disk / "results" / "r" / PART).samefile(run.run.report / PART)


def test_a_part_that_was_edited_in_the_results_is_found_and_made_again_by_a_retry(house, further):
    """It is the run's own copy too, so publishing alone refuses it."""
    path = house.latest / PART
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(b"edited")
    with pytest.raises(ContractError, match=f"{PART} is not the file that was proven"):
        published.verify(house.latest)
    with pytest.raises(ContractError, match=f"{PART} is not the file that was proven"):
        results.publish("r")
    results.publish("r", results.validate("r", further.aggregate())["sha256"])
    published.verify(house.latest)


def _bytes_held(folder):
    """The bytes of all files below a folder; those of a file with several links once."""
    stats = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum({status.st_ino: status.st_size for status in stats}.values())


def test_clean_keeps_a_published_run_with_them_and_counts_no_file_that_results_still_hold(house, further):
    store, later = further.run.store, time.time() + 1
    before = contents(house.root)
    assert list(Cleaning(store, house.results, later).garbage()) == []
    assert contents(house.root) == before
    whole = sum(len(content) for content in contents(further.run.folder).values())
    parts = sum((further.run.report / per_sequence_part(part)).stat().st_size for part in range(PARTS))
    assert size(further.run.folder) == whole - parts
    shutil.rmtree(house.results / "r")
    held = _bytes_held(store.root)
    freed = sum(one.bytes for one in Cleaning(store, house.results, later).garbage())
    assert freed == held - _bytes_held(store.root)
    assert not further.run.folder.exists()


def test_an_own_copy_of_a_run_in_the_place_of_a_pointer_becomes_a_pointer_again(house, further):
    house.latest.unlink()
    shutil.copytree(house.results / "r", house.latest)
    results.publish("r")
    assert house.latest.readlink().name == "r"
    assert (house.latest / DROPPED).exists()
