"""discover, ingest and plan: what is found, what is refused and with which sentence, and what travels on."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import mmap
import os
import re
from pathlib import Path

import pytest
from backports import zstd

from opengenome.core import bundling
from opengenome.core.model import SourceFile
from opengenome.errors import ContractError, InputError, NothingToDo, PlanError, UsageError
from opengenome.io import sources
from opengenome.io.identity import FileSystems
from opengenome.io.paths import text_of
from opengenome.io.schemas import read_batch_spec
from opengenome.io.store import remove_folder
from opengenome.orchestration import discovery, inputs
from opengenome.orchestration.runs import Run


def ingest(run_id, groups):
    return [inputs.ingest_files(run_id, group) for group in groups]


def test_a_bad_parameter_stops_the_first_task_and_leaves_no_file(house, write, records):
    write(house.data / "a.fasta", records(2))
    with pytest.raises(UsageError, match='"Frame" is 3'):
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


@pytest.mark.parametrize("present", ["no folder", "empty folder", "other files"])
@pytest.mark.parametrize("kind", ["scheduled", "manual", "backfill"])
def test_a_run_of_the_landing_folder_with_nothing_there_is_skipped(house, present, kind):
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


def test_a_scheduled_run_takes_what_landed(house, write, records):
    path = write(house.root / "landing" / "day" / "a.fasta.gz", records(3))
    [group] = house.discover("r", kind="scheduled")
    assert group["label"].startswith("a.fasta.gz · ")
    assert [file.path for file in Run.of("r").inputs().files] == [str(path)]


def test_a_scheduled_run_fails_on_a_landed_file_that_is_bad(house):
    (house.root / "landing").mkdir()
    (house.root / "landing" / "a.fasta").write_text("LOCUS       X1")
    with pytest.raises(InputError, match="GenBank"):
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


def test_a_search_passes_over_the_store_and_our_results_and_a_named_file_there_is_counted(
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


def test_results_written_into_the_input_folder_change_nothing(house, write, records, monkeypatch):
    monkeypatch.setenv("OPENGENOME_RESULTS", str(house.data))
    write(house.data / "a.fasta", records(12))
    house.proven("first", source=str(house.data))
    house.discover("second", source=str(house.data))
    assert Run.of("second").inputs().files == Run.of("first").inputs().files


def test_what_is_passed_over_is_said_and_written_down(house, write, records, caplog):
    caplog.set_level("INFO")
    write(house.data / "a.fasta", records(2))
    for number in range(7):
        (house.data / f"{number}.log").write_text("text")
    house.discover("r", source=str(house.data))
    found = Run.of("r").inputs()
    told = discovery.discovered("r")
    assert (told["read"], told["passed_over"], len(told["examples"])) == (1, 7, 5)
    assert told["examples"][0] == f"{house.data / '0.log'}: text"
    said = caplog.text
    assert "1 input files" in said
    assert "7 passed over:" in said
    assert all(example in said for example in told["examples"])
    assert "and 2 more" in said
    assert [one.why for one in found.passed_over] == ["text"] * 7


def test_what_travels_of_the_discovery_is_small_whatever_the_names(house, write, records):
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
def test_a_file_of_any_name_is_counted_found_or_named(house, write, records, name):
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


def test_an_input_without_sequences_beside_others_counts_as_none(house, write, records):
    expected = [batch["key"] for batch in planned(house, "r", source=str(write(house.data / "m.fasta", records(9))))]
    for name in ("a.fasta", "z.parquet", "n.fa.gz"):
        write(house.data / name, [])
    assert [batch["key"] for batch in planned(house, "s", source=str(house.data), batch_size=9)] == expected
    assert len(Run.of("s").inputs().files) == 4


def test_inputs_that_hold_no_sequence_at_all_are_refused(house, write):
    for name in ("a.fasta", "z.parquet"):
        write(house.data / name, [])
    with pytest.raises(InputError, match="The 2 input files hold no sequence"):
        planned(house, source=str(house.data))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b">a\n", r"1 sequence and no base .*It holds header lines alone"),
        (b">a some gene\n\n>b\n", r"2 sequences and no base .*It holds header lines alone"),
        (b">a,ACGT\n>b,ACGG\n", "as in a table with '>' before each row"),
        (b'>"a"\t"ACGT"\n', "as in a table with '>' before each row"),
        (b">aACGTACGT\r\n>bACGTACGT\r\n", "is the line break after the identifier missing"),
        (b">a\n> >b\n> ACGT\n", "Was it quoted, as in a mail"),
    ],
)
def test_inputs_without_a_base_are_refused_with_the_likely_reason(house, write, text, why, pack):
    path = house.data / "b.fa"
    path.write_bytes(pack(text))
    write(house.data / "a.fasta", [])
    with pytest.raises(InputError, match=why) as caught:
        planned(house, source=str(house.data))
    assert str(caught.value).startswith("The 2 input files hold ")
    assert f"(file {path})" in str(caught.value)
    write(house.data / "c.fasta", [("c", "ACG")])
    beside_others = planned(house, "s", source=str(house.data))
    assert sum(batch["sequences"] for batch in beside_others) == 1 + text.count(b"\n>") + 1


def test_a_table_whose_sequences_are_all_empty_is_refused(house, write):
    write(house.data / "a.parquet", [("a", ""), ("b", "")])
    with pytest.raises(InputError, match=r"holds 2 sequences and no base .*Each value of its column sequence is empty"):
        planned(house, source=str(house.data))


@pytest.mark.parametrize("suffix", [".bz2", ".xz", ".zst"])
def test_bzip2_xz_and_zstd_count_as_the_text_in_them(house, write, records, suffix):
    plain = write(house.data / "a.fasta", records(9))
    packs = {".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd.compress}
    (house.data / f"b.fasta{suffix}").write_bytes(packs[suffix](plain.read_bytes()))
    tables = [house.counted(f"r{name}", source=str(house.data / name)) for name in ("a.fasta", f"b.fasta{suffix}")]
    first, second = (counted.aggregate()["sequences"] for counted in tables)
    assert first == second == 9


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
    path = write(house.data / "a.fasta", found)
    by_stat = "stat" if FileSystems().stat_is_proof(path, path.stat().st_ctime_ns) else "content"
    expected = {"files": 1, "known": 0, "sequences": 5, "bases": sum(len(sequence) for _, sequence in found)}
    for run, known, proof in (("r", 0, "read"), ("s", 1, by_stat), ("t", 1, "content")):
        groups = house.discover(run, source=str(house.data), verify_inputs="always" if run == "t" else "auto")
        more = {"known": known, "proofs": [proof], "inputs": groups[0]["inputs"]}
        assert ingest(run, groups) == [expected | more]


def test_bad_input_fails_ingest_and_leaves_nothing_of_it(house):
    (house.data / "p.fasta").write_text(">protein\nMKVLEEF*\n")
    groups = house.discover("r", source=str(house.data))
    with pytest.raises(InputError) as caught:
        ingest("r", groups)
    assert not caught.value.retryable
    assert {"p.fasta", "protein", "line 2"} <= set(re.findall(r"p\.fasta|protein|line 2", str(caught.value)))
    assert list((house.root / "store" / "ingest").iterdir()) == []


def planned(house, run_id="r", **asked):
    return inputs.plan(run_id, ingest(run_id, house.discover(run_id, **asked)))


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
    ingested = ingest("r", house.discover("r", source=str(house.data), batch_size=1))
    with pytest.raises(PlanError, match="1,100 sequences with 3,300 bases need more than 1,000 batches") as caught:
        inputs.plan("r", ingested)
    named = int(re.search(r'Set "Batch size" to ([\d,]+) or more', str(caught.value))[1].replace(",", ""))
    assert not Run.of("r").plan_file.exists()
    assert len(planned(house, "s", source=str(house.data), batch_size=named)) <= 1000
    with pytest.raises(PlanError):
        planned(house, "t", source=str(house.data), batch_size=named - 1)


def test_a_file_that_changed_after_discovery_stops_the_plan(house, write, records):
    path = write(house.data / "a.fasta", records(4))
    ingested = ingest("r", house.discover("r", source=str(house.data)))
    path.write_bytes(path.read_bytes().replace(b"A", b"C", 1))
    with pytest.raises(InputError, match=r"changed after it was discovered.*Start a new run"):
        inputs.plan("r", ingested)


def test_a_file_that_was_not_ingested_stops_the_plan(house, write, records):
    write(house.data / "a.fasta", records(4))
    ingested = ingest("r", house.discover("r", source=str(house.data)))
    remove_folder(next((house.root / "store" / "ingest").iterdir()))
    with pytest.raises(ContractError, match=r"not ingested.*Start a new run"):
        inputs.plan("r", ingested)


def test_duplicate_ids_are_counted_and_reported(house, write, records, caplog):
    caplog.set_level("INFO")
    write(house.data / "a.fasta", [("same", "ACGACG"), ("other", "ACG"), ("same", "TTT")])
    assert planned(house, source=str(house.data))[0]["sequences"] == 3
    assert Run.of("r").plan().duplicate_ids == {"ids": 1, "records": 2, "examples": [[1, 3]]}
    assert "1 identifiers stand more than once" in caplog.text


def test_small_files_are_ingested_together_and_count_as_if_each_were_alone(house, write, records, monkeypatch):
    for number in range(9):
        suffix = (".fasta", ".fa.gz", ".parquet")[number % 3]
        write(house.data / f"{number}{suffix}", records(number, seed=number) if number else [])
    write(house.data / "empty.fa", [])
    monkeypatch.setattr(bundling, "SMALL_BYTES", 1 << 20)
    together = house.counted("r", source=str(house.data), batch_size=7)
    [entry] = Run.of("r").inputs().entries
    assert entry.count == 10
    monkeypatch.setattr(bundling, "SMALL_BYTES", 0)
    alone = house.counted("s", source=str(house.data), batch_size=7)
    assert len(Run.of("s").inputs().entries) == 10
    assert [batch["sequences"] for batch in together.planned] == [batch["sequences"] for batch in alone.planned]
    assert together.aggregate()["codons"] == alone.aggregate()["codons"]
    tables = [run.run.report / "codon_usage.csv" for run in (together, alone)]
    assert tables[0].read_bytes() == tables[1].read_bytes()


def test_a_bad_letter_in_a_small_file_is_found_by_its_own_name_record_and_line(house, write, records, monkeypatch):
    monkeypatch.setattr(bundling, "SMALL_BYTES", 1 << 20)
    write(house.data / "a.fa", records(3))
    (house.data / "b.fa").write_text(">fine\nACGT\n>wrong\nAC!T\n")
    write(house.data / "c.fa", records(3))
    with pytest.raises(InputError, match=r"'!' is not .*b\.fa, line 4, record 2 \(wrong\)"):
        ingest("r", house.discover("r", source=str(house.data)))


@pytest.mark.parametrize("pack", ["a.fasta", "a.fasta.gz", "a.parquet", "two small files"])
def test_an_input_whose_stat_lies_is_read_again_where_its_content_is_looked_at(
    house, write, records, monkeypatch, pack
):
    names = [pack]
    if pack == "two small files":
        names = ["a.fasta", "b.fasta"]
        monkeypatch.setattr(bundling, "SMALL_BYTES", 1 << 20)
    for name in names:
        write(house.data / name, records(6))
    house.proven("r", source=str(house.data), require_all_codons="never")
    known = Run.of("r").inputs().files
    for name in names:
        write(house.data / name, [(seq_id, letters.replace("A", "C")) for seq_id, letters in records(6)])
    # The file system that does not tell: each file has the stat of its earlier content.
    monkeypatch.setattr("opengenome.io.search.sources.inspect", lying(known))
    monkeypatch.setattr("opengenome.io.sources.unchanged", lambda _: True)
    asked = {"source": str(house.data), "require_all_codons": "never"}
    trusting = house.proven("s", **asked, verify_inputs="never")
    looking = house.proven("t", **asked, verify_inputs="always")
    tables = [house.results / run / "codon_usage.csv" for run in "rst"]
    assert tables[0].read_bytes() == tables[1].read_bytes() != tables[2].read_bytes()
    assert trusting.run.plan().proofs == ("stat",)
    assert looking.run.plan().proofs == ("read",)


def test_on_a_disk_whose_stat_is_no_proof_a_write_through_memory_is_seen(
    house, write, records, small_disk, monkeypatch
):
    """tmpfs keeps a file's times while it is written to through a mapping."""
    monkeypatch.setenv("OPENGENOME_SOURCE_ROOTS", str(small_disk))
    path = write(small_disk / "a.fasta", records(6))
    asked = {"source": str(path), "require_all_codons": "never"}
    first = path.read_bytes().index(b"\n") + 1  # base
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[first] = ord("A")  # from here on the page is dirty
        house.proven("r", **asked)
        before = path.stat()
        memory[first] = ord("C")
        assert path.stat().st_ctime_ns == before.st_ctime_ns
        again = house.proven("s", **asked)
        third = house.proven("t", **asked)
    tables = [(house.results / run / "codon_usage.csv").read_bytes() for run in "rst"]
    assert tables[0] != tables[1] == tables[2]
    assert (again.run.plan().proofs, third.run.plan().proofs) == (("read",), ("content",))


def lying(files):
    """`sources.inspect` that tells the facts that these files had."""
    known = {file.path: file for file in files}
    truly = sources.inspect

    def inspect(path, settle):
        file, found = truly(path, settle)
        return known.get(file.path, file), found

    return inspect
