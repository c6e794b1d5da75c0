"""A warning about a table of several genetic codes appears only where they read a codon differently."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opengenome.core.code_table import notation, numbered
from opengenome.core.genetic_code import OWN, genetic_code
from opengenome.orchestration.doubts import mixed_codes


@pytest.mark.parametrize(
    ("codes", "table", "others"),
    [
        ({11: 3}, 11, None),
        ({1: 397, 11: 73}, 1, None),
        ({1: 397, 2: 13, 11: 73}, 1, "13 of 483 "),
        ({5: 13, 11: 554}, 1, "13 of 567 "),
        ({5: 13, 11: 554}, 5, "554 of 567 "),
    ],
)
def test_coding_sequences_are_warned_about_only_if_their_code_has_other_amino_acids(codes, table, others):
    said = mixed_codes(codes, genetic_code(table), "", of_cds=True)
    assert (others in said) if others else not said


def test_a_code_of_the_runs_own_has_no_number():
    own = notation(replace(genetic_code(1), id=OWN, name="mine"))
    said = mixed_codes({OWN: 397, 2: 13}, numbered(OWN, own), own, of_cds=True)
    assert said.startswith("The codon table has the amino acids of the run's own genetic code. 13 of 410 ")
    assert "All CDS by code: 397 with its own code, 13 with code 2." in said
