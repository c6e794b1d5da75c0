"""A warning about a table of several genetic codes appears only where they read a codon differently."""

from __future__ import annotations

from collections import Counter

import pytest

from opengenome.core.coding import CdsTally
from opengenome.core.genetic_code import genetic_code
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
    tally = CdsTally(counted=sum(codes.values()), codes=Counter(codes))
    said = mixed_codes(tally, genetic_code(table), "")
    assert (others in said) if others else not said
