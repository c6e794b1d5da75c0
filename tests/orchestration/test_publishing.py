"""Publishing: a reader always finds a complete and proven run, and a pointer never moves back."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import time

import pytest

from opengenome.core.atomic import is_temporary
from opengenome.errors import EngineError, OpenGenomeError
from opengenome.io import published, tables
from opengenome.io.store import LATEST, LATEST_ADHOC, STORE_MARKER, run_slug
from opengenome.io.tables import PUBLISHED, REPORT
from opengenome.orchestration import publishing, results
from tests.published import contents

fork = multiprocessing.get_context("fork")


@pytest.fixture
def run(house, write, records):
    """A proven and published run `r`."""
    write(house.data / "a.fasta", records(12))
    return house.proven("r", source=str(house.data))


def _read(folder, until, found):
    reads = misses = 0
    while time.monotonic() < until:
        for name in PUBLISHED:
            reads += 1
            try:
                (folder / name).read_bytes()
            except FileNotFoundError:
                misses += 1
    found.put((reads, misses))


def test_a_reader_of_the_pointer_never_misses_a_file_while_the_run_is_published_again(house, run, capfd):
    found, until = fork.Queue(), time.monotonic() + 2
    readers = [fork.Process(target=_read, args=(house.latest, until, found)) for _ in range(2)]
    for reader in readers:
        reader.start()
    times = 0
    while time.monotonic() < until:
        results.publish("r")
        times += 1
    counted = [found.get(timeout=10) for _ in readers]
    for reader in readers:
        reader.join(10)
    assert times > 3
    assert sum(reads for reads, _ in counted) > 100
    assert sum(misses for _, misses in counted) == 0


def _publish_again_and_again():
    while True:
        results.publish("r")


def test_a_publication_killed_at_any_moment_leaves_a_proven_run_and_at_most_hidden_temporaries(house, run, capfd):
    chance = random.Random(7)  # noqa: S311  (moments of a test)
    for _ in range(30):
        victim = fork.Process(target=_publish_again_and_again)
        victim.start()
        time.sleep(0.02 + chance.random() / 10)
        os.kill(victim.pid, signal.SIGKILL)
        victim.join(10)
        published.verify(house.latest)
        names = {path.name for path in house.results.iterdir() if not is_temporary(path.name)}
        assert names == {"r", LATEST_ADHOC, publishing.RESULTS_MARKER}
    results.publish("r")  # nobody holds the lock
    published.verify(house.latest)


def test_publishing_again_that_fails_keeps_the_earlier_results(house, run, monkeypatch):
    def broken(*_):
        raise OSError(5, "Input/output error")

    before = contents(house.latest)
    monkeypatch.setattr("opengenome.io.exchange._exchange", broken)
    with pytest.raises(EngineError, match="Input/output"):
        results.publish("r")
    assert contents(house.latest) == before
    assert not [path for path in house.results.iterdir() if is_temporary(path.name)]


def publish_at(house, run_id, moment, **asked):
    """A run whose own time is `moment`, from its first task to its publication."""
    house.proven(run_id, run_after=moment, require_all_codons="never", **asked)


@pytest.fixture
def landing(house, write, records):
    write(house.root / "landing" / "a.fasta", records(9))
    write(house.data / "b.fasta", records(9))
    return house.results / LATEST


def test_runs_of_the_landing_folder_and_others_have_a_pointer_each(house, landing):
    publish_at(house, "daily", "2026-01-01T00:00:00+00:00")
    publish_at(house, "mine", "2026-01-02T00:00:00+00:00", source=f"{house.data}/b.fasta")
    assert landing.readlink().name == "daily"
    assert house.latest.readlink().name == "mine"
    provenance = tables.read_document(house.latest / tables.PROVENANCE)
    assert provenance["source"] == f"{house.data}/b.fasta"
    assert provenance["run_after"] == "2026-01-02T00:00:00+00:00"
    assert tables.read_document(landing / tables.PROVENANCE)["source"] == ""


def test_a_pointer_is_ordered_by_the_runs_own_times_and_not_by_their_publication(house, landing):
    publish_at(house, "second", "2026-01-02T00:00:00+00:00")
    publish_at(house, "first", "2026-01-01T12:00:00+00:00")  # a retry
    assert landing.readlink().name == "second"
    publish_at(house, "third", "2026-01-02T02:00:00+01:00")  # an hour later, in another time zone
    assert landing.readlink().name == "third"
    results.publish("second")
    assert landing.readlink().name == "third"


def test_without_a_time_of_its_own_a_run_is_as_old_as_its_start(house, landing):
    publish_at(house, "first", "2001-01-01T00:00:00+00:00")
    publish_at(house, "now", "")
    publish_at(house, "second", "2002-01-01T00:00:00+00:00")
    assert landing.readlink().name == "now"


@pytest.mark.parametrize("trouble", ["removed", "unreadable", "of the other kind", "no link"])
def test_a_pointer_that_names_no_run_of_its_kind_is_replaced(house, landing, trouble):
    publish_at(house, "late", "2026-01-02T00:00:00+00:00")
    publish_at(house, "mine", "2030-01-02T00:00:00+00:00", source=f"{house.data}/b.fasta")
    if trouble == "removed":
        shutil.rmtree(house.results / "late")
    elif trouble == "unreadable":
        path = house.results / "late" / tables.PROVENANCE
        path.write_text(path.read_text().replace("2026-01-02", "2099-01-02"))
    else:
        landing.unlink()
        if trouble == "no link":
            landing.write_text("")
        else:
            landing.symlink_to("mine")
    publish_at(house, "early", "2026-01-01T00:00:00+00:00")
    assert landing.readlink().name == "early"


@pytest.mark.parametrize("name", [LATEST, LATEST_ADHOC])
def test_no_run_is_published_under_the_name_of_a_pointer(name):
    assert run_slug(name).startswith(f"{name}-")


DAMAGES = {
    "flipped bit": lambda data, _: bytes([*data[:-20], data[-20] ^ 4, *data[-19:]]),
    "cut": lambda data, _: data[: len(data) // 2],
    "zeros": lambda data, _: bytes(len(data)),
    "gone": None,
    "another valid value": lambda data, other: other,
}


def damage(path, kind, other):
    if kind == "gone":
        path.unlink()
    else:
        path.write_bytes(DAMAGES[kind](path.read_bytes(), other.read_bytes()))


@pytest.fixture
def other(house, write, records):
    """Another run, proven and published."""
    write(house.data / "b.fasta", records(9, seed=8))
    return house.proven("other", source=f"{house.data}/b.fasta").run


CASES = [(name, kind, gap) for name in PUBLISHED for kind in DAMAGES for gap in ("validate", "publish")]
CASES += [("reports.json", kind, "validate") for kind in DAMAGES]


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_a_damaged_file_of_the_report_is_reported_once_and_never_published(house, run, other, case):
    """Damage before validate or between validate and publish, with and without digests passed between tasks."""
    name, kind, gap = case
    before = {path: path.read_bytes() for path in house.results.rglob("*.*") if path.is_file()}
    place = "report" if name in PUBLISHED else ""
    for with_digests in (True, False):
        aggregated = run.aggregate()
        proof = {} if name == tables.VALIDATION and gap == "validate" else results.validate("r")
        if gap == "validate":
            (run.run.report / tables.VALIDATION).write_bytes((other.report / tables.VALIDATION).read_bytes())
        damage(run.run.folder / place / name, kind, other.folder / place / name)
        if gap == "validate" and name == tables.VALIDATION:
            results.validate("r", aggregated)  # it is written again
            continue
        with pytest.raises(OpenGenomeError) as caught:
            if gap == "validate":
                results.validate("r", aggregated if with_digests else None)
            else:
                results.publish("r", proof["sha256"] if with_digests else None)
        assert not caught.value.retryable
        assert caught.value.advice
        assert "\n" not in str(caught.value)
        if gap == "validate":
            with pytest.raises(OpenGenomeError):
                results.publish("r")
        assert {path: path.read_bytes() for path in before} == before
    run.aggregate()
    results.publish("r", results.validate("r")["sha256"])
    assert (house.results / "r" / tables.CSV).read_bytes() == before[house.results / "r" / tables.CSV]


def test_the_complete_report_of_another_run_is_not_published_as_this_run(house, run, other):
    aggregated = run.aggregate()
    proof = results.validate("r", aggregated)
    for name in PUBLISHED:
        (run.run.report / name).write_bytes((other.report / name).read_bytes())
    with pytest.raises(OpenGenomeError, match="not the one that validate wrote"):
        results.publish("r", proof["sha256"])
    with pytest.raises(OpenGenomeError, match="belongs to another run"):
        results.publish("r")


@pytest.mark.parametrize("name", REPORT)
def test_a_file_that_is_not_the_one_that_aggregate_wrote_is_a_broken_law(run, name):
    aggregated = run.aggregate()
    aggregated["files"][name] = "0" * 64
    with pytest.raises(OpenGenomeError, match=f"law 6 report: {name} is not the file that aggregate wrote"):
        results.validate("r", aggregated)


@pytest.mark.parametrize(
    ("name", "edit", "said"),
    [
        (tables.SUMMARY, lambda one: one.update(gc=0.5), r"summary\.json: gc is 0\.5, recomputed it is 0\.\d+"),
        (tables.SUMMARY, lambda one: one["enc"].pop("sun_2013"), r"summary\.json: enc\.sun_2013 is missing"),
        (tables.SUMMARY, lambda one: one.update(note=1), r"summary\.json: note is not expected there"),
        (tables.SUMMARY, lambda one: one["duplicate_ids"].update(ids=1), r"duplicate_ids\.ids is 1, .* 0"),
        (tables.PROVENANCE, lambda one: one.update(run="x"), r"provenance\.json: run is 'x', recomputed it is 'r'"),
        (tables.PROVENANCE, lambda one: one["parameters"].update(frame=2), r"parameters\.frame is 2, .* 0"),
        (tables.PROVENANCE, lambda one: one["inputs"][0].update(size=1), r"inputs\.0\.size is 1"),
        (tables.PROVENANCE, lambda one: one["batches"][0].update(key="0" * 32), r"batches\.0\.key is '0+'"),
        (tables.PROVENANCE, lambda one: one["batches"][0].update(bases=1), r"batches\.0\.bases is 1"),
        (tables.PROVENANCE, lambda one: one["batches"].clear(), r"batches is \[\]"),
    ],
)
def test_a_value_of_the_report_that_does_not_follow_from_the_batches_breaks_a_law_even_with_a_seal(
    run, name, edit, said
):
    run.aggregate()
    document = tables.read_document(run.run.report / name)
    edit(document)
    tables.write_document(run.run.report / name, document)
    with pytest.raises(OpenGenomeError, match=f"law 6 report.*{said}"):
        results.validate("r")


def test_a_measure_of_the_table_that_its_counts_do_not_give_breaks_a_law(run):
    """Two fractions and two RSCU that compensate each other pass every sum."""
    run.aggregate()
    columns = tables.read_codon_table(run.run.report)
    for name in ("fraction", "rscu"):
        first, second = (columns["codon"].index(codon) for codon in ("AAA", "AAG"))
        columns[name][first], columns[name][second] = columns[name][second], columns[name][first]
    tables.write_codon_table(run.run.report, columns)
    with pytest.raises(OpenGenomeError, match=r"law 6 report: .*the codon table: AAA\.fraction is") as caught:
        results.validate("r")
    assert str(caught.value).count("law ") == 1


def test_a_failed_validation_removes_the_proof_of_an_earlier_one(run):
    (run.run.report / tables.SUMMARY).write_text("{")
    with pytest.raises(OpenGenomeError):
        results.validate("r")
    with pytest.raises(OpenGenomeError, match=r"validation\.json cannot be read"):
        results.publish("r")


def test_a_store_is_marked_and_remembers_where_its_runs_were_published(house, run, monkeypatch):
    assert json.loads((house.root / "store" / STORE_MARKER).read_text())["store"] == "opengenome"
    assert list(publishing.published_folders(run.run.store)) == [house.results]
    monkeypatch.setenv("OPENGENOME_RESULTS", str(house.root / "elsewhere"))
    results.publish("r")
    results.publish("r")
    assert set(publishing.published_folders(run.run.store)) == {house.results, house.root / "elsewhere"}
