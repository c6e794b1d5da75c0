"""`discover`: which files are found, which are refused with which sentence, and what its XCom holds."""

from __future__ import annotations

import bz2
import json
import lzma
import os
import re

import pytest
from backports import zstd

from opengenome.core.model import SourceFile
from opengenome.errors import InputError, NothingToDo, UsageError
from opengenome.io.paths import text_of
from opengenome.orchestration import discovery
from opengenome.orchestration.runs import Run


def test_a_bad_parameter_stops_the_first_task_and_leaves_no_file(house, write, records):
    write(house.data / "a.fasta", records(2))
    with pytest.raises(UsageError, match='"Frame" is 3'):
        house.discover("r", source=str(house.data), frame=3)
    with pytest.raises(UsageError, match="Unknown parameter 'typo'"):
        house.discover("r", source=str(house.data), typo=1)
    assert not (house.root / "store").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing.fasta", "no such file"), ("nothing/*.fasta", "no such file"), ("empty", "holds no FASTA")],
)
def test_an_empty_source_is_an_input_error_that_names_it(house, name, said):
    (house.data / "empty").mkdir()
    with pytest.raises(InputError, match=said) as caught:
        house.discover("r", source=str(house.data / name))
    assert name in str(caught.value)


@pytest.mark.parametrize("present", ["no folder", "empty folder", "other files"])
@pytest.mark.parametrize("kind", ["scheduled", "manual", "backfill"])
def test_a_run_of_an_empty_landing_folder_is_skipped(house, present, kind):
    landing = house.root / "landing"
    if present != "no folder":
        landing.mkdir()
    if present == "other files":
        (landing / "notes.txt").write_text("hello")
        (landing / ".arriving.fasta").write_text(">a\nAC")
    with pytest.raises(NothingToDo, match="Nothing to count") as caught:
        house.discover("r", kind=kind)
    assert str(caught.value).startswith(f"Nothing to count in {landing}.")
    assert ". ." not in f"{caught.value} "


def test_a_scheduled_run_counts_the_files_of_the_landing_folder(house, write, records):
    path = write(house.root / "landing" / "day" / "a.fasta.gz", records(3))
    [group] = house.discover("r", kind="scheduled")
    assert group["label"].startswith("a.fasta.gz · ")
    assert [file.path for file in Run.of("r").inputs().files] == [str(path)]


def test_a_scheduled_run_fails_on_a_landed_file_that_is_bad(house):
    (house.root / "landing").mkdir()
    (house.root / "landing" / "a.fasta").write_text("ID   X56734; SV 1;")
    with pytest.raises(InputError, match="EMBL"):
        house.discover("r", kind="scheduled")


def test_a_link_in_the_landing_folder_to_an_allowed_place_is_input(house, write, records):
    path = write(house.data / "a.fasta", records(3))
    (house.root / "landing").mkdir()
    (house.root / "landing" / "linked.fasta").symlink_to(path)
    house.discover("r", kind="scheduled")
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


def test_a_search_passes_over_the_store_and_results_but_a_file_named_there_is_counted(
    house, write, records, monkeypatch
):
    monkeypatch.setenv("OPENGENOME_SOURCE_ROOTS", str(house.root))
    write(house.data / "a.fasta.gz", records(70))
    house.proven("first", source=str(house.data))
    assert list((house.root / "store").rglob("*.parquet"))
    mine = write(house.results / "mine" / "genes.fa", records(3))
    house.discover("second", source=str(house.root))
    found = Run.of("second").inputs()
    assert [file.path for file in found.files] == [str(house.data / "a.fasta.gz"), str(mine)]
    over = {one.path: one.why for one in found.passed_over}
    assert over[str(house.root / "store")] == "a store of OpenGenome"
    assert over[str(house.results / "first" / "codon_usage.parquet")] == "a table of results"
    shard = next((house.root / "store").rglob("shard-*.fasta"))
    house.discover("third", source=f"{mine}\n{shard}")
    assert [file.path for file in Run.of("third").inputs().files] == [str(mine), str(shard)]
    with pytest.raises(InputError, match="This is a table of results"):
        house.discover("fourth", source=str(house.results / "first" / "codon_usage.parquet"))


def test_results_written_into_the_input_folder_are_not_counted(house, write, records, monkeypatch):
    monkeypatch.setenv("OPENGENOME_RESULTS", str(house.data))
    write(house.data / "a.fasta", records(12))
    house.proven("first", source=str(house.data))
    house.discover("second", source=str(house.data))
    assert Run.of("second").inputs().files == Run.of("first").inputs().files


def test_files_passed_over_are_logged_and_recorded(house, write, records, caplog):
    caplog.set_level("INFO")
    write(house.data / "a.fasta", records(2))
    for number in range(7):
        (house.data / f"{number}.log").write_text("text")
    house.discover("r", source=str(house.data))
    found = Run.of("r").inputs()
    summary = discovery.discovered("r")
    assert (summary["read"], summary["passed_over"], len(summary["examples"])) == (1, 7, 5)
    assert summary["examples"][0] == f"{house.data / '0.log'}: text"
    said = caplog.text
    assert "1 input file, " in said
    assert "7 passed over:" in said
    assert all(example in said for example in summary["examples"])
    assert "and 2 more" in said
    assert [one.why for one in found.passed_over] == ["text"] * 7


@pytest.mark.parametrize("sheet", [False, True])
def test_files_of_one_assembly_are_counted_in_mode_sequences_with_a_warning_everywhere(
    house, write, records, caplog, sheet
):
    caplog.set_level("INFO")
    for name in ("x.fna", "x.ffn"):
        write(house.data / name, records(5))
    (house.data / "sheet.csv").write_text("sample,fasta\na,x.fna\nb,x.ffn\n")
    source = str(house.data / "sheet.csv" if sheet else house.data)
    run = house.proven("r", source=source, mode="sequences", require_all_codons="never")
    assert "Mode sequences, which counts whole records: it was asked for" in caplog.messages
    assert sum(batch["sequences"] for batch in run.planned) == 10
    said = json.loads((house.latest / "validation.json").read_text())["warnings"][0]
    assert re.match(r"x\.f\w\w and x\.f\w\w are files of one assembly: mode sequences counts all records", said)
    assert discovery.discovered("r")["warnings"] == [said]
    assert caplog.messages.count(said) == 2  # discover and validate


def test_the_xcom_of_discover_is_small_whatever_the_names(house, write, records):
    write(house.data / "a.fasta", records(2))
    folder = house.data / ("x" * 250) / ("\u2028" * 80) / os.fsdecode(b"\xe9" * 250)
    folder.mkdir(parents=True)
    for number in range(9):
        (folder / f"{number}").write_text("text")
    house.discover("r", source=str(house.data))
    assert len(json.dumps(discovery.discovered("r")).encode()) < 2048


def test_a_backfill_is_refused_because_files_have_no_history(house, write, records):
    write(house.root / "landing" / "a.fasta", records(2))
    with pytest.raises(UsageError, match=r"files have no history.*Trigger a run instead"):
        house.discover("r", kind="backfill")
    assert not (house.root / "store").exists()


@pytest.mark.parametrize("name", [b"caf\xe9.fa", b"blank.fa ", b"\xe2\x80\xa8.fa", b"cr.fa\r", b"two\nlines.fa.gz"])
def test_a_file_of_any_name_is_counted_whether_found_or_named(house, write, records, name):
    found = records(6)
    odd = write(house.data / "odd" / os.fsdecode(name), found)
    totals = []
    for run, source in (("r", str(odd.parent)), ("s", text_of(odd))):
        counted = house.counted(run, source=source)
        totals.append(counted.aggregate())
        label = house.discover(f"{run}-again", source=source)[0]["label"]
        assert label.isprintable()
        label.encode()
    assert [totals[0][name] for name in ("bases", "codons")] == [totals[1][name] for name in ("bases", "codons")]
    assert counted.planned[0]["sequences"] == 6


@pytest.mark.parametrize("name", ["caf\udce9.parquet", "blank.parquet "])
def test_a_parquet_file_of_any_name_is_counted(house, write, records, name):
    path = write(house.data / "p.parquet", records(6))
    path.rename(house.data / name)
    assert house.counted("r", source=str(house.data)).planned[0]["sequences"] == 6


@pytest.mark.parametrize("suffix", [".bz2", ".xz", ".zst"])
def test_bzip2_xz_and_zstd_count_as_the_text_in_them(house, write, records, suffix):
    plain = write(house.data / "a.fasta", records(9))
    packs = {".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd.compress}
    (house.data / f"b.fasta{suffix}").write_bytes(packs[suffix](plain.read_bytes()))
    tables = [house.counted(f"r{name}", source=str(house.data / name)) for name in ("a.fasta", f"b.fasta{suffix}")]
    first, second = (counted.aggregate()["sequences"] for counted in tables)
    assert first == second == 9


def test_a_file_in_several_sources_is_counted_once(house, write, records):
    for name in ("a.fasta", "b.fa", "c.parquet"):
        write(house.data / name, records(2))
    house.discover("r", source=f"{house.data}/*.fa\n{house.data}\n{house.data}/a.fasta\n")
    files: tuple[SourceFile, ...] = Run.of("r").inputs().files
    assert sorted(file.format for file in files) == ["fasta", "fasta", "parquet"]
    assert len({file.path for file in files}) == 3
