"""A full, read-only or forbidden disk and a missing or changed input give one sentence, and nothing is lost.

Real file systems (a tmpfs of 1 MB) and real permissions (the effective user); where root is needed and missing, a skip.
"""

# ruff: noqa: F811  (house is a fixture)
from __future__ import annotations

import contextlib
import gc
import gzip
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from opengenome.core.atomic import is_temporary
from opengenome.errors import Again, InputError, OpenGenomeError, StorageError
from opengenome.flow import PER_SEQUENCE, PIPELINE_INFO, REPORT_PAGE, VIEWS
from opengenome.io.batches import is_committed
from opengenome.io.entries import MANIFEST
from opengenome.io.schemas import read_ingest_manifest
from opengenome.orchestration import committed, inputs, results
from opengenome.orchestration.runs import Run
from tests.orchestration.conftest import count_here, house, some_records, write_input  # noqa: F401

_NOBODY = 65534
_PAGE = 4096


class Steps:
    """A run, task by task, after an earlier one (`before`) that is proven and published."""

    NAMES = ("discover", "ingest", "plan", "count", "aggregate", "validate", "report", "publish")

    def __init__(self, house):
        self.house = house
        write_input(house.data / "before.fasta", some_records(12))
        self.before = house.proven("before", source=str(house.data / "before.fasta"), batch_size=6)
        # It compresses to a hundredth: it passes the check for free space, but its shard does not fit.
        letters = "".join(letters for _, letters in some_records(20, seed=8))
        self.input = house.data / "new.fasta.gz"
        self.input.write_bytes(gzip.compress(b"".join(b">n%d\n%s\n" % (k, letters.encode()) for k in range(60))))
        self.reports = []

    def upto(self, step):
        """Run every task before this one."""
        for name in self.NAMES[: self.NAMES.index(step)]:
            self.do(name)

    def do(self, step):
        getattr(self, step)()

    def discover(self):
        self.groups = self.house.discover("new", source=str(self.input), batch_size=20)

    def ingest(self):
        self.ingested = [inputs.ingest_files("new", group) for group in self.groups]

    def plan(self):
        self.planned = inputs.plan("new", self.ingested)

    def count(self):
        self.reports = []
        for planned in self.planned:
            reused, _ = committed.reusable(planned)
            if not reused:
                count_here(planned)
            self.reports.append(committed.outcome(planned, reused=reused))

    def aggregate(self):
        self.aggregated = results.aggregate("new", self.reports)

    def validate(self):
        self.validated = results.validate("new", self.aggregated)

    def report(self):
        self.reported = results.report("new", self.validated["sha256"])

    def publish(self):
        results.publish("new", self.reported["validation"], self.reported["views"])

    def check(self):
        """Check what must hold at any time: no half-written file, every commit verifies, `latest` is complete."""
        store = Run.of("new").store
        roots = (store.root, self.house.results)
        assert [path for root in roots for path in root.rglob("*") if is_temporary(path.name)] == []
        assert all(read_ingest_manifest(folder / MANIFEST) for folder in store.root.glob("ingest/*"))
        for planned in [*self.before.planned, *getattr(self, "planned", [])]:
            if is_committed(Path(planned["output"])):
                reused, why = committed.reusable(planned)
                assert reused, why
        assert all(committed.reusable(planned)[0] for planned in self.before.planned)
        views = {VIEWS, REPORT_PAGE, PIPELINE_INFO}
        assert {path.name for path in self.house.latest.iterdir()} == {*results.tables.PUBLISHED, PER_SEQUENCE, *views}

    def finish(self, step):
        """After the trouble, run the task again and all tasks after it, up to a published result."""
        for name in self.NAMES[self.NAMES.index(step) :]:
            self.do(name)
        assert self.house.latest.resolve().name == "new"
        self.check()


@pytest.fixture
def steps(house, small_disk, monkeypatch):
    for name in ("STORE", "RESULTS"):
        monkeypatch.setenv(f"OPENGENOME_{name}", str(small_disk / name.lower()))
    (small_disk / "results").mkdir()
    house.results.symlink_to(small_disk / "results")
    yield Steps(house)
    gc.collect()  # a caught error keeps files open, and so the disk busy


@contextlib.contextmanager
def full(disk: Path, left: int) -> Iterator[None]:
    """Fill the disk but for `left` pages."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(_PAGE))
        file.truncate(max(0, file.tell() - left * _PAGE))
    try:
        yield
    finally:
        filler.unlink()


WRITING = ("discover", "ingest", "plan", "count", "aggregate", "validate", "report", "publish")


@pytest.mark.parametrize("step", WRITING)
def test_a_disk_that_fills_up_at_any_page_is_reported_and_nothing_is_lost(steps, small_disk, step):
    steps.upto(step)
    told = 0
    for left in range(200):
        with full(small_disk, left):
            try:
                steps.do(step)
            except StorageError as error:
                told += 1
                said = str(error)
                assert str(small_disk) in said
                assert "no space is left" in said or "are free" in said
                assert "Free some space" in said
            else:
                break
            assert steps.house.latest.resolve().name == "before"
        steps.check()
    assert told
    steps.finish(step)


@contextlib.contextmanager
def read_only(disk: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)


@pytest.mark.parametrize("step", WRITING)
def test_a_read_only_disk_is_reported_and_nothing_is_lost(steps, small_disk, step):
    steps.upto(step)
    with read_only(small_disk):
        with pytest.raises(StorageError, match=r"Cannot write below .*read-only\. Point OPENGENOME_STORE or") as caught:
            steps.do(step)
        assert str(small_disk) in str(caught.value)
        assert not caught.value.retryable
        steps.check()  # committed batches are still read and reused
    steps.finish(step)


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Act as a user without rights. Modules that are imported later must be readable to that user."""
    os.setegid(_NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def open_to_all(path: Path) -> None:
    """Let others enter the folders above, because pytest's belong to root."""
    for folder in path.parents:
        if folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o055)


@pytest.mark.parametrize("step", WRITING)
def test_a_store_of_another_user_is_reported_and_nothing_is_lost(steps, small_disk, step):
    steps.upto(step)
    open_to_all(small_disk / "store")
    open_to_all(steps.input)
    with nobody(), pytest.raises(StorageError, match=r"Cannot write below .*permission was denied\. Give the user"):
        steps.do(step)
    steps.check()
    steps.finish(step)


@pytest.mark.parametrize("step", WRITING)
def test_a_store_that_cannot_even_be_listed_is_reported_and_nothing_is_lost(steps, small_disk, step):
    steps.upto(step)
    open_to_all(small_disk / "store")
    open_to_all(steps.input)
    for folder in (small_disk / "store", small_disk / "results"):
        folder.chmod(0o700)
    with nobody(), pytest.raises(OpenGenomeError) as caught:
        steps.do(step)
    said = str(caught.value)
    assert str(small_disk) in said
    assert "ermission" in said
    steps.check()
    steps.finish(step)


def test_an_unreadable_input_is_reported_by_discover(steps):
    open_to_all(steps.input)
    steps.input.chmod(0o600)
    with nobody(), pytest.raises(InputError, match=r"may not be read: permission denied \(file .*new\.fasta\.gz\)"):
        steps.discover()
    steps.check()


# --- inputs that disappear or change ---


def text_run(house):
    path = write_input(house.data / "a.fasta", some_records(12))
    return path, house.discover("r", source=str(path), batch_size=6)


def go(path: Path) -> None:
    path.unlink()


def change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    place = data.rindex(b"\n", 0, -1) + 5
    data[place] = ord("A") if data[place] != ord("A") else ord("C")
    path.write_bytes(data)


TROUBLES = {"goes": go, "changes": change}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_input_that_goes_or_changes_before_ingest_or_plan(house, trouble):
    for ready in (False, True):
        path, groups = text_run(house)
        ingested = [inputs.ingest_files("r", groups[0])] if ready else []
        TROUBLES[trouble](path)
        said = r"is gone" if trouble == "goes" else r"changed after it was discovered"
        with pytest.raises(InputError, match=rf"{said} \(file .*a\.fasta\)\. A retry begins with `discover`") as caught:
            inputs.plan("r", ingested) if ready else inputs.ingest_files("r", groups[0])
        assert (caught.value.retryable, caught.value.again) == (False, Again.YES)
        kept = Run.of("r").store.root.glob("ingest/*")
        assert all(read_ingest_manifest(folder / MANIFEST) for folder in kept)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_input_that_goes_or_changes_after_the_plan_is_not_counted(house, trouble):
    path, groups = text_run(house)
    planned = inputs.plan("r", [inputs.ingest_files("r", groups[0])])
    TROUBLES[trouble](path)
    said = {
        "goes": r"The file is gone \(file .*a\.fasta\)\. Start a new run",
        "changes": r"changed after it was planned, between bytes [\d,]+ and [\d,]+ \(file .*a\.fasta\)\. Restore",
    }
    with pytest.raises(InputError, match=said[trouble]) as caught:
        count_here(planned[-1])  # the change is in its last record
    assert not caught.value.retryable
    folder = Path(planned[-1]["output"])
    assert not is_committed(folder)
    assert [found for found in folder.rglob("*") if found.is_file()] == []
    if trouble == "changes":  # an unchanged batch is counted
        count_here(planned[0])
        assert committed.reusable(planned[0])[0]
