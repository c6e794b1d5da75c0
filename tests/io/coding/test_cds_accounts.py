"""A run in which no coding sequence is counted says why."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from opengenome.annotation.rules import Reason
from opengenome.core.model import SourceFile
from opengenome.io.coding.accounts import no_cds, total
from opengenome.io.schemas import CdsAccount, Entry, RunInputs, Unit


def inputs(files):
    found = tuple(SourceFile(f"/in/{k}.gb", "genbank", "", 9, 0, 0, 0, 0) for k in range(files))
    return RunInputs("r", "2026-11-26T00:00:00+00:00", {}, found)


def account(found=0, codes=None, **dropped):
    return CdsAccount(found, found - sum(dropped.values()), found, dropped, found, {"partial_5": found}, codes or {})


@pytest.mark.parametrize(
    ("files", "became", "told"),
    [
        (1, account(), r"The input file has no coding sequence \(CDS\) .*mode sequences"),
        (2, account(), r"The 2 input files have no coding sequence \(CDS\)"),
        (
            1,
            account(7, internal_stop=5, pseudo=2),
            r"All 7 .* dropped, 5 of them as internal_stop.*genetic code right\?",
        ),
        (1, account(7, pseudo=7), r"All 7 .* dropped, 7 of them as pseudo: .*pseudogene.*right annotation\?"),
    ],
)
def test_a_run_without_a_counted_cds_says_how_many_were_found_and_the_likely_cause(files, became, told):
    assert re.search(told, str(no_cds(became, inputs(files))))


GENOME = SourceFile("/in/genome.fna", "fasta", "", 4_600_000, 0, 0, 0, 0)


def in_fasta(file, found):
    read_as_cds = Entry("k", 0, 1, (Unit("cds_fasta", 1),))
    became = account(found, internal_stop=found - 1, length=1)
    return str(no_cds(became, replace(inputs(1), files=(file,), entries=(read_as_cds,))))


def test_genomes_that_were_given_as_coding_sequences_are_told_how_they_can_be_counted():
    said = in_fasta(GENOME, 2)
    assert "The records look like whole genomes" in said
    assert "Mode sequences counts whole records" in said
    assert "GFF3 of the same name" in said
    for file, found in ((GENOME, 4_000), (replace(GENOME, cds="ensembl"), 2)):
        assert "look like whole genomes" not in in_fasta(file, found)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_likely_cause(reason):
    said = no_cds(account(3, **{reason: 3}), inputs(1))
    assert f"3 of them as {reason}" in said.message
    assert said.advice.endswith(("?", "."))


def test_accounts_add_up_and_codes_are_in_the_order_of_their_numbers():
    summed = total([account(3, {"11": 2}, pseudo=1), account(4, {"2": 4, "11": 1})])
    assert summed == CdsAccount(7, 6, 7, {"pseudo": 1}, 7, {"partial_5": 7}, {"2": 4, "11": 3})
    assert list(summed.codes) == ["2", "11"]
    assert total([]) == CdsAccount(0, 0, 0, {}, 0, {}, {})
