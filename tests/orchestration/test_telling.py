"""The lines of the tasks' logs."""

from __future__ import annotations

import logging
import re

import pytest

from opengenome.io import progress
from opengenome.orchestration import labels, results, telling
from opengenome.orchestration.adapters import meter

BATCH = {"batch": 2, "batches": 7, "first": 10_000, "sequences": 5_000, "bases": 21_900_000}


def test_a_batch_is_told_by_its_sequences_and_bases():
    assert telling.span(BATCH) == "batch 3/7 (sequences 10,001 to 15,000), 21.9 Mnt"
    one = {"batch": 0, "batches": 1, "first": 0, "sequences": 1, "bases": 192}
    assert telling.span(one) == "batch 1/1 (sequence 1), 192 nt"


def test_a_plan_is_told_with_what_is_left_to_do():
    assert telling.loaded(32_240, 140_841_375, 7, 0) == (
        "Loaded 32,240 sequences, 140.8 Mnt. Will process 7 batches of about 4,606 sequences"
    )
    assert telling.loaded(1, 9, 1, 1) == ("Loaded 1 sequence, 9 nt. Will process 1 batch; 1 already committed")


def test_the_sum_of_the_batches_is_told_with_the_codons_that_occur():
    assert telling.found([0, 2, 3], 2, 150_000) == "Found 2 unique codons: 5 in 2 sequences, 0.1 Mnt"


def test_a_batch_of_which_nobody_noted_the_time_has_no_rate():
    assert telling.ended(BATCH, {"codons": 2, "reused": False, "seconds": None}) == "Spark counted 2 codons"


def test_files_are_called_by_the_first_and_their_number():
    assert labels.named(["/in/a.fasta"]) == "a.fasta"
    assert labels.named(["/in/a.fasta", "/in/b.fasta", "/in/c.fasta"]) == "a.fasta and 2 more"
    assert labels.named([f"/in/{'x' * 81}"]) == f"{'x' * 50}…{'x' * 20} (81 characters)"


def test_numbers_from_100_000_on_are_told_in_millions():
    assert labels.amount(99_999, "Mnt", "nt") == "99,999 nt"
    assert labels.amount(100_000, "Mnt", "nt") == "0.1 Mnt"


def test_the_end_of_a_batch_says_whether_it_was_counted():
    assert telling.ended(BATCH, {"codons": 1, "reused": True, "seconds": 2.0}) == "1 codon, from the committed output"
    assert telling.ended(BATCH, {"codons": 7_300_000, "reused": False, "seconds": 2.0}) == (
        f"Spark counted 7,300,000 codons in 2.0 s, {BATCH['bases'] // 2:,} bases per second"
    )


def test_progress_tells_rate_and_time_left():
    assert telling.progress(5_000_000, 20_000_000, 10.0) == "Counted 5.0 Mnt of 20.0 Mnt, 0.5 Mnt/s, about 30 s left"


@pytest.mark.parametrize("bases", [0, 1, 10**12])
def test_the_driver_s_line_is_read_back(bases):
    assert progress.bases_of(f"{progress.line(bases)}\n") == bases


@pytest.mark.parametrize("text", ["", "Counted so far: x bases", "Counted so far: 12 bases of 3", "12"])
def test_no_other_line_is_taken_for_progress(text):
    assert progress.bases_of(text) is None


class Store:
    def __init__(self, error=None):
        self.kept, self.error = [], error

    def set(self, key, value):
        if self.error:
            raise self.error
        self.kept.append((key, value))


def test_a_meter_keeps_each_advance_once_and_logs_now_and_then(monkeypatch):
    now, lines, store = [0.0], [], Store()
    monkeypatch.setattr(meter.time, "monotonic", lambda: now[0])
    batch = meter.BatchMeter(1_000_000, store, lines.append)
    for seconds, bases in ((2, 0), (4, 200_000), (6, 200_000), (12, 500_000), (14, 2_000_000)):
        now[0] = seconds
        batch.see(bases)
    assert store.kept == [("bases", 200_000), ("bases", 500_000), ("bases", 1_000_000)]
    assert lines == ["Counted 0.5 Mnt of 1.0 Mnt, 41,667 nt/s, about 12 s left"]


def test_another_attempt_begins_at_nothing():
    store = Store()
    meter.BatchMeter(10, store, print).start_again()
    assert store.kept == [("bases", 0)]


def test_a_state_store_that_refuses_stops_no_batch():
    meter.BatchMeter(10, Store(RuntimeError("away")), print).see(5)


def test_the_log_of_a_run_reads_from_what_was_loaded_to_its_success(house, write, records, caplog):
    caplog.set_level(logging.INFO)
    run = house.counted("r", source=str(write(house.data / "a.fasta", records(12))), batch_size=5)
    proof = results.validate("r", run.aggregate())["sha256"]
    results.publish("r", proof)
    told = [line for line in caplog.messages if line.startswith(("Loaded", "Aggregating", "Found", "Batched"))]
    assert [line.split(".")[0].split(":")[0] for line in told[1:]] == [
        "Aggregating results from 3 batches",
        "Found 64 unique codons",
        "Batched codon analysis completed successfully",
    ]
    assert told[0].startswith("Loaded 12 sequences, ")
    assert told[0].endswith("Will process 3 batches of about 4 sequences")


@pytest.mark.parametrize(
    "name",
    ["![x](//host/p.png)", r"\![x](//host)", "```[x](//host)`", "<img src=//host>", "&lt; __a__", "_b_ *.fa ~~c~~"],
)
def test_a_name_in_a_note_is_read_as_it_is(name):
    """Markdown takes punctuation after a backslash as it is."""
    noted = telling.in_markdown(name)
    assert re.fullmatch(r"(\\[!-/:-@\[-`{-~]|[^\\`*_\[<&~])*", noted)
    assert telling.without_markdown(noted) == name


def test_a_note_has_no_backslash_in_the_name_of_an_ordinary_file():
    assert telling.in_markdown("GCF_000005845.2_ASM584v2_genomic.fna.gz (a/b_c-d)") == (
        "GCF_000005845.2_ASM584v2_genomic.fna.gz (a/b_c-d)"
    )
    assert telling.in_markdown("__a_b_ _") == r"\_\_a_b\_ \_"
