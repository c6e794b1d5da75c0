"""Which codons stand side by side more often than their own frequencies explain: scores of pairs, bias of a sequence.

A table of pairs is (64, 64) counts: first codon, second codon, both alphabetical. `core/codon_pairs.py` counts them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import CODONS
from opengenome.core.codon_pairs import PairCounts
from opengenome.core.genetic_code import STOP, GeneticCode
from opengenome.core.measures.arrays import Counts, Floats, divide, family_totals, one_table, weighted_mean
from opengenome.errors import ContractError


def expected_pairs(pairs: npt.ArrayLike, codons: npt.ArrayLike, code: GeneticCode) -> Floats:
    """How often each pair would occur if only its codons and its amino acids decided.

    F(A) · F(B) · F(XY) / (F(X) · F(Y)) for codons A, B of the amino acids X, Y. pairs: (64, 64) or (4096,) int; codons:
    (64,) int, both of the reference. Returns (64, 64) float64: NaN for pairs with a stop, and where a codon is absent.
    Raises ContractError for another shape or what is no count. Source: Coleman et al. 2008.
    """
    table = _checked(pairs)
    counts = one_table(codons)
    of_amino_acids = family_totals(family_totals(table, code).T.copy(), code).T
    # What a pair's frequency is divided by: F(A) / F(X) of each codon, and F(XY).
    usage = divide(counts, family_totals(counts, code))
    sense = np.array([amino_acid != STOP for amino_acid in code.amino_acids])
    told = np.outer(sense, sense) & np.outer(counts > 0, counts > 0)
    return np.where(told, np.outer(usage, usage) * of_amino_acids, np.nan)


def codon_pair_scores(pairs: npt.ArrayLike, codons: npt.ArrayLike, code: GeneticCode) -> Floats:
    """CPS: ln of how often a pair occurs over how often it is expected.

    As `expected_pairs`. Returns (64, 64) float64: 0 as expected, below 0 avoided. NaN also for pairs that the reference
    does not have.
    """
    table, expected = _checked(pairs), expected_pairs(pairs, codons, code)
    told = (table > 0) & ~np.isnan(expected)
    return np.where(told, np.log(np.where(told, table, 1) / np.where(told, expected, 1.0)), np.nan)


def _checked(pairs: npt.ArrayLike) -> Counts:
    """(64, 64), or ContractError."""
    table = np.asarray(pairs)
    if table.shape not in ((len(CODONS), len(CODONS)), (len(CODONS) ** 2,)):
        raise ContractError(f"Pairs have the shape {table.shape}, but 64 × 64 pairs of codons are needed")
    return np.stack([one_table(row) for row in table.reshape(len(CODONS), len(CODONS))])


def score_sums(sequence: Counts, count: Counts, scores: Floats, n: int) -> tuple[Floats, Counts]:
    """The sum of the scores of each sequence's pairs, and how many of them have one; (n,) each.

    sequence, count, scores: (m,) of each entry, NaN for none. Entries are added in their order: the same ones give the
    same bits, whatever stands beside them.
    """
    scored = ~np.isnan(scores)
    of, weights = sequence[scored], count[scored]
    total: Floats = np.bincount(of, weights=weights * scores[scored], minlength=n).astype(np.float64)
    return total, np.bincount(of, weights=weights, minlength=n).astype(np.int64)


def codon_pair_bias(pairs: PairCounts, scores: Floats) -> Floats:
    """CPB: the mean score of the pairs of each sequence; above 0 if they are those that the reference prefers.

    pairs: of n sequences; scores: (64, 64) of `codon_pair_scores`. Returns (n,) float64; NaN where no pair has a score.
    Pairs without a score are left out. Source: Coleman et al. 2008.
    """
    of_entries, n = scores.reshape(-1)[pairs.pair], len(pairs.starts) - 1
    return divide(*score_sums(pairs.sequence(), pairs.count, of_entries, n))


@dataclass(frozen=True)
class PairReference:
    """What scores of pairs are made of: all sequences of a run. pairs: (4096,) int. codons: (64,) int."""

    pairs: Counts
    codons: Counts

    def expected(self, code: GeneticCode) -> Floats:
        return expected_pairs(self.pairs, self.codons, code)

    def scores(self, code: GeneticCode) -> Floats:
        return codon_pair_scores(self.pairs, self.codons, code)

    def bias(self, code: GeneticCode) -> float:
        """The bias of all sequences together; NaN if no pair has a score."""
        return float(weighted_mean(self.pairs, self.scores(code).ravel()))
