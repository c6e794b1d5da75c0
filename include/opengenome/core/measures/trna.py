"""The tRNA adaptation index: how well the cell's tRNAs read the codons of a sequence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP, GeneticCode
from opengenome.core.measures.arrays import Floats, checked, one_table, weighted_mean

# Codon's third base, third base of the codon that the tRNA matches, what the wobble costs: dos Reis, Savva & Wernisch
# 2004, table 2 (fitted on yeast). I34 reads T, C and A; G34 reads C and T; U34 reads A and G; C34 reads G.
WOBBLE = (("T", "C", 0.41), ("C", "T", 0.28), ("A", "T", 0.9999), ("G", "A", 0.68))


def trna_weights(trna: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Relative adaptiveness of codons to the tRNAs, (64,) float64, above 0 to 1.

    trna: (64,) int, the gene copies of the tRNA that matches each codon base by base (anticodon: reverse complement).
    A tRNA reads only codons of its own amino acid. A codon that no tRNA reads gets the geometric mean of the others;
    NaN for Met and stops, and throughout if no tRNA reads anything. Raises ContractError unless `trna` is one table.
    Source: dos Reis, Savva & Wernisch 2004.
    """
    copies = one_table(trna)
    total = copies.astype(np.float64)
    for third, matched, cost in WOBBLE:
        for index, codon in enumerate(CODONS):
            other = CODONS.index(codon[:2] + matched)
            if codon[2] == third and code.amino_acids[index] == code.amino_acids[other]:
                total[index] += (1 - cost) * copies[other]
    taking_part = np.array([amino_acid not in ("M", STOP) for amino_acid in code.amino_acids])
    read = taking_part & (total > 0)
    weights = np.full(total.shape, np.nan)
    if read.any():
        weights[read] = total[read] / total[read].max()
        weights[taking_part & ~read] = np.exp(np.log(weights[read]).mean())
    return weights


def tai(counts: npt.ArrayLike, code: GeneticCode, trna: npt.ArrayLike) -> Floats:
    """tRNA adaptation index: the geometric mean of `trna_weights` over the codons, Met and stops left out.

    counts: (..., 64) int; trna: (64,) int as in `trna_weights`. Returns float64 (...), above 0 to 1; NaN where no such
    codon was counted. Raises ContractError as `cai`. Source: dos Reis, Savva & Wernisch 2004.
    """
    return np.exp(weighted_mean(checked(counts), np.log(trna_weights(trna, code))))
