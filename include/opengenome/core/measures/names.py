"""How people are told of the measures: a symbol, a full name, how to read the values, why one may be missing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """symbol: for heads of tables. title: the full name. scale: the unit of its values, and what they mean.

    missing: why there may be no value.
    """

    symbol: str
    title: str
    scale: str = "0 to 1"
    missing: str = "no codon was counted"

    @property
    def label(self) -> str:
        """Of an axis: `GC12: GC at first and second positions`."""
        return f"{self.symbol}: {self.title}"


_FEW = "too few codons were counted"
_NO_SENSE = "no sense codon was counted"
_NO_FAMILY = "no codon of this amino acid was counted"
_NO_SYNONYM = "no codon with synonyms was counted"
_NO_BASE = "neither base occurs there"
_UNLIKE = "no codon with synonyms that the reference has was counted"
_EFFECTIVE = "about 20 if each amino acid uses one codon, up to 61 in the standard code if all are used alike"

NAMES: dict[str, Name] = {
    "fraction": Name("Fraction", "Share of a codon in those of its amino acid", missing=_NO_FAMILY),
    "per_thousand": Name("Per thousand", "Share of a codon in all that were counted", "per thousand"),
    "rscu": Name(
        "RSCU", "Relative synonymous codon usage", "1 if all codons of the amino acid are used alike", _NO_FAMILY
    ),
    "w": Name("w", "Relative adaptiveness", "1 for the most used codon of the amino acid", _NO_FAMILY),
    "amino_acid_usage": Name("Amino acid usage", "Share of an amino acid in the sense codons", missing=_NO_SENSE),
    "gc": Name("GC", "Share of G and C in the counted codons"),
    "gc1": Name("GC1", "GC at first positions"),
    "gc2": Name("GC2", "GC at second positions"),
    "gc3": Name("GC3", "GC at third positions"),
    "gc12": Name("GC12", "GC at first and second positions"),
    "gc3s": Name("GC3s", "GC at synonymous third positions", missing=_NO_SYNONYM),
    "gc3_skew": Name("GC3 skew", "(G − C) / (G + C) at third positions", "from −1, no G, to 1, no C", _NO_BASE),
    "at3_skew": Name("AT3 skew", "(A − T) / (A + T) at third positions", "from −1, no A, to 1, no T", _NO_BASE),
    "pr2_gc": Name(
        "G3 / (G3 + C3)", "Share of G in G and C at third positions of fourfold boxes", "0.5 if balanced", _NO_BASE
    ),
    "pr2_at": Name(
        "A3 / (A3 + T3)", "Share of A in A and T at third positions of fourfold boxes", "0.5 if balanced", _NO_BASE
    ),
    "enc_wright": Name("ENC (Wright)", "Effective number of codons (Wright 1990)", _EFFECTIVE, _FEW),
    "enc_sun": Name("ENC (Sun)", "Effective number of codons (Sun, Yang & Xia 2013)", _EFFECTIVE, _NO_SENSE),
    "enc_expected": Name(
        "Expected ENC",
        "Effective number of codons that GC3s alone would give",
        "codons, under the standard code",
        _NO_SYNONYM,
    ),
    "scuo": Name(
        "SCUO", "Synonymous codon usage order", "0 if codons are used alike, 1 if each amino acid uses one", _NO_SYNONYM
    ),
    "gravy": Name("GRAVY", "Grand average of hydropathy", "from −4.5, hydrophilic, to 4.5, hydrophobic", _NO_SENSE),
    "aromaticity": Name("Aromaticity", "Share of Phe, Trp and Tyr in the sense codons", missing=_NO_SENSE),
    "cai": Name("CAI", "Codon adaptation index", "1 if only the most used codons of the reference are used", _UNLIKE),
    "fop": Name("Fop", "Frequency of optimal codons, those that the reference uses most", missing=_UNLIKE),
    "cbi": Name("CBI", "Codon bias index", "1 if all codons are optimal, 0 if as many as by chance", _UNLIKE),
    "milc": Name("MILC", "Distance of the codon usage from that of the reference", "small if they are alike", _UNLIKE),
    "tai": Name("tAI", "tRNA adaptation index", "1 if only codons with the most tRNA genes are used", _NO_SENSE),
    "cpb": Name(
        "CPB",
        "Codon pair bias, the mean score of neighbours",
        "above 0 if pairs are preferred ones",
        "no pair has a score",
    ),
}
"""Of every measure of `table.MEASURES`, and of the bias of codon pairs, by the name of its column."""
