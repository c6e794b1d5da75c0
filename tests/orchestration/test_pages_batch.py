"""What the page of a batch shows: its numbers, its machines, and the runs that share it."""

from __future__ import annotations

import platform

import pytest

from opengenome.core.model import Tally, rate, spark_seconds
from opengenome.errors import ContractError
from opengenome.io import batches
from opengenome.orchestration.pages import batch
from opengenome.orchestration.pages.batch import batch_view, batches_of
from opengenome.orchestration.runs import Run


@pytest.fixture
def counted(house, write, records):
    write(house.data / "a.fasta", records(12))
    return house.counted("r", source=str(house.data), batch_size=6)


def test_a_committed_batch_has_its_manifest_its_hosts_and_its_files(counted):
    view = batch_view(counted.run, 1)
    assert (view.number, view.of, view.planned.number) == (1, 2, 1)
    assert Tally.sum(view.manifest.by_chunk) == view.manifest.tally
    assert view.manifest.hosts == (platform.node(),)
    assert set(view.files) == {batches.MANIFEST, view.manifest.parts[0].name}
    for name in view.files:
        assert b"".join(view.open(name).blocks()) == (view.folder / name).read_bytes()
    assert '"hosts"' in view.raw
    assert view.rate == rate(view.manifest.ledger.bases, spark_seconds(view.manifest.timings))
    assert view.tries == 1
    (view.folder / "attempts" / "try2").mkdir()
    assert view.tries == 2
    assert view.open(batches.MANIFEST).name == f"{view.folder.name[:12]}-manifest.json"


def test_a_long_manifest_is_not_shown_but_can_be_downloaded(counted, monkeypatch):
    monkeypatch.setattr(batch, "_RAW", 10)
    view = batch_view(counted.run, 1)
    assert view.raw == ""
    assert batches.MANIFEST in view.files


def test_only_files_that_the_manifest_lists_can_be_opened(counted):
    view = batch_view(counted.run, 0)
    (view.folder / "other").write_text("secret")
    for name in ("other", "../../opengenome-store.json", "", "attempts"):
        with pytest.raises(ContractError, match="has no file"):
            view.open(name)


@pytest.mark.parametrize("number", [-1, 2, 10**30])
def test_a_batch_that_was_not_planned_has_nothing(counted, number):
    view = batch_view(counted.run, number)
    assert (view.planned, view.manifest, view.files) == (None, None, {})


def test_a_batch_names_the_other_runs_that_share_it(house, counted):
    assert batch_view(counted.run, 0).users == ()
    house.counted("manual__2026-01-01T00:00:00+00:00", source=str(house.data), batch_size=6)
    house.counted("with another frame", source=str(house.data), batch_size=6, frame=1)
    assert batch_view(counted.run, 0).users == ("manual__2026-01-01T00:00:00+00:00",)


def test_a_plan_that_cannot_be_read_shares_no_batch(counted):
    key = counted.run.plan().batches[0].key
    texts = {"empty": "", "nameless": f'{{"number": 0, "key": "{key}"}}', "torn": ' "run": "x\\",\n'}
    for name, text in texts.items():
        (counted.run.folder.parent / name).mkdir()
        (counted.run.folder.parent / name / "plan.json").write_text(text)
    (counted.run.folder.parent / "folder" / "plan.json").mkdir(parents=True)
    view = batch_view(counted.run, 0)
    assert (view.manifest is None, view.users) == (False, ())


def test_the_batches_of_a_run_say_which_are_committed(counted):
    (counted.run.store.batch(counted.run.plan().batches[1].key) / batches.MANIFEST).unlink()
    assert [(batch.number, committed) for batch, committed in batches_of(counted.run)] == [(0, True), (1, False)]
    assert batches_of(Run.of("unknown")) == ()
