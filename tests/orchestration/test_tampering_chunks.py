"""Change what a manifest says about one of its chunks, with forged digests: validate names the batch and the chunk."""

from __future__ import annotations

import re

import pytest

from opengenome.core import planning
from opengenome.core.alphabet import CODONS
from opengenome.errors import LawError
from opengenome.orchestration import committed, results

ACG, TTT = CODONS.index("ACG"), CODONS.index("TTT")


@pytest.fixture(params=[True, False], ids=["per-sequence", "totals only"])
def run(request, house, write, records, monkeypatch):
    monkeypatch.setattr(planning, "CHUNK_BASES", 1)  # a chunk for each sequence
    write(house.data / "a.fasta", records(12))
    return house.counted("r", source=str(house.data), batch_size=6, per_sequence=request.param)


@pytest.fixture
def whole(house, write, records, monkeypatch):
    """Like `run`, with the per-sequence table."""
    monkeypatch.setattr(planning, "CHUNK_BASES", 1)
    write(house.data / "a.fasta", records(12))
    return house.counted("r", source=str(house.data), batch_size=6)


def broken(run, edit):
    """The laws that validate names, and its message; reuse must refuse the output too."""
    run.edit_manifest(edit, forge_report=True)
    run.aggregate()
    with pytest.raises(LawError) as caught:
        results.validate(run.run_id)
    assert not committed.reusable(run.planned[0])[0]
    return {int(number) for number in re.findall(r"law (\d) ", str(caught.value))}, str(caught.value)


def test_six_chunks_that_nobody_changed_prove(run):
    run.aggregate()
    assert results.validate("r")["proven"]
    assert committed.reusable(run.planned[0]) == (True, "reused: the committed output verifies")


def test_a_codon_moved_from_chunk_to_chunk(whole):
    """No sum of the batch changes, and each chunk accounts for its bases: only the rows show it."""

    def move(manifest):
        for chunk, more in ((3, 1), (4, -1)):
            manifest["by_chunk"][chunk]["totals"][ACG] += more
            manifest["by_chunk"][chunk]["totals"][TTT] -= more

    named, said = broken(whole, move)
    assert named == {5}
    assert "batch 1: chunk 4 of 6: sequences and total differ in ACG TTT" in said


def test_two_chunks_that_are_exchanged(run):
    def exchange(manifest):
        manifest["by_chunk"][1:3] = manifest["by_chunk"][2:0:-1]

    named, said = broken(run, exchange)
    assert {1, 2} <= named
    assert "batch 1: chunk 2 of 6: accounts for" in said


def test_a_total_of_a_chunk(run):
    def add(manifest):
        manifest["by_chunk"][5]["totals"][ACG] += 1

    named, said = broken(run, add)
    assert {1, 5} == named
    assert re.search(r"batch 1: chunk 6 of 6: the totals have \d+ codons, the ledger has \d+", said)
    assert "batch 1: chunks and total differ in ACG" in said


@pytest.mark.parametrize("name", ["sequences", "bases", "offset", "counted", "ambiguous", "trailing"])
def test_a_field_of_a_chunks_ledger(run, name):
    def add(manifest):
        manifest["by_chunk"][0]["ledger"][name] += 1

    named, said = broken(run, add)
    assert named == {2 if name in ("sequences", "bases") else 1, 5}
    assert "batch 1: chunk 1 of 6: " in said


def test_a_chunk_without_totals(run):
    named, said = broken(run, lambda manifest: manifest["by_chunk"].pop())
    assert named == {5}
    assert "batch 1: 5 of 6 chunks have totals" in said
