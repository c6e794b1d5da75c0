"""A batch is told by the user's files, although small ones are counted from a shard that many share."""

from __future__ import annotations

from pathlib import Path

from opengenome.orchestration.origins import origins
from opengenome.orchestration.runs import Run
from tests.orchestration.conftest import planned


def names(batch):
    return [Path(path).name for path in origins(Run.of("r"), batch)]


def test_each_batch_of_small_files_names_those_that_its_sequences_come_from(house, write, records):
    files = [f"{number:02}.{('fasta', 'fasta.gz', 'parquet')[number % 3]}" for number in range(20)]
    for name in files:
        write(house.data / name, records(1))
    (house.data / "05.fasta").write_text("")  # has no sequence
    batches = planned(house, source=str(house.data), batch_size=6)
    spans = [(batch["first"], batch["first"] + batch["sequences"]) for batch in batches]
    assert len(spans) > 2
    assert [names(batch) for batch in batches] == [files[first:stop] for first, stop in spans]


def test_a_large_file_that_is_read_in_place_is_named(house, write, records):
    write(house.data / "a.fasta", records(3))
    (house.data / "large.fasta").write_text(">l\n" + "ACGTTT" * 200_000 + "\n")
    assert [names(batch) for batch in planned(house, source=str(house.data), batch_size=3)] == [
        ["a.fasta"],
        ["large.fasta"],
    ]


def test_of_an_annotation_its_sequences_are_named_with_it(house):
    for name in "xy":
        row = f"{name}\tt\tCDS\t1\t9\t.\t+\t0\tID={name}\n"
        (house.data / f"{name}.gff").write_text("##gff-version 3\n" + row)
        (house.data / f"{name}.fna").write_text(f">{name}\nATGAAATAA\n")
    assert [names(batch) for batch in planned(house, source=str(house.data), batch_size=1)] == [
        ["x.gff", "x.fna"],
        ["y.gff", "y.fna"],
    ]
