"""What the qualifiers and attributes of a CDS say, from their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.errors import InputError, quoted


def is_pseudo(*features: Mapping[str, Iterable[str | None]]) -> bool:
    """Whether a feature, or one of its ancestors, has an attribute `pseudo` or `pseudogene` other than false.

    features: the values of each attribute by its name; None or "" where it stands without one.
    """
    for feature in features:
        for name in ("pseudo", "pseudogene"):
            if name in feature and any((value or "").strip().casefold() != "false" for value in feature[name]):
                return True
    return False


@lru_cache(maxsize=64)
def read_genetic_code(text: str) -> int:
    """The NCBI table that transl_table names. Raises InputError, with the text, where there is none."""
    table = int(text) if text.strip().isdecimal() and len(text) < 9 else 0
    if table not in GENETIC_CODES:
        known = ", ".join(map(str, GENETIC_CODES))
        raise InputError(f"transl_table={quoted(text)} is no genetic code of NCBI", advice=f"They are {known}.")
    return table


@lru_cache(maxsize=64)
def read_codon_start(text: str, name: str = "codon_start") -> int:
    """The value of codon_start: 1 to 3. Raises InputError, with the text, for any other. name: what it is called."""
    if text.strip() not in ("1", "2", "3"):
        raise InputError(f"{name}={quoted(text)} is none of 1, 2 and 3")
    return int(text)


def cds_name(record: str, protein_id: str, number: int) -> str:
    """The identifier of a record's CDS (1-based number) in NCBI's manner: a protein_id alone may occur twice."""
    parts = (record, "cds", protein_id, str(number)) if protein_id else (record, "cds", str(number))
    return "_".join(parts if record else parts[1:])
