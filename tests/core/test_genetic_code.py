"""Genetic codes: the 27 tables are NCBI's, in our codon order, and their names load without numpy or Biopython."""

import re
import subprocess
import sys

import pytest
from Bio.Data import CodonTable

from opengenome.core.alphabet import CODONS, byte_classes
from opengenome.core.genetic_code import GENETIC_CODES, genetic_code
from opengenome.errors import UsageError

# NCBI's AAs lines (gc.prt), in NCBI's own order TTT, TTC, TTA ...: typed here so that Biopython is checked too.
NCBI_AAS = {
    1: "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
    2: "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG",
    5: "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSSSVVVVAAAADDEEGGGG",
    11: "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
    27: "FFLLSSSSYYQQCCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
    28: "FFLLSSSSYYQQCCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
    31: "FFLLSSSSYYEECCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
}
NCBI_ORDER = [a + b + c for a in "TCAG" for b in "TCAG" for c in "TCAG"]


def test_codons_are_the_64_in_alphabetical_order():
    assert len(CODONS) == 64
    assert list(CODONS) == sorted(set(CODONS))
    assert all(index == sum("ACGT".index(c[p]) * 4 ** (2 - p) for p in range(3)) for index, c in enumerate(CODONS))


@pytest.mark.parametrize("table_id", GENETIC_CODES)
def test_every_code_translates_all_64_codons_as_biopython_does(table_id):
    table = CodonTable.unambiguous_dna_by_id[table_id]
    code = genetic_code(table_id)

    assert len(code.amino_acids) == 64
    for codon, amino_acid in zip(CODONS, code.amino_acids, strict=True):
        assert amino_acid == table.forward_table.get(codon, "*")
        assert (amino_acid == "*") == (codon in table.stop_codons and codon not in table.forward_table)


@pytest.mark.parametrize("table_id", NCBI_AAS)
def test_codes_equal_ncbis_aas_line_also_where_a_codon_has_two_meanings(table_id):
    expected = dict(zip(NCBI_ORDER, NCBI_AAS[table_id], strict=True))
    assert dict(zip(CODONS, genetic_code(table_id).amino_acids, strict=True)) == expected


def test_the_form_offers_exactly_the_codes_biopython_has_under_ncbis_names():
    assert list(GENETIC_CODES) == sorted(CodonTable.unambiguous_dna_by_id)
    assert len(GENETIC_CODES) == 27
    for table_id, name in GENETIC_CODES.items():
        names = CodonTable.unambiguous_dna_by_id[table_id].names
        wanted = [n for n in names if n and not re.fullmatch(r"SGC\d+", n)]
        assert re.split(r"; |, | and ", name) == wanted
        assert genetic_code(table_id).name == name


@pytest.mark.parametrize("table_id", GENETIC_CODES)
def test_each_of_the_64_codons_is_in_one_family(table_id):
    code = genetic_code(table_id)
    assert sorted(index for family in code.families.values() for index in family) == list(range(64))
    for letter, family in code.families.items():
        assert {code.amino_acids[index] for index in family} == {letter}


def test_families_come_from_the_code():
    vertebrate = genetic_code(2)
    assert [CODONS[i] for i in vertebrate.families["*"]] == ["AGA", "AGG", "TAA", "TAG"]
    assert [CODONS[i] for i in vertebrate.families["M"]] == ["ATA", "ATG"]
    assert [CODONS[i] for i in vertebrate.families["W"]] == ["TGA", "TGG"]
    assert "*" not in genetic_code(27).families


@pytest.mark.parametrize("table_id", [0, 7, 8, 17, 20, 34, -1, "1", None])
def test_an_unknown_code_is_a_usage_error_that_lists_the_ids(table_id):
    with pytest.raises(UsageError) as caught:
        genetic_code(table_id)
    assert repr(table_id) in str(caught.value)
    assert ", ".join(map(str, GENETIC_CODES)) in str(caught.value)


def test_reading_the_names_and_codons_loads_neither_numpy_nor_biopython():
    program = (
        "import sys, opengenome.core.genetic_code, opengenome.core.alphabet;"
        "print([name for name in ('numpy', 'Bio') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_byte_classes_still_know_every_letter():
    classes = byte_classes()
    assert [int(classes[ord(letter)]) for letter in "ACGTUacgtu"] == [0, 1, 2, 3, 3] * 2
    assert {int(classes[ord(letter)]) for letter in "RYSWKMBDHVNn"} == {4}
    assert {int(classes[byte]) for byte in b" \t\r\n"} == {8}
    assert int(classes[ord("-")]) == int(classes[0]) == 16
