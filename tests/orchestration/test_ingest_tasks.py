"""The `ingest` tasks measure each file once, recognise it in later runs, and refuse inputs without a base."""

from __future__ import annotations

import gzip
import json
import mmap
import re

import pytest

from opengenome.core import bundling
from opengenome.errors import InputError
from opengenome.io import sources
from opengenome.io.identity import FileSystems
from opengenome.orchestration.runs import Run
from tests.orchestration.conftest import ingested, planned


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
        (b">a\n", r"1 sequence and no base .*It holds only header lines"),
        (b">a some gene\n\n>b\n", r"2 sequences and no base .*It holds only header lines"),
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
    with pytest.raises(
        InputError, match=r"holds 2 sequences and no base .*Every value of its column sequence is empty"
    ):
        planned(house, source=str(house.data))


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
    assert sum(done["files"] for done in ingested("r", groups)) == files


def test_ingest_reports_what_it_measured_and_recognises_a_file_again(house, write, records):
    found = records(5)
    path = write(house.data / "a.fasta", found)
    by_stat = "stat" if FileSystems().stat_is_proof(path, path.stat().st_ctime_ns) else "content"
    expected = {"files": 1, "known": 0, "sequences": 5, "bases": sum(len(sequence) for _, sequence in found)}
    for run, known, proof in (("r", 0, "read"), ("s", 1, by_stat), ("t", 1, "content")):
        groups = house.discover(run, source=str(house.data), verify_inputs="always" if run == "t" else "auto")
        more = {"known": known, "proofs": [proof], "inputs": groups[0]["inputs"]}
        assert ingested(run, groups) == [expected | more]


def test_bad_input_fails_ingest_and_leaves_nothing_of_it(house):
    (house.data / "p.fasta").write_text(">protein\nMKVLEEF*\n")
    groups = house.discover("r", source=str(house.data))
    with pytest.raises(InputError) as caught:
        ingested("r", groups)
    assert not caught.value.retryable
    assert {"p.fasta", "protein", "line 2"} <= set(re.findall(r"p\.fasta|protein|line 2", str(caught.value)))
    assert list((house.root / "store" / "ingest").iterdir()) == []


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
        ingested("r", house.discover("r", source=str(house.data)))


def lying(files):
    """A `sources.inspect` that returns the facts that these files had earlier."""
    known = {file.path: file for file in files}
    truly = sources.inspect

    def inspect(path, settle):
        file, found = truly(path, settle)
        return known.get(file.path, file), found

    return inspect


@pytest.mark.parametrize("pack", ["a.fasta", "a.fasta.gz", "a.parquet", "two small files"])
def test_an_input_with_unchanged_stat_but_changed_content_is_read_again_if_content_is_checked(
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
    # A file system that hides changes: each file has the stat of its earlier content.
    monkeypatch.setattr("opengenome.io.search.sources.inspect", lying(known))
    monkeypatch.setattr("opengenome.io.sources.unchanged", lambda _: True)
    asked = {"source": str(house.data), "require_all_codons": "never"}
    trusting = house.proven("s", **asked, verify_inputs="never")
    looking = house.proven("t", **asked, verify_inputs="always")
    tables = [house.results / run / "codon_usage.csv" for run in "rst"]
    assert tables[0].read_bytes() == tables[1].read_bytes() != tables[2].read_bytes()
    assert trusting.run.plan().proofs == ("stat",)
    assert looking.run.plan().proofs == ("read",)


def test_a_write_through_a_mapping_is_detected_on_a_disk_that_does_not_update_stat(
    house, write, records, small_disk, monkeypatch
):
    """tmpfs does not update a file's times when it is written through a mapping."""
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
