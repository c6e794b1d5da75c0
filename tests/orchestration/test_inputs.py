"""discover, ingest and plan: what is found, what is refused and with which sentence, and what travels on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from opengenome.core.model import SourceFile
from opengenome.errors import ContractError, InputError, NothingToDo, PlanError, UsageError
from opengenome.io.schemas import read_batch_spec
from opengenome.orchestration import inputs
from opengenome.orchestration.runs import Run


def ingest(run_id, groups):
    return [inputs.ingest_files(run_id, group) for group in groups]


def test_a_bad_parameter_stops_the_first_task_and_leaves_no_file(house, write, records):
    write(house.data / "a.fasta", records(2))
    with pytest.raises(UsageError, match="frame is 3"):
        house.discover("r", source=str(house.data), frame=3)
    with pytest.raises(UsageError, match="Unknown parameter 'typo'"):
        house.discover("r", source=str(house.data), typo=1)
    assert not (house.root / "store").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing.fasta", "no such file"), ("nothing/*.fasta", "no such file"), ("empty", "holds no FASTA or Parquet")],
)
def test_a_source_with_nothing_in_it_is_an_input_error_that_names_it(house, name, said):
    (house.data / "empty").mkdir()
    with pytest.raises(InputError, match=said) as caught:
        house.discover("r", source=str(house.data / name))
    assert name in str(caught.value)


def test_a_manual_run_fails_where_the_landing_folder_is_empty(house):
    with pytest.raises(InputError):
        house.discover("r")


@pytest.mark.parametrize("present", ["no folder", "empty folder", "other files"])
def test_a_scheduled_run_with_nothing_there_is_skipped(house, present):
    landing = house.root / "landing"
    if present != "no folder":
        landing.mkdir()
    if present == "other files":
        (landing / "notes.txt").write_text("hello")
        (landing / "_arriving.fasta").write_text(">a\nAC")
    with pytest.raises(NothingToDo, match="Nothing to count") as caught:
        house.discover("r", scheduled=True)
    assert str(landing) in str(caught.value)


def test_a_scheduled_run_takes_what_landed(house, write, records):
    path = write(house.root / "landing" / "day" / "a.fasta.gz", records(3))
    [group] = house.discover("r", scheduled=True)
    assert group["label"].startswith("a.fasta.gz · ")
    assert [file.path for file in Run.of("r").inputs().files] == [str(path)]


def test_a_scheduled_run_fails_on_a_landed_file_that_is_bad(house):
    (house.root / "landing").mkdir()
    (house.root / "landing" / "a.fasta").write_text("")
    with pytest.raises(InputError, match="empty"):
        house.discover("r", scheduled=True)


def test_a_link_in_the_landing_folder_to_an_allowed_place_is_input(house, write, records):
    path = write(house.data / "a.fasta", records(3))
    (house.root / "landing").mkdir()
    (house.root / "landing" / "linked.fasta").symlink_to(path)
    house.discover("r", scheduled=True)
    assert [file.path for file in Run.of("r").inputs().files] == [str(path)]


@pytest.mark.parametrize("way", ["path", "link", "dots"])
def test_a_source_outside_the_allowed_folders_is_refused_however_it_is_named(house, write, records, way):
    outside = write(house.root / "private" / "a.fasta", records(2))
    (house.data / "link.fasta").symlink_to(outside)
    source = {
        "path": outside,
        "link": house.data / "link.fasta",
        "dots": f"{house.data}/../private/a.fasta",
    }[way]
    with pytest.raises(UsageError, match="outside the folders that inputs may come from") as caught:
        house.discover("r", source=str(source))
    assert str(house.data) in str(caught.value)


def test_files_of_the_store_and_the_results_are_never_input(house, write, records, monkeypatch):
    monkeypatch.setenv("OPENGENOME_SOURCE_ROOTS", str(house.root))
    write(house.data / "a.fasta.gz", records(70))
    house.proven("first", source=str(house.data))
    assert list((house.root / "store").rglob("*.parquet"))
    house.discover("second", source=str(house.root))
    assert [file.path for file in Run.of("second").inputs().files] == [str(house.data / "a.fasta.gz")]
    with pytest.raises(InputError, match="Only files of the store"):
        house.discover("third", source=str(house.results))


def test_several_sources_are_taken_once_each(house, write, records):
    for name in ("a.fasta", "b.fa", "c.parquet"):
        write(house.data / name, records(2))
    house.discover("r", source=f"{house.data}/*.fa\n{house.data}\n{house.data}/a.fasta\n")
    files: tuple[SourceFile, ...] = Run.of("r").inputs().files
    assert sorted(file.format for file in files) == ["fasta", "fasta", "parquet"]
    assert len({file.path for file in files}) == 3


@pytest.mark.parametrize(("files", "tasks"), [(1, 1), (2, 2), (32, 32), (33, 32), (70, 32)])
def test_past_32_files_neighbours_share_a_task_and_none_is_lost(house, write, records, files, tasks):
    for number in range(files):
        write(house.data / f"{number:03d}.fasta", records(1, seed=number))
    groups = house.discover("r", source=str(house.data))
    assert len(groups) == tasks
    covered = [group["first"] + k for group in groups for k in range(group["count"])]
    assert covered == list(range(files))
    assert max(group["count"] for group in groups) - min(group["count"] for group in groups) <= 1
    assert ("more" in groups[-1]["label"]) == (groups[-1]["count"] > 1)
    assert all(len(json.dumps(group).encode()) < 1024 for group in groups)
    assert sum(done["files"] for done in ingest("r", groups)) == files


def test_ingest_says_what_it_measured_and_knows_a_file_again(house, write, records):
    found = records(5)
    write(house.data / "a.fasta", found)
    expected = {"files": 1, "known": 0, "sequences": 5, "bases": sum(len(sequence) for _, sequence in found)}
    assert ingest("r", house.discover("r", source=str(house.data))) == [expected]
    assert ingest("s", house.discover("s", source=str(house.data))) == [expected | {"known": 1}]


def test_bad_input_fails_ingest_and_leaves_nothing_of_it(house):
    (house.data / "p.fasta").write_text(">protein\nMKVLEEF*\n")
    groups = house.discover("r", source=str(house.data))
    with pytest.raises(InputError) as caught:
        ingest("r", groups)
    assert not caught.value.retryable
    assert {"p.fasta", "protein", "line 2"} <= set(re.findall(r"p\.fasta|protein|line 2", str(caught.value)))
    assert list((house.root / "store" / "ingest").iterdir()) == []


def planned(house, run_id="r", **asked):
    ingest(run_id, house.discover(run_id, **asked))
    return inputs.plan(run_id)


def test_labels_say_which_batch_of_how_many_and_how_much(house, write):
    write(house.data / "a.fasta", [(f"s{n}", "ACGTA" * 20_000) for n in range(7)])
    labels = [batch["label"] for batch in planned(house, source=str(house.data), batch_size=3)]
    assert labels[0] == "batch 1/3 · 3 sequences · 0.3 Mnt"
    assert labels[2].startswith("batch 3/3 · 1 sequence")


def test_labels_group_thousands(house, write, records):
    write(house.data / "a.fasta", [(f"s{n}", "ACG" * 7) for n in range(12_000)])
    labels = [batch["label"] for batch in planned(house, source=str(house.data))]
    assert [re.sub(r" · [\d.,]+ M?nt", "", label) for label in labels] == [
        "batch 1/3 · 5,000 sequences",
        "batch 2/3 · 5,000 sequences",
        "batch 3/3 · 2,000 sequences",
    ]


def test_mapped_values_are_small_and_name_files_that_are_there(house, write, records):
    write(house.data / ("x" * 200 + ".fasta"), records(40))
    for batch in planned(house, run_id="manual__2026-01-01T00:00:00+00:00_" + "y" * 80, source=str(house.data)):
        assert len(json.dumps(batch).encode()) < 1024
        assert read_batch_spec(Path(batch["spec"])).batch.key == batch["key"]


def test_the_same_input_gives_the_same_batches_in_another_run(house, write, records):
    write(house.data / "a.fasta", records(40))
    keys = [[batch["key"] for batch in planned(house, run, source=str(house.data), batch_size=7)] for run in "rs"]
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 6


def test_too_many_batches_names_a_batch_size_that_fits(house, write):
    write(house.data / "a.fasta", [(f"s{n}", "ACG") for n in range(1100)])
    groups = house.discover("r", source=str(house.data), batch_size=1)
    ingest("r", groups)
    with pytest.raises(PlanError, match="1,100 sequences with 3,300 bases need more than 1,000 batches") as caught:
        inputs.plan("r")
    named = int(re.search(r"Set batch_size to ([\d,]+) or more", str(caught.value))[1].replace(",", ""))
    assert not Run.of("r").plan_file.exists()
    assert len(planned(house, "s", source=str(house.data), batch_size=named)) <= 1000
    with pytest.raises(PlanError):
        planned(house, "t", source=str(house.data), batch_size=named - 1)


def test_a_file_that_changed_after_discovery_stops_the_plan(house, write, records):
    path = write(house.data / "a.fasta", records(4))
    ingest("r", house.discover("r", source=str(house.data)))
    path.write_bytes(path.read_bytes().replace(b"A", b"C", 1))
    with pytest.raises(InputError, match=r"changed after it was discovered.*Start a new run"):
        inputs.plan("r")


def test_a_file_that_was_not_ingested_stops_the_plan(house, write, records):
    write(house.data / "a.fasta", records(4))
    house.discover("r", source=str(house.data))
    with pytest.raises(ContractError, match=r"not ingested.*Clear its ingest task"):
        inputs.plan("r")


def test_duplicate_ids_are_counted_and_reported(house, write, records, capsys):
    write(house.data / "a.fasta", [("same", "ACGACG"), ("other", "ACG"), ("same", "TTT")])
    assert planned(house, source=str(house.data))[0]["sequences"] == 3
    assert Run.of("r").plan().duplicate_ids == {"ids": 1, "records": 2, "examples": [[1, 3]]}
    assert "1 identifiers stand more than once" in capsys.readouterr().out
