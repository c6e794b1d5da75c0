"""A codon table as the text that other programs read. Each function takes 64 counts and returns a whole file.

A family that does not occur has 0 for its fraction, as EMBOSS writes it: none of these formats has a missing value.
`absent_families` says which they are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP
from opengenome.core.measures.arrays import Floats
from opengenome.core.measures.composition import gc, gc1, gc2, gc3
from opengenome.core.measures.synonymous import fraction, per_thousand
from opengenome.io.usage_tables import UsageTable

_GCG_BASES, _KAZUSA_BASES = "GATC", "TCAG"  # the order of the bases in these two formats
_RULE = "-" * 80


def cut(table: UsageTable) -> str:
    """EMBOSS's codon usage file, as cusp writes it: amino acids alphabetical, stops last."""
    lines = [] if table.sequences is None else [f"#CdsCount: {table.sequences}", ""]
    (whole, *positions), (fractions, thousandths) = _gc(table), _values(table)
    lines.append(f"#Coding GC {whole:.2f}%")
    lines += [f"#{name} letter GC {share:.2f}%" for name, share in zip(("1st", "2nd", "3rd"), positions, strict=True)]
    lines += ["", "#Codon AA Fraction Frequency Number"]
    for i in _by_amino_acid(table):
        numbers = f"{fractions[i]:9.3f} {thousandths[i]:9.3f} {table.counts[i]:6d}"
        lines.append(f"{CODONS[i]}    {table.amino_acids[i]} {numbers}")
    return _text(lines)


def gcg(table: UsageTable) -> str:
    """The codon frequency table of the Wisconsin package (GCG), bases in the order G, A, T, C."""
    from Bio.Data.IUPACData import protein_letters_1to3_extended as names

    fractions, thousandths = _values(table)
    lines = ["!!CODON_FREQUENCY 1.0", "", "AmAcid  Codon     Number    /1000     Fraction   ..", ""]
    for first, second in _pairs(_GCG_BASES):
        for third in _GCG_BASES:
            i = CODONS.index(first + second + third)
            name = "End" if table.amino_acids[i] == STOP else names.get(table.amino_acids[i], "Xaa")
            numbers = f" {table.counts[i]:10.2f} {thousandths[i]:10.2f} {fractions[i]:9.2f}"
            lines.append(f"{name}     {CODONS[i]}{numbers}")
        lines.append("")
    return _text(lines)


def kazusa(table: UsageTable) -> str:
    """The text of Kazusa's Codon Usage Database with amino acids (EMBOSS calls it `cutgaa`), in RNA letters."""
    fractions, thousandths = _values(table)
    # EMBOSS needs a division in brackets, and takes 0 CDS as unknown.
    title = f"{table.title} [opengenome]: {table.sequences or 0} CDS's ({table.codons} codons)"
    fields = "fields: [triplet] [amino acid] [fraction] [frequency: per thousand] ([number])"
    lines = [title, _RULE, fields, _RULE, ""]
    for first in _KAZUSA_BASES:
        for third in _KAZUSA_BASES:
            row = [CODONS.index(first + second + third) for second in _KAZUSA_BASES]
            cells = (
                f"{CODONS[i].replace('T', 'U')} {table.amino_acids[i]} {fractions[i]:4.2f} {thousandths[i]:4.1f}"
                f" ({table.counts[i]:6d})"
                for i in row
            )
            lines.append("  ".join(cells))
        lines.append("")
    whole, *positions = (f"{share:.2f}%" for share in _gc(table))
    named = zip(("1st", "2nd", "3rd"), positions, strict=True)
    lines += [_RULE, " ".join([f"Coding GC {whole}", *(f"{name} letter GC {share}" for name, share in named)]), _RULE]
    return _text(lines)


def python_codon_tables(table: UsageTable) -> str:
    """The CSV of the Python package python_codon_tables, in DNA letters; its `relative_frequency` is the fraction."""
    fractions, _ = _values(table)
    stops_first = sorted(range(len(CODONS)), key=lambda i: (table.amino_acids[i], CODONS[i]))
    rows = [f"{table.amino_acids[i]},{CODONS[i]},{fractions[i]!r}" for i in stops_first]
    return _text(["amino_acid,codon,relative_frequency", *rows])


EXPORTS: dict[str, Callable[[UsageTable], str]] = {
    "cut": cut,
    "gcg": gcg,
    "kazusa": kazusa,
    "python_codon_tables": python_codon_tables,
}


def absent_families(table: UsageTable) -> list[str]:
    """The amino acids (and `*`) that no counted codon means."""
    return [letter for letter, family in table.code.families.items() if not any(table.counts[i] for i in family)]


def _values(table: UsageTable) -> tuple[list[float], list[float]]:
    """The fraction and the per thousand of each codon, 0 where missing."""
    return _known(fraction(table.counts, table.code)), _known(per_thousand(table.counts))


def _gc(table: UsageTable) -> list[float]:
    """G and C in per cent, in all and by position."""
    return _known(100 * np.array([measure(table.counts) for measure in (gc, gc1, gc2, gc3)]))


def _known(values: Floats) -> list[float]:
    known: list[float] = np.nan_to_num(values, nan=0.0).tolist()
    return known


def _by_amino_acid(table: UsageTable) -> list[int]:
    return sorted(range(len(CODONS)), key=lambda i: (table.amino_acids[i] == STOP, table.amino_acids[i], CODONS[i]))


def _pairs(bases: str) -> list[tuple[str, str]]:
    return [(first, second) for first in bases for second in bases]


def _text(lines: list[str]) -> str:
    return "\n".join([*lines, ""])
