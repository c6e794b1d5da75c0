"""Every wrong number of a committed batch gives a fault that names its law and its chunk."""

from dataclasses import replace

import pytest

from opengenome.core import planning
from opengenome.core.accounts import Law, TableSums, contradictions
from opengenome.core.alphabet import CODONS
from opengenome.core.model import Ledger, Tally
from tests.core.evidence import EVERY_CODON, manifest_of, planned_batches, tally_of

SEQUENCES = [EVERY_CODON, EVERY_CODON[:-1] + "N", "ATGAAAN" * 30, EVERY_CODON * 2 + "AC"]


@pytest.fixture(params=[0, 1, 2])
def batch(request, monkeypatch):
    """A planned batch of four chunks with a sequence each, its manifest, and the sums of its table."""
    monkeypatch.setattr(planning, "CHUNK_BASES", 1)
    (planned,) = planned_batches(SEQUENCES, request.param, 9)
    assert len(planned.chunks) == len(SEQUENCES)
    by_chunk = tuple(tally_of([sequence], request.param) for sequence in SEQUENCES)
    return planned, manifest_of(planned, request.param, by_chunk), TableSums(by_chunk)


def faults(planned, manifest, table):
    return [(fault.law, str(fault)) for fault in contradictions(planned, manifest, table)]


def add(tally, codon=0, more=0, **ledger):
    """The tally with more of a codon, and of fields of its ledger."""
    totals = tuple(count + more * (column == codon) for column, count in enumerate(tally.totals))
    return Tally(totals, tally.ledger + Ledger(**ledger))


def with_chunks(tallies, changes):
    """changes: {number: what is added}."""
    return tuple(add(tally, **changes.get(number, {})) for number, tally in enumerate(tallies))


def test_real_counts_have_no_faults(batch):
    planned, manifest, _ = batch
    assert faults(*batch) == []
    assert faults(planned, manifest, None) == []


LEDGER = [
    ("offset", Law.LEDGER),
    ("ambiguous", Law.LEDGER),
    ("trailing", Law.LEDGER),
    ("counted", Law.LEDGER),
    ("sequences", Law.PLAN),
    ("bases", Law.PLAN),
]


@pytest.mark.parametrize(("name", "law"), LEDGER)
def test_a_wrong_field_of_the_batchs_ledger_breaks_its_law(batch, name, law):
    planned, manifest, _ = batch
    found = faults(planned, replace(manifest, ledger=manifest.ledger + Ledger(**{name: 1})), None)
    assert {one for one, _ in found} == {law, Law.SEQUENCES}
    assert (Law.SEQUENCES, "chunks and total differ in the ledger") in found


@pytest.mark.parametrize(("name", "law"), LEDGER)
def test_a_wrong_field_of_a_chunks_ledger_breaks_its_law_and_names_the_chunk(batch, name, law):
    planned, manifest, _ = batch
    found = faults(planned, replace(manifest, by_chunk=with_chunks(manifest.by_chunk, {2: {name: 1}})), None)
    assert {one for one, _ in found} == {law, Law.SEQUENCES}
    assert all(text.startswith("chunk 3 of 4: ") for one, text in found if one == law)


def test_errors_in_chunks_that_cancel_out_are_found(batch):
    """The batch's ledger does not change; only the chunks' bases show the error."""
    planned, manifest, _ = batch
    moved = with_chunks(manifest.by_chunk, {0: {"trailing": 1, "bases": 1}, 3: {"trailing": -1, "bases": -1}})
    bases = planned.chunks[0].bases
    assert faults(planned, replace(manifest, by_chunk=moved), None) == [
        (Law.LEDGER, f"chunk 1 of 4: accounts for {bases + 1} of {bases} bases"),
        (Law.PLAN, f"chunk 1 of 4: {bases + 1} bases were counted, {bases} were planned"),
    ]


def test_unplanned_bases_and_sequences_are_reported_with_both_numbers(batch):
    planned, manifest, _ = batch
    bases, codons = planned.bases, manifest.ledger.counted
    found = [text for _, text in faults(planned, replace(manifest, ledger=manifest.ledger + Ledger(2, 1, 1)), None)]
    assert found[:3] == [
        f"accounts for {bases + 1} of {bases} bases",
        "6 sequences were counted, 4 were planned",
        f"{bases + 1} bases were counted, {bases} were planned",
    ]
    found = [text for _, text in faults(planned, replace(manifest, ledger=manifest.ledger + Ledger(counted=1)), None)]
    assert f"the totals have {codons} codons, the ledger has {codons + 1}" in found


def test_totals_that_differ_from_the_sum_of_the_chunks_are_named_by_codon(batch):
    planned, manifest, _ = batch
    totals = list(manifest.totals)
    totals[0], totals[63] = totals[0] + 1, totals[63] - 1
    found = faults(planned, replace(manifest, totals=tuple(totals)), None)
    assert found == [(Law.SEQUENCES, "chunks and total differ in AAA TTT")]


@pytest.mark.parametrize("kept", [0, 3])
def test_chunks_without_totals_are_reported(batch, kept):
    planned, manifest, table = batch
    found = faults(planned, replace(manifest, by_chunk=manifest.by_chunk[:kept]), table)
    assert found == [(Law.SEQUENCES, f"{kept} of 4 chunks have totals")]


def test_codons_moved_between_chunks_are_found_in_the_table(batch):
    """The batch and each chunk add up: one codon of a chunk is exchanged for another codon of the next chunk."""
    planned, manifest, table = batch
    one, other = (add(add(manifest.by_chunk[n], 0, more), 1, -more) for n, more in ((0, 1), (1, -1)))
    moved = replace(manifest, by_chunk=(one, other, *manifest.by_chunk[2:]))
    assert faults(planned, moved, None) == []
    assert faults(planned, moved, table) == [
        (Law.SEQUENCES, "chunk 1 of 4: sequences and total differ in AAA AAC"),
    ]


@pytest.mark.parametrize("chunk", range(len(SEQUENCES)))
def test_rows_that_differ_from_their_chunk_are_named_by_chunk_and_codon(batch, chunk):
    planned, manifest, table = batch
    rows = TableSums(with_chunks(table.by_chunk, {chunk: {"codon": 5, "more": 1, "trailing": 1}}))
    assert faults(planned, manifest, rows) == [
        (Law.SEQUENCES, f"chunk {chunk + 1} of 4: sequences and total differ in {CODONS[5]}"),
        (Law.SEQUENCES, f"chunk {chunk + 1} of 4: sequences and total differ in the ledger"),
    ]


def test_of_many_wrong_chunks_the_first_is_named(batch):
    planned, manifest, table = batch
    rows = TableSums(with_chunks(table.by_chunk, {number: {"more": 1} for number in (1, 2, 3)}))
    assert [text for _, text in faults(planned, manifest, rows)] == ["chunk 2 of 4: sequences and total differ in AAA"]


def test_a_row_that_does_not_add_up_is_named(batch):
    planned, manifest, table = batch
    assert faults(planned, manifest, replace(table, wrong_row="part-0, row 7")) == [
        (Law.SEQUENCES, "a sequence does not account for its bases (part-0, row 7)")
    ]
