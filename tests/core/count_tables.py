"""Tables of 64 counts for tests, and the names of their codons."""

import numpy as np
from hypothesis import strategies as st

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import GENETIC_CODES

EVERY_CODE = st.sampled_from(list(GENETIC_CODES))
# Zeros are common, so that empty families are; large totals need more than the 53 bits of a float64 when squared.
TABLES = st.lists(st.one_of(st.just(0), st.integers(0, 50), st.integers(0, 10**11)), min_size=64, max_size=64)


def named(counts):
    return dict(zip(CODONS, np.asarray(counts).tolist(), strict=True))


def table_of(**counts):
    return np.array([counts.get(codon, 0) for codon in CODONS])


def random_table(seed):
    return np.random.default_rng(seed).integers(5, 400, 64)


def families_of(code):
    return {letter: [CODONS[i] for i in family] for letter, family in code.families.items()}
