"""What is published of 64 counts: the codon table, the summary, and whether they look like coding sequence.

Each figure is one division of exact integers, or a correctly rounded sum of such quotients: identical counts give
identical bits on every machine. The measures themselves are in `core/measures`. Formulas, citations and what peers do
differently: docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any

import numpy.typing as npt

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP, GeneticCode
from opengenome.core.measures.arrays import Floats, one_table
from opengenome.core.measures.composition import gc, gc1, gc2, gc3, gc3s
from opengenome.core.measures.effective_number import enc_sun, enc_wright
from opengenome.core.measures.synonymous import fraction, per_thousand, rscu
from opengenome.core.model import Ledger
from opengenome.errors import number_of

# Thresholds for `coding_signal`. They were measured on seven organelle genomes, their CDS, and EMBOSS's 231 CDS tables
# of at least 3,000 codons. Whole genomes: r 0.95 to 1.00, 46 to 84 stops per thousand. CDS: r at most 0.81, and at most
# 14.2 stops per thousand under their own code. docs/metrics.md has the table.
STRAND_SYMMETRY_OF_GENOMES = 0.9
STOPS_OF_CODING_SEQUENCE = 15.0
# With fewer codons, sampling noise decides. Of tables drawn from real CDS, 0.6 % were misjudged at 200 codons and 0.1 %
# at 500.
CODONS_TO_JUDGE = 500

CountsUnderCode = tuple[npt.ArrayLike, GeneticCode]

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


def codon_table(counts: npt.ArrayLike, code: GeneticCode) -> CodonTable:
    """The codon table of one set of counts.

    counts: (64,) int, codons alphabetical. Raises ContractError as `rscu`, and for any other shape.
    """
    table = one_table(counts)
    return CodonTable(
        codon=CODONS,
        amino_acid=tuple(code.amino_acids),
        count=tuple(table.tolist()),
        fraction=_nullable(fraction(table, code)),
        per_thousand=_nullable(per_thousand(table)),
        rscu=_nullable(rscu(table, code)),
    )


def gc_content(counts: npt.ArrayLike, code: GeneticCode) -> dict[str, float | None]:
    """Share of G and C, 0 to 1: gc, gc1, gc2, gc3 over all counted codons; gc3s at synonymous third positions.

    counts: (64,) int. gc3s: over the codons of families with two or more codons, no stops. None where there are none.
    Raises ContractError as `codon_table`. Source: Wright 1990 for gc3s.
    """
    table = one_table(counts)
    return {
        "gc": figure(gc(table)),
        "gc1": figure(gc1(table)),
        "gc2": figure(gc2(table)),
        "gc3": figure(gc3(table)),
        "gc3s": figure(gc3s(table, code)),
    }


def coding_signal(
    counts: npt.ArrayLike, code: GeneticCode, apart: Sequence[CountsUnderCode] = (), ends: int = 0
) -> dict[str, Any]:
    """Whether the counts look like coding sequence: the signs, and a careful sentence.

    counts: (64,) int. apart: the same counts by code, if there are several; then stops are told by each one's own.
    ends: how many stops are no sign against coding sequence, because a CDS may end with one.
    strand_symmetry_r: Pearson's r of the counts with those of the reverse complements, None without variance; near 1 if
    both strands were read. stops_per_thousand: None if the code has no stops or nothing was counted. gc1, gc2, gc3 as
    `gc_content`. looks_like: "coding sequence", "whole genomes", "out of frame" or "unclear". Raises ContractError as
    `codon_table`. Source: Chargaff's second rule, Rudner, Karkas & Chargaff 1968.
    """
    values = one_table(counts).tolist()
    total, squares = sum(values), sum(x * x for x in values)
    paired = sum(x * values[i] for x, i in zip(values, _REVERSE_COMPLEMENT, strict=True))
    # Reverse complements permute the counts, so both sides share mean and variance, and r is one exact quotient.
    r = _ratio(64 * paired - total**2, 64 * squares - total**2)
    stops = _stops_per_thousand(apart or [(counts, code)], total)
    looks_like, verdict = _verdict(total, r, stops, ends)
    positions = gc_content(counts, code)
    return {
        "strand_symmetry_r": r,
        "stops_per_thousand": stops,
        "gc1": positions["gc1"],
        "gc2": positions["gc2"],
        "gc3": positions["gc3"],
        "looks_like": looks_like,
        "verdict": verdict,
    }


def summarize(
    counts: npt.ArrayLike, ledger: Ledger, code: GeneticCode, apart: Sequence[CountsUnderCode] = (), ends: int = 0
) -> dict[str, Any]:
    """The content of summary.json: JSON types only, None if a figure is undefined.

    counts: (64,) int, the totals that `ledger` accounts for. apart, ends: as in `coding_signal`.
    Raises ContractError as `codon_table`.
    """
    return {
        "sequences": ledger.sequences,
        "bases": ledger.bases,
        "codons": int(one_table(counts).sum()),
        "ledger": ledger.as_dict(),
        **gc_content(counts, code),
        "enc": {"wright_1990": figure(enc_wright(counts, code)), "sun_2013": figure(enc_sun(counts, code))},
        "genetic_code": {"id": code.id, "name": code.name},
        "coding_signal": coding_signal(counts, code, apart, ends),
    }


def _stops_per_thousand(apart: Sequence[CountsUnderCode], total: int) -> float | None:
    if not any(STOP in code.families for _, code in apart):
        return None
    stops = sum(one_table(counts).tolist()[i] for counts, code in apart for i in code.families.get(STOP, ()))
    return _ratio(1000 * stops, total)


def _verdict(total: int, r: float | None, stops: float | None, ends: int) -> tuple[str, str]:
    if total < CODONS_TO_JUDGE or r is None:
        few = number_of(total, "codon is", "codons are")
        return "unclear", f"{few} too few, or too even, to tell coding sequence from whole genomes."
    strands = f"codons and their reverse complements agree at r = {r:.3f}"
    if stops is None:
        ending = "this genetic code has no unconditional stop codons to tell by"
    else:
        stops = max(stops - 1000 * ends / total, 0.0)
        ending = _stops_within(stops, total) if ends else f"{stops:.1f} codons in a thousand are stops"
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


def _stops_within(per_thousand: float, total: int) -> str:
    """How many stops are not the last codon of a sequence, as a part of a sentence. total: codons."""
    if per_thousand * total < 500:  # less than half a codon: rounding
        return "no stop codon comes before the end of a sequence"
    if per_thousand < 1:
        stops = round(per_thousand * total / 1000)
        stand = "is a stop" if stops == 1 else "are stops"
        return f"{stops:,} of {total:,} codons {stand} before the end of a sequence"
    return f"{per_thousand:.2g} in a thousand codons are stops before the end of a sequence"


def _nullable(values: Floats) -> tuple[float | None, ...]:
    return tuple(map(figure, values))


def figure(value: Floats | float) -> float | None:
    """A number as JSON has it: None for NaN."""
    number = float(value)
    return None if isnan(number) else number


def _ratio(above: int, below: int) -> float | None:
    return above / below if below else None
