"""The protein that the codons spell: its amino acids, how water-averse they are, how aromatic."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.arrays import Floats, by_codon, checked, codons_of, divide, sense_families

# Hydropathy in tenths, so that sums are integers. Kyte & Doolittle 1982, table 2.
HYDROPATHY_TENTHS = {
    "A": 18, "C": 25, "D": -35, "E": -35, "F": 28, "G": -4, "H": -32, "I": 45, "K": -39, "L": 38,
    "M": 19, "N": -35, "P": -16, "Q": -35, "R": -45, "S": -8, "T": -7, "V": 42, "W": -9, "Y": -13,
}  # fmt: skip
AROMATIC = "FWY"


def amino_acid_usage(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Share of each amino acid in the sense codons, 0 to 1.

    counts: (..., 64) int. Returns float64 (..., amino acids), alphabetical by letter as in `code.families`, stops left
    out; NaN where no sense codon was counted. Raises ContractError as `rscu`. Source: Lobry & Gautier 1994.
    """
    table = checked(counts)
    residues = np.stack([table[..., list(family)].sum(axis=-1) for family in sense_families(code)], axis=-1)
    return divide(residues, residues.sum(axis=-1, keepdims=True))


def gravy(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Grand average of hydropathy: the mean hydropathy of the sense codons' amino acids, −4.5 to 4.5.

    counts: (..., 64) int. Returns float64 (...); NaN where no sense codon was counted. Raises ContractError as `rscu`.
    Source: Kyte & Doolittle 1982.
    """
    tenths = np.array([HYDROPATHY_TENTHS.get(amino_acid, 0) for amino_acid in code.amino_acids], dtype=np.int64)
    return _per_residue(tenths, counts, code, 10)


def aromaticity(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Share of Phe, Trp and Tyr in the sense codons, 0 to 1.

    counts: (..., 64) int. Returns float64 (...); NaN where no sense codon was counted. Raises ContractError as `rscu`.
    Source: Lobry & Gautier 1994.
    """
    aromatic = np.array([int(amino_acid in AROMATIC) for amino_acid in code.amino_acids])
    return _per_residue(aromatic, counts, code, 1)


def _per_residue(weights: npt.NDArray[np.int64], counts: npt.ArrayLike, code: GeneticCode, unit: int) -> Floats:
    """The sum of the codons' weights over `unit` times the sense codons."""
    table = by_codon(counts)
    total = sum(weight * table[weights == weight].sum(axis=0) for weight in np.unique(weights) if weight)
    return divide(total, unit * table[codons_of(sense_families(code))].sum(axis=0))
