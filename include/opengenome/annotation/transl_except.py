"""Codons that the ribosome reads in their own way: the qualifier transl_except.

Source: the INSDC Feature Table Definition, section 7.4.2: (pos:location,aa:amino_acid).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from opengenome.annotation.insdc import read_location
from opengenome.annotation.location import Location, Segment
from opengenome.annotation.splice import offsets
from opengenome.errors import InputError, quoted

TERM = "TERM"
MET = "MET"
_ONE = re.compile(r"\(\s*pos\s*:\s*(?P<pos>(?:[^()]|\((?:[^()]|\([^()]*\))*\))+?)\s*,\s*aa\s*:\s*(?P<aa>[\w-]+)\s*\)")


@dataclass(frozen=True)
class TranslExcept:
    """The codon at a location stands for this amino acid (three letters, upper case; TERM is a stop)."""

    location: Location
    amino_acid: str


def read_transl_except(text: str) -> tuple[TranslExcept, ...]:
    """Every exception in a qualifier's text, which may list several. Raises InputError, with the text, without any."""
    found = tuple(TranslExcept(read_location(one["pos"]), one["aa"].upper()) for one in _ONE.finditer(text))
    if not found:
        raise InputError(f"The qualifier transl_except={quoted(' '.join(text.split()))} cannot be read")
    return found


def codon_of(exception: TranslExcept, segments: Iterable[Segment], skipped: int) -> int | None:
    """Which codon (0-based) of the spliced letters an exception names, after as many skipped bases; None: none of them.

    Strands are not compared: older records leave out complement(). A base that overlapping segments read twice stands
    in two codons; the one with most of the named bases is meant.
    """
    segments, named = tuple(segments), exception.location.segments
    if sum(segment.end - segment.start for segment in named) > 3:
        return None
    bases = {base for segment in named for base in range(segment.start, segment.end)}
    codons = Counter((at - skipped) // 3 for base in bases for at in offsets(segments, base))
    return max(codons, key=lambda codon: (codons[codon], codon)) if codons else None
