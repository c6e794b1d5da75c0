"""NCBI's genetic codes in our codon order. The trigger form imports this module, so it loads no numpy and no Biopython.

Source: NCBI's "The Genetic Codes" (gc.prt 4.6, Elzanowski & Ostell); the tables themselves come from Biopython.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from opengenome.core.alphabet import CODONS
from opengenome.errors import UsageError

STOP = "*"
OWN = 0  # the number of a genetic code of the user's own

# Identifiers and names of gc.prt, without its "SGC0" aliases. Numbers 7, 8 and 17 to 20 were withdrawn or never used.
# They are a literal, so that the form needs no Biopython; a test compares them with Biopython's tables.
GENETIC_CODES: dict[int, str] = {
    1: "Standard",
    2: "Vertebrate Mitochondrial",
    3: "Yeast Mitochondrial",
    4: "Mold Mitochondrial; Protozoan Mitochondrial; Coelenterate Mitochondrial; Mycoplasma; Spiroplasma",
    5: "Invertebrate Mitochondrial",
    6: "Ciliate Nuclear; Dasycladacean Nuclear; Hexamita Nuclear",
    9: "Echinoderm Mitochondrial; Flatworm Mitochondrial",
    10: "Euplotid Nuclear",
    11: "Bacterial, Archaeal and Plant Plastid",
    12: "Alternative Yeast Nuclear",
    13: "Ascidian Mitochondrial",
    14: "Alternative Flatworm Mitochondrial",
    15: "Blepharisma Macronuclear",
    16: "Chlorophycean Mitochondrial",
    21: "Trematode Mitochondrial",
    22: "Scenedesmus obliquus Mitochondrial",
    23: "Thraustochytrium Mitochondrial",
    24: "Pterobranchia Mitochondrial",
    25: "Candidate Division SR1 and Gracilibacteria",
    26: "Pachysolen tannophilus Nuclear",
    27: "Karyorelict Nuclear",
    28: "Condylostoma Nuclear",
    29: "Mesodinium Nuclear",
    30: "Peritrich Nuclear",
    31: "Blastocrithidia Nuclear",
    32: "Balanophoraceae Plastid",
    33: "Cephalodiscidae Mitochondrial",
}


@dataclass(frozen=True)
class GeneticCode:
    """One NCBI translation table, or a genetic code of the user's own, whose id is `OWN`.

    amino_acids: 64 one-letter codes, codons alphabetical; "*" is a stop. In codes 27, 28 and 31 the context decides
    whether some codons are sense or stop. As in NCBI's AAs line they are given as the amino acid, so these three codes
    have no stop.
    starts, stops: the codons that a coding sequence may begin and end with. Codons of two meanings are stops too.
    """

    id: int
    name: str
    amino_acids: str
    starts: frozenset[str] = frozenset()
    stops: frozenset[str] = frozenset()

    @cached_property
    def families(self) -> dict[str, tuple[int, ...]]:
        """Amino acid (or "*", if the code has stops) → its codon indices, ascending; keys alphabetical."""
        return {
            letter: tuple(index for index, amino_acid in enumerate(self.amino_acids) if amino_acid == letter)
            for letter in sorted(set(self.amino_acids))
        }


@cache
def genetic_code(table_id: int) -> GeneticCode:
    """The code of an NCBI table id. Raises UsageError, which lists all ids, for an unknown one. Source: Biopython."""
    if table_id not in GENETIC_CODES:
        known = ", ".join(map(str, GENETIC_CODES))
        raise UsageError(f"There is no NCBI genetic code {table_id!r}", advice=f"Choose one of {known}.")
    from Bio.Data import CodonTable

    # Codons that are both stop and sense are in the forward table, which gives them their amino acid.
    table = CodonTable.unambiguous_dna_by_id[table_id]
    amino_acids = "".join(table.forward_table.get(codon, STOP) for codon in CODONS)
    name, starts, stops = GENETIC_CODES[table_id], frozenset(table.start_codons), frozenset(table.stop_codons)
    return GeneticCode(table_id, name, amino_acids, starts, stops)


def custom(
    name: str, amino_acids: Mapping[str, str], starts: frozenset[str] | None = None, stops: frozenset[str] = frozenset()
) -> GeneticCode:
    """A genetic code of the user's own.

    amino_acids: by codon, all 64. starts: by default the codons of Met. stops: those that are amino acids too.
    """
    letters = "".join(amino_acids[codon] for codon in CODONS)
    of_met = frozenset(codon for codon, letter in amino_acids.items() if letter == "M")
    always = frozenset(codon for codon, letter in amino_acids.items() if letter == STOP)
    return GeneticCode(OWN, name, letters, of_met if starts is None else starts, stops | always)
