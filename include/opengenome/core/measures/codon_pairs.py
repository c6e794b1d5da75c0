"""Which codons stand side by side more often than their own frequencies explain: scores of pairs, bias of a sequence.

A table of pairs is (64, 64) counts: first codon, second codon, both alphabetical. `core/codon_pairs.py` counts them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import CODONS
from opengenome.core.codon_pairs import PairCounts
from opengenome.core.genetic_code import STOP, GeneticCode
from opengenome.core.measures.arrays import Floats, divide, family_totals, one_table
from opengenome.errors import ContractError


def codon_pair_scores(pairs: npt.ArrayLike, codons: npt.ArrayLike, code: GeneticCode) -> Floats:
    """CPS: ln of how often a pair occurs over what its codons and its amino acids make one expect.

    ln(F(AB) · F(X) · F(Y) / (F(A) · F(B) · F(XY))) for codons A, B of the amino acids X, Y. pairs: (64, 64) or (4096,)
    int; codons: (64,) int, both of the reference. Returns (64, 64) float64: 0 as expected, below 0 avoided. NaN for
    pairs with a stop, and for pairs that the reference does not have. Raises ContractError for another shape or what is
    no count. Source: Coleman et al. 2008.
    """
    table = np.asarray(pairs)
    if table.shape not in ((len(CODONS), len(CODONS)), (len(CODONS) ** 2,)):
        raise ContractError(f"Pairs have the shape {table.shape}, but 64 × 64 pairs of codons are needed")
    table = np.stack([one_table(row) for row in table.reshape(len(CODONS), len(CODONS))])
    counts = one_table(codons)
    amino_acids = family_totals(counts, code)
    of_amino_acids = family_totals(family_totals(table, code).T.copy(), code).T
    # What a pair's frequency is divided by: F(A) / F(X) of each codon, and F(XY).
    usage = divide(counts, amino_acids)
    sense = np.array([amino_acid != STOP for amino_acid in code.amino_acids])
    told = (table > 0) & np.outer(sense, sense) & np.outer(counts > 0, counts > 0)
    expected = np.where(told, np.outer(usage, usage) * of_amino_acids, 1.0)
    return np.where(told, np.log(np.where(told, table, 1) / expected), np.nan)


def codon_pair_bias(pairs: PairCounts, scores: Floats) -> Floats:
    """CPB: the mean score of the pairs of each sequence; above 0 if they are those that the reference prefers.

    pairs: of n sequences; scores: (64, 64) of `codon_pair_scores`. Returns (n,) float64; NaN where no pair has a score.
    Pairs without a score are left out. Source: Coleman et al. 2008.
    """
    of_entries, of = scores.reshape(-1)[pairs.pair], pairs.sequence()
    scored, n = ~np.isnan(of_entries), len(pairs.starts) - 1
    total = np.bincount(of[scored], weights=(pairs.count * of_entries)[scored], minlength=n)
    return divide(total, np.bincount(of[scored], weights=pairs.count[scored], minlength=n))
