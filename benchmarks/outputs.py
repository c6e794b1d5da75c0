"""Read the peers' output as codon counts, and compare it with the exact ledger."""

from __future__ import annotations

from benchmarks.table import Check
from opengenome.core.alphabet import CODONS
from opengenome.errors import ContractError

# codonW's rows: first base, then third, then second, each in the order of the textbook's table.
_CODONW_ORDER = [a + b + c for a in "TCAG" for c in "TCAG" for b in "TCAG"]

Codons = dict[str, int]


def parse_cusp(text: str) -> Codons:
    """The counts of cusp's table: `GCA  A  0.314  10.586  99286`. Raises ContractError unless there are 64."""
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return _complete({row[0]: int(row[-1]) for row in rows if len(row) == 5}, "cusp")


def parse_codonw(text: str) -> Codons:
    """The counts of `codonw -cutot -machine`: four lines of sixteen, then text. Raises ContractError unless 64."""
    counts = [int(word) for line in text.splitlines() if line.strip() for word in line.split()[:16] if word.isdecimal()]
    if len(counts) != len(_CODONW_ORDER):
        raise ContractError(f"codonW printed {len(counts)} counts instead of 64")
    return _complete(dict(zip(_CODONW_ORDER, counts, strict=True)), "codonW")


def parse_seqkit(text: str) -> tuple[int, int]:
    """Sequences and bases of `seqkit stats --tabular`. Raises ContractError for any other output."""
    match [line.split("\t") for line in text.splitlines() if line]:
        case [head, values] if {"num_seqs", "sum_len"} <= set(head):
            named = dict(zip(head, values, strict=True))
            return int(named["num_seqs"]), int(named["sum_len"])
    raise ContractError(f"seqkit printed no table: {' '.join(text.split())[:80]!r}")


def _complete(found: Codons, peer: str) -> Codons:
    if sorted(found) != list(CODONS):
        raise ContractError(f"{peer} printed {len(found)} codons; missing are {sorted(set(CODONS) - set(found))}")
    return {codon: found[codon] for codon in CODONS}


def compare(peer: str, found: Codons, exact: Codons, ambiguous: int) -> Check:
    """Whether a peer's counts are the ledger's. Counting ambiguous codons as real ones is noted, but not a failure.

    ambiguous: codons in the set that hold a letter other than A, C, G and T.
    """
    name = f"{peer} agrees with the ledger"
    differences = {codon: found[codon] - exact[codon] for codon in CODONS if found[codon] != exact[codon]}
    total, extra = sum(found.values()), sum(differences.values())
    if not differences:
        return Check(name, True, f"all 64 counts, {total:,} codons")
    if min(differences.values()) > 0 and extra <= ambiguous:
        return Check(
            name, True, f"except for {extra:,} of the {ambiguous:,} ambiguous codons, which it counts as real ones"
        )
    worst = max(differences, key=lambda codon: abs(differences[codon]))
    return Check(
        name, False, f"{len(differences)} codons differ, {extra:+,} in all, {worst} by {differences[worst]:+,}"
    )
