"""Measures of 64 codon counts: usage within amino acids, composition, effective number of codons, coding signal.

Each figure is one division of exact integers, or a correctly rounded sum of such quotients (`math.fsum`). So identical
counts give identical bits on every machine. Formulas, citations and differences to other tools: docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import fsum, isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP, GeneticCode
from opengenome.core.model import Ledger
from opengenome.errors import ContractError

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Thresholds for `coding_signal`. They were measured on seven organelle genomes, their CDS, and EMBOSS's 231 CDS tables
# of at least 3,000 codons. Whole genomes: r 0.95 to 1.00, 46 to 84 stops per thousand. CDS: r at most 0.81, and at most
# 14.2 stops per thousand under their own code. docs/metrics.md has the table.
STRAND_SYMMETRY_OF_GENOMES = 0.9
STOPS_OF_CODING_SEQUENCE = 15.0
# With fewer codons, sampling noise decides. Of tables drawn from real CDS, 0.6 % were misjudged at 200 codons and 0.1 %
# at 500.
CODONS_TO_JUDGE = 500

_REVERSE_COMPLEMENT = [CODONS.index(codon.translate(str.maketrans("ACGT", "TGCA"))[::-1]) for codon in CODONS]


@dataclass(frozen=True, slots=True)
class CodonTable:
    """64 rows as columns, codons alphabetical. None if a value is undefined: an empty family, an empty table."""

    codon: tuple[str, ...]
    amino_acid: tuple[str, ...]
    count: tuple[int, ...]
    fraction: tuple[float | None, ...]
    per_thousand: tuple[float | None, ...]
    rscu: tuple[float | None, ...]

    def columns(self) -> dict[str, list[Any]]:
        """Column name → 64 values, in the order of the schema; input for pandas and pyarrow."""
        return {name: list(values) for name, values in asdict(self).items()}


def rscu(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Relative synonymous codon usage: the count over the mean count of its family, stops and single codons included.

    counts: (..., 64) int, codons alphabetical. Returns float64 of that shape; NaN where the family is empty.
    Raises ContractError if the last axis is not 64 or a count is not a non-negative integer.
    Source: Sharp, Tuohy & Mosurski 1986.
    """
    checked = _checked(counts)
    sizes = np.array([len(code.families[amino_acid]) for amino_acid in code.amino_acids], dtype=np.int64)
    return _divide(checked * sizes, _family_totals(checked, code))


def fraction(counts: npt.ArrayLike, code: GeneticCode) -> Floats:
    """Share of a codon in its family, 0 to 1.

    counts: (..., 64) int, codons alphabetical. Returns float64 of that shape; NaN where the family is empty.
    Raises ContractError as `rscu`. Source: the Fraction column of EMBOSS cusp.
    """
    checked = _checked(counts)
    return _divide(checked, _family_totals(checked, code))


def per_thousand(counts: npt.ArrayLike) -> Floats:
    """Codons in a thousand counted codons, stops included.

    counts: (..., 64) int, codons alphabetical. Returns float64 of that shape; NaN where nothing was counted.
    Raises ContractError as `rscu`. Source: the Frequency column of EMBOSS cusp.
    """
    checked = _checked(counts)
    return _divide(checked * 1000, np.broadcast_to(checked.sum(axis=-1, keepdims=True), checked.shape))


def codon_table(counts: npt.ArrayLike, code: GeneticCode) -> CodonTable:
    """The codon table of one set of counts.

    counts: (64,) int, codons alphabetical. Raises ContractError as `rscu`, and for any other shape.
    """
    checked = _one_table(counts)
    return CodonTable(
        codon=CODONS,
        amino_acid=tuple(code.amino_acids),
        count=tuple(checked.tolist()),
        fraction=_nullable(fraction(checked, code)),
        per_thousand=_nullable(per_thousand(checked)),
        rscu=_nullable(rscu(checked, code)),
    )


def gc_content(counts: npt.ArrayLike, code: GeneticCode) -> dict[str, float | None]:
    """Share of G and C, 0 to 1: gc, gc1, gc2, gc3 over all counted codons; gc3s at synonymous third positions.

    counts: (64,) int. gc3s: over the codons of families with two or more codons, no stops. None where there are none.
    Raises ContractError as `codon_table`. Source: Wright 1990 for gc3s.
    """
    values = _one_table(counts).tolist()
    total = sum(values)
    at = [sum(x for x, codon in zip(values, CODONS, strict=True) if codon[p] in "GC") for p in range(3)]
    synonymous = [i for family in _sense(code.families) if len(family) > 1 for i in family]
    return {
        "gc": _ratio(sum(at), 3 * total),
        "gc1": _ratio(at[0], total),
        "gc2": _ratio(at[1], total),
        "gc3": _ratio(at[2], total),
        "gc3s": _ratio(sum(values[i] for i in synonymous if CODONS[i][2] in "GC"), sum(values[i] for i in synonymous)),
    }


def enc_wright(counts: npt.ArrayLike, code: GeneticCode) -> float | None:
    """Effective number of codons: about 20 if each amino acid uses one codon, all sense codons if usage is even.

    counts: (64,) int. A family with fewer than two counted codons has no F; F = 0 is left out. A missing mean of the
    3-fold families is that of the 2- and 4-fold ones. None if any other family size has no F. At most the number of
    sense codons.
    Raises ContractError as `codon_table`. Source: Wright 1990.
    """
    values = _one_table(counts).tolist()
    homozygosity: dict[int, list[float]] = {}
    for family in _sense(code.families):
        n, squares = sum(values[i] for i in family), sum(values[i] ** 2 for i in family)
        # F = (n Σp² − 1) / (n − 1) with p = x/n, times n/n to stay in integers.
        of_its_size = homozygosity.setdefault(len(family), [])
        if squares > n > 1:
            of_its_size.append((squares - n) / (n * (n - 1)))
    sizes = [len(family) for family in _sense(code.families)]
    mean = {size: fsum(values) / len(values) for size, values in homozygosity.items() if values}
    if 3 in sizes and 3 not in mean and 2 in mean and 4 in mean:
        mean[3] = (mean[2] + mean[4]) / 2
    mean[1] = 1.0  # one codon is one effective codon, seen or not
    if not set(sizes) <= set(mean):
        return None
    return min(fsum(1 / mean[size] for size in sizes), float(sum(sizes)))


def enc_sun(counts: npt.ArrayLike, code: GeneticCode) -> float | None:
    """Effective number of codons with pseudocounts and families weighted by their size in the data.

    counts: (64,) int. A family whose codons differ in the first two bases is split there (6-fold: 4 + 2).
    None if no sense codon was counted. Raises ContractError as `codon_table`. Source: Sun, Yang & Xia 2013.
    """
    values = _one_table(counts).tolist()
    boxes = _boxes(code)
    if not any(values[i] for box in boxes for i in box):
        return None
    terms = [float(sum(len(box) == 1 for box in boxes))]
    for size in sorted({len(box) for box in boxes} - {1}):
        padded = [[values[i] + 1 for i in box] for box in boxes if len(box) == size]
        # Σ (n+m)·F with F = Σ ((x+1)/(n+m))², one exact quotient per family.
        weighted = fsum(sum(x * x for x in box) / sum(box) for box in padded)
        terms.append(len(padded) * sum(map(sum, padded)) / weighted)
    return min(fsum(terms), float(sum(map(len, boxes))))


def coding_signal(counts: npt.ArrayLike, code: GeneticCode) -> dict[str, Any]:
    """Whether the counts look like coding sequence: the signs, and a careful sentence.

    counts: (64,) int. strand_symmetry_r: Pearson's r of the counts with those of the reverse complements, None without
    variance; near 1 if both strands were read. stops_per_thousand: None if the code has no stops or nothing was
    counted. gc1, gc2, gc3 as `gc_content`. looks_like: "coding sequence", "whole genomes", "out of frame" or "unclear".
    Raises ContractError as `codon_table`. Source: Chargaff's second rule, Rudner, Karkas & Chargaff 1968.
    """
    values = _one_table(counts).tolist()
    total, squares = sum(values), sum(x * x for x in values)
    paired = sum(x * values[i] for x, i in zip(values, _REVERSE_COMPLEMENT, strict=True))
    # Reverse complements permute the counts, so both sides share mean and variance, and r is one exact quotient.
    r = _ratio(64 * paired - total**2, 64 * squares - total**2)
    stops = _ratio(1000 * sum(values[i] for i in code.families[STOP]), total) if STOP in code.families else None
    looks_like, verdict = _verdict(total, r, stops)
    gc = gc_content(counts, code)
    return {
        "strand_symmetry_r": r,
        "stops_per_thousand": stops,
        "gc1": gc["gc1"],
        "gc2": gc["gc2"],
        "gc3": gc["gc3"],
        "looks_like": looks_like,
        "verdict": verdict,
    }


def summarize(counts: npt.ArrayLike, ledger: Ledger, code: GeneticCode) -> dict[str, Any]:
    """The content of summary.json: JSON types only, None if a figure is undefined.

    counts: (64,) int, the totals that `ledger` accounts for. Raises ContractError as `codon_table`.
    """
    return {
        "sequences": ledger.sequences,
        "bases": ledger.bases,
        "codons": int(_one_table(counts).sum()),
        "ledger": ledger.as_dict(),
        **gc_content(counts, code),
        "enc": {"wright_1990": enc_wright(counts, code), "sun_2013": enc_sun(counts, code)},
        "genetic_code": {"id": code.id, "name": code.name},
        "coding_signal": coding_signal(counts, code),
    }


def _verdict(total: int, r: float | None, stops: float | None) -> tuple[str, str]:
    if total < CODONS_TO_JUDGE or r is None:
        return "unclear", f"{total:,} codons are too few, or too even, to tell coding sequence from whole genomes."
    strands = f"codons and their reverse complements agree at r = {r:.3f}"
    if stops is None:
        ending = "this genetic code has no unconditional stop codons to tell by"
    else:
        ending = f"{stops:.1f} codons in a thousand are stops"
    symmetric = r >= STRAND_SYMMETRY_OF_GENOMES
    frequent_stops = stops is not None and stops > STOPS_OF_CODING_SEQUENCE
    if symmetric and (frequent_stops or stops is None):
        return "whole genomes", (
            f"This looks like trinucleotides of whole genomes, not like coding sequence: {strands}, and {ending}."
        )
    if frequent_stops:
        return "out of frame", (
            f"This does not look like coding sequence read in frame with this genetic code: {ending}, and {strands}. "
            "The sequences may be non-coding, or the frame, the strand or the genetic code may not fit."
        )
    if symmetric or stops is None:
        return "unclear", f"The signs disagree or are missing: {strands}, and {ending}."
    return "coding sequence", f"This looks like coding sequence read in frame: {ending}, and {strands}."


def _checked(counts: npt.ArrayLike) -> Counts:
    array = np.asarray(counts)
    if array.ndim == 0 or array.shape[-1] != len(CODONS):
        raise ContractError(f"Counts have the shape {array.shape}, but their last axis must hold 64 codons")
    if array.dtype.kind not in "iu" or (array < 0).any():
        raise ContractError(f"Counts must be non-negative integers, but are {array.dtype} from {array.min()}")
    return array.astype(np.int64)


def _one_table(counts: npt.ArrayLike) -> Counts:
    array = _checked(counts)
    if array.ndim != 1:
        raise ContractError(f"Counts have the shape {array.shape}, but one table of (64,) is needed")
    return array


def _family_totals(counts: Counts, code: GeneticCode) -> Counts:
    totals = np.empty_like(counts)
    for family in code.families.values():
        totals[..., family] = counts[..., family].sum(axis=-1, keepdims=True)
    return totals


def _divide(above: Counts, below: Counts) -> Floats:
    quotients: Floats = np.full(above.shape, np.nan)
    return np.divide(above, below, out=quotients, where=below > 0)


def _nullable(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if isnan(value) else value for value in values.tolist())


def _ratio(above: int, below: int) -> float | None:
    return above / below if below else None


def _sense(families: dict[str, tuple[int, ...]]) -> list[tuple[int, ...]]:
    return [family for amino_acid, family in families.items() if amino_acid != STOP]


def _boxes(code: GeneticCode) -> list[tuple[int, ...]]:
    """Sense families, split where the first two bases differ (index // 4): cubar's "subfamilies"."""
    return [box for family in _sense(code.families) for box in _split(family)]


def _split(family: Iterable[int]) -> list[tuple[int, ...]]:
    boxes: dict[int, list[int]] = {}
    for index in family:
        boxes.setdefault(index // 4, []).append(index)
    return [tuple(box) for box in boxes.values()]
