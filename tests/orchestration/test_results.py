"""aggregate, validate and publish: the table is proven or nothing is published."""

from __future__ import annotations

import csv
import json
import math
import os
from collections import Counter

import pyarrow.parquet as pq
import pytest
from blake3 import blake3

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.errors import Again, LawError, StorageError
from opengenome.io import tables
from opengenome.io.published import verify
from opengenome.orchestration import results


def naive(records, frame=0):
    """Codons of ACGT only, by a naive loop."""
    counts = Counter()
    for _, sequence in records:
        letters = sequence.upper().replace("U", "T")
        counts.update(letters[i : i + 3] for i in range(frame, len(letters) - 2, 3))
    return [counts[codon] for codon in CODONS]


def published(folder):
    with (folder / "codon_usage.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_a_proven_run_publishes_the_same_counts_as_a_naive_loop(house, write, records, frame):
    found = records(40)
    write(house.data / "a.fasta", found)
    house.proven("r", source=str(house.data), batch_size=7, frame=frame, require_all_codons="never")
    rows = published(house.latest)
    assert [row["codon"] for row in rows] == list(CODONS)
    assert [int(row["count"]) for row in rows] == naive(found, frame)
    assert math.isclose(sum(float(row["per_thousand"]) for row in rows), 1000)
    validation = json.loads((house.latest / "validation.json").read_text())
    assert validation["proven"]
    assert len(validation["laws"]) == 6
    assert names_in(house.latest) == sorted(
        (*tables.PUBLISHED, flow.PER_SEQUENCE, flow.VIEWS, flow.REPORT_PAGE, flow.PIPELINE_INFO)
    )


def test_summary_and_provenance_describe_the_whole_run(house, write, records):
    found = records(12)
    write(house.data / "a.fasta", found)
    run = house.proven("r", source=str(house.data), batch_size=6, genetic_code=11)
    summary = json.loads((house.latest / "summary.json").read_text())
    assert summary["ledger"]["sequences"] == 12
    assert summary["ledger"]["bases"] == sum(len(sequence) for _, sequence in found)
    provenance = json.loads((house.latest / "provenance.json").read_text())
    assert provenance["parameters"]["genetic_code"] == 11
    assert [file["path"] for file in provenance["inputs"]] == [str(house.data / "a.fasta")]
    assert [batch["key"] for batch in provenance["batches"]] == [planned["key"] for planned in run.planned]
    parts = [part for batch in provenance["batches"] for part in batch["per_sequence"]]
    assert [pq.read_metadata(part).num_rows for part in parts] == [6, 6]
    assert {"opengenome", "engine", "python", "pyspark", "numba"} <= set(provenance["versions"])


def test_provenance_has_the_size_and_the_digest_of_each_input_file(house, write, records, monkeypatch):
    monkeypatch.setattr("opengenome.core.bundling.SMALL_BYTES", 1 << 20)
    names = ("a.fasta", "b.fa.gz", "c.parquet", "d.fasta")  # copied together
    for number, name in enumerate(names):
        write(house.data / name, records(5, number))
    house.proven("r", source=str(house.data), require_all_codons="never")
    inputs = json.loads((house.latest / "provenance.json").read_text())["inputs"]
    contents = [(house.data / name).read_bytes() for name in names]
    assert [file["size"] for file in inputs] == [len(content) for content in contents]
    assert [file["digest"] for file in inputs] == [f"blake3:{blake3(content).hexdigest()}" for content in contents]


def test_law_6_names_another_digest_of_an_input_file(house, write, records):
    write(house.data / "a.fasta", records(5))
    run = house.counted("r", source=str(house.data), require_all_codons="never")
    run.aggregate()
    path = run.run.report / tables.PROVENANCE
    document = tables.read_document(path)
    document["inputs"][0]["digest"] = f"blake3:{blake3(b'another').hexdigest()}"
    tables.write_document(path, document)
    with pytest.raises(LawError, match=r"law 6 .*provenance.json: inputs.0.digest is "):
        results.validate("r")


def test_file_format_and_batch_size_do_not_change_one_byte_of_the_table(house, write, records):
    found = records(5003)
    tables_seen, batches_seen = set(), {}
    for name in ("a.fasta", "a.fasta.gz", "a.parquet"):
        path = write(house.data / name, found)
        for size in (7, 500, 5000) if name == "a.fasta" else (500, 5000):
            # Without parts: writing them for 715 batches takes seconds and does not matter here.
            run = house.proven(f"{name}-{size}", source=str(path), batch_size=size, per_sequence=size > 7)
            batches_seen[size] = len(run.planned)
            tables_seen.add((house.latest / "codon_usage.csv").read_bytes())
    assert batches_seen == {7: 715, 500: 11, 5000: 2}
    assert len(tables_seen) == 1


def test_batches_of_one_sequence_give_the_same_bytes_as_one_batch(house, write, records):
    write(house.data / "a.fasta", records(40))
    seen = set()
    for size in (1, 7, 5000):
        run = house.proven(f"r{size}", source=str(house.data), batch_size=size)
        assert len(run.planned) == {1: 40, 7: 6, 5000: 1}[size]
        seen.add((house.latest / "codon_usage.csv").read_bytes())
    assert len(seen) == 1


def test_a_limit_on_bases_does_not_change_the_table(house, write, records):
    write(house.data / "a.fasta", records(40))
    house.proven("whole", source=str(house.data))
    whole = (house.latest / "codon_usage.csv").read_bytes()
    run = house.proven("cut", source=str(house.data), max_batch_bases=150)
    assert len(run.planned) > 10
    assert (house.latest / "codon_usage.csv").read_bytes() == whole


def test_without_the_per_sequence_table_the_run_proves_and_keeps_no_part(house, write, records):
    write(house.data / "a.fasta", records(12))
    run = house.proven("r", source=str(house.data), per_sequence=False)
    assert not list(run.folder().rglob("*.parquet"))


LACKING = [("a", "".join(codon for codon in CODONS if codon not in {"AAA", "TGT"}))]
COMMAND = "analyze-20261125T120000Z-0123abcd"


@pytest.mark.parametrize("wanted", ["auto", "never"])
def test_a_small_input_is_proven_with_a_warning_that_names_the_absent_codons(house, write, caplog, wanted):
    write(house.data / "a.fasta", LACKING)
    with caplog.at_level("WARNING"):
        house.proven("r", source=str(house.data), require_all_codons=wanted)
    rows = {row["codon"]: row for row in published(house.latest)}
    assert rows["AAA"]["count"] == "0"
    warning = "2 of 64 codons never occur among 62 counted codons: AAA TGT."
    proof = json.loads((house.latest / "validation.json").read_text())
    assert (proof["proven"], proof["warnings"]) == (True, [warning])
    assert json.loads((house.latest / "summary.json").read_text())["absent_codons"] == ["AAA", "TGT"]
    assert warning in caplog.messages
    verify(house.latest)


def test_a_whole_table_has_no_warning(house, write, records):
    write(house.data / "a.fasta", records(12))
    house.proven("r", source=str(house.data))
    assert json.loads((house.latest / "validation.json").read_text())["warnings"] == []
    assert json.loads((house.latest / "summary.json").read_text())["absent_codons"] == []


FAILS = {
    "form": ("r", "always", 10**6, '"Require all 64 codons" is', "In a run with 'never', this"),
    "command": (
        COMMAND,
        "always",
        10**6,
        "--require-all-codons requires all",
        "with --allow-missing-codons, this is",
    ),
    "form, large": ("r", "auto", 62, "among 62 codons or more", "with \"Require all 64 codons\" set to 'never'"),
    "command, large": (
        COMMAND,
        "auto",
        62,
        "among 62 codons or more",
        "run `analyze` again with --allow-missing-codons",
    ),
}


@pytest.mark.parametrize("way", FAILS)
def test_a_run_that_fails_for_an_absent_codon_names_the_option_or_form_field(house, write, monkeypatch, way):
    run_id, wanted, size, reason, advice = FAILS[way]
    monkeypatch.setattr("opengenome.core.validation.COLLECTION", size)
    monkeypatch.setattr("opengenome.orchestration.results.COLLECTION", size)
    write(house.data / "a.fasta", LACKING)
    house.counted(run_id, source=str(house.data), require_all_codons=wanted).aggregate()
    with pytest.raises(LawError) as caught:
        results.validate(run_id)
    said = str(caught.value)
    assert "2 of 64 codons never occur among 62 counted codons: AAA TGT" in said
    assert reason in said
    assert advice in said
    assert not {"damaged", "retry", "require_all_codons"} & set(said.split())
    assert caught.value.again == Again.NO


def test_a_run_with_absent_codons_and_other_broken_laws_names_all_of_them(house, write):
    write(house.data / "a.fasta", LACKING)
    run = house.counted("r", source=str(house.data), require_all_codons="always")
    run.reports *= 2
    run.aggregate()
    with pytest.raises(LawError, match=r"law 2 plan: .*law 3 codons: 2 of 64.*retry the run"):
        results.validate("r")


def test_a_family_that_never_occurs_is_empty_and_not_zero(house, write):
    write(house.data / "a.fasta", [("a", "ATGATGACC")])
    house.proven("r", source=str(house.data), require_all_codons="never")
    rows = {row["codon"]: row for row in published(house.latest)}
    assert (rows["AAA"]["fraction"], rows["AAA"]["rscu"], rows["AAA"]["per_thousand"]) == ("", "", "0.0")


def test_a_run_without_counted_codons_is_proven_with_a_table_of_zeros(house, write):
    write(house.data / "a.fasta", [("a", "NN"), ("b", "AC")])
    house.proven("r", source=str(house.data), require_all_codons="never")
    assert {row["count"] for row in published(house.latest)} == {"0"}


@pytest.fixture
def two_runs(house, write, records):
    """A published run `first`, and `second` ready to be published."""
    path = write(house.data / "a.fasta", records(12))
    house.proven("first", source=str(path))
    path = write(house.data / "b.fasta", records(9, seed=8))
    second = house.counted("second", source=str(path))
    second.aggregate()
    return house


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_only_publish_moves_the_latest_pointer(two_runs):
    before = contents(two_runs.results)
    proof = results.validate("second")
    assert contents(two_runs.results) == before
    assert results.publish("second", proof["sha256"]) == {"results": str(two_runs.results / "second")}
    assert os.readlink(two_runs.latest) == "second"  # noqa: PTH115  (relative: the folder may be moved)
    assert contents(two_runs.results / "first") == {
        path.relative_to("first"): data for path, data in before.items() if path.parts[0] == "first"
    }


def test_a_failed_publish_changes_nothing(two_runs, monkeypatch):
    results.validate("second")
    before, names = contents(two_runs.results), names_in(two_runs.results)
    real = os.fsync

    def full(handle):
        if "codon_usage.parquet" in os.readlink(f"/proc/self/fd/{handle}"):  # noqa: PTH115
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="no space is left"):
        results.publish("second")
    assert (contents(two_runs.results), names_in(two_runs.results)) == (before, names)


def test_publishing_again_replaces_the_run_as_a_whole(two_runs):
    results.validate("second")
    results.publish("second")
    folder = two_runs.results / "second"
    before = folder.stat().st_ino
    results.publish("second")
    assert folder.stat().st_ino != before
    assert names_in(folder) == sorted((*tables.PUBLISHED, flow.PER_SEQUENCE))
    assert names_in(two_runs.results) == [".opengenome-results.json", "first", "latest-adhoc", "second"]


def test_the_chunks_of_all_batches_are_never_in_memory_together(house, write, records, monkeypatch):
    write(house.data / "a.fasta", records(12))
    reported, real = [], results.Report

    def report(run, inputs, plan, manifests, *others):
        reported.extend(manifests.values())
        return real(run, inputs, plan, manifests, *others)

    monkeypatch.setattr(results, "Report", report)
    house.proven("r", source=str(house.data), batch_size=3)
    assert len(reported) == 8  # four batches, once for aggregate and once for validate
    assert {(manifest.chunks, manifest.by_chunk) for manifest in reported} == {((), ())}
