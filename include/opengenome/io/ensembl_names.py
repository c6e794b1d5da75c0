"""What the names of Ensembl's files say: the assembly, which part of it, and what to take first. Pure.

FASTA: Homo_sapiens.GRCh38.dna.toplevel.fa; GFF3 of it: Homo_sapiens.GRCh38.115.gff3, where 115 is a release of Ensembl.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_WHOLE = ("toplevel", "primary_assembly")
_MASKS = ("dna", "dna_sm", "dna_rm")  # the letters as they are, in lower case, and lost
_GENOME = re.compile(r"(?P<assembly>.+)\.(?P<mask>dna(?:_[sr]m)?)\.(?P<part>[a-z_]+(?:\.[^.]+)?)")
_OF_GENES = re.compile(r"(?P<assembly>.+)\.(?:(?:cds|cdna|pep)\.(?:all|abinitio)|ncrna)")
# What follows the assembly in the name of an annotation. abinitio: predictions without evidence.
_ANNOTATION = re.compile(r"(?:(?P<release>[0-9]+)(?:\.|$))?(?P<part>(?:[a-z_]+(?:\.[^.]+)?)?)")
_WHOLE_ANNOTATIONS = ("", "chr", "chr_patch_hapl_scaff", "abinitio")


@dataclass(frozen=True, slots=True)
class EnsemblName:
    """part: of the genome, as "chromosome.1"; "" for all of it. rank: of files that say the same, the lowest is taken.

    is_genome: whether the file holds its letters. is_guess: whether it was predicted without evidence.
    """

    assembly: str
    part: str = ""
    rank: tuple[int, int] = (0, 0)
    is_genome: bool = False
    is_guess: bool = False


def of_fasta(stem: str) -> EnsemblName | None:
    """The name of a FASTA file without its endings; None if it is not Ensembl's."""
    if found := _GENOME.fullmatch(stem):
        part, mask = found["part"], _MASKS.index(found["mask"])
        if part in _WHOLE:
            return EnsemblName(found["assembly"], "", (mask, _WHOLE.index(part)), is_genome=True)
        return EnsemblName(found["assembly"], part, (mask, 0), is_genome=True)
    found = _OF_GENES.fullmatch(stem)
    return EnsemblName(found["assembly"]) if found else None


def of_annotation(stem: str, assemblies: Collection[str]) -> EnsemblName | None:
    """The name of GFF3 or GenBank without its endings. assemblies: of the FASTA beside it; None if it has none of them.

    The longest that fits is its assembly, because older FASTA have a release in their names too.
    """
    steps = stem.removesuffix(".dat").split(".")  # .dat: Ensembl's ending of GenBank
    for length in range(len(steps), 0, -1):
        assembly, rest = ".".join(steps[:length]), ".".join(steps[length:])
        if assembly in assemblies and (found := _ANNOTATION.fullmatch(rest)):
            release, part = -int(found["release"] or 0), found["part"]
            if part in _WHOLE_ANNOTATIONS:
                rank = _WHOLE_ANNOTATIONS.index(part), release
                return EnsemblName(assembly, "", rank, is_guess=part == "abinitio")
            return EnsemblName(assembly, part, (0, release))
    return None
