"""A genetic code of the user's own is read from NCBI's notation or from rows, or refused with its line."""

import csv
import io

import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.code_table import NCBI_ORDER, notation, numbered, parse
from opengenome.core.genetic_code import GENETIC_CODES, OWN, genetic_code
from opengenome.errors import InputError

# Table 2 as NCBI's page and NCBI's gc.prt write it.
PAGE = """
    AAs  = FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG
  Starts = ----------**--------------------MMMM----------**---M------------
  Base1  = TTTTTTTTTTTTTTTTCCCCCCCCCCCCCCCCAAAAAAAAAAAAAAAAGGGGGGGGGGGGGGGG
  Base2  = TTTTCCCCAAAAGGGGTTTTCCCCAAAAGGGGTTTTCCCCAAAAGGGGTTTTCCCCAAAAGGGG
  Base3  = TCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAG
"""
GC_PRT = """
  name "Vertebrate Mitochondrial" ,
  name "SGC1" ,
  id 2 ,
  ncbieaa  "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG",
  sncbieaa "----------**--------------------MMMM----------**---M------------"
  -- Base1  TTTTTTTTTTTTTTTTCCCCCCCCCCCCCCCCAAAAAAAAAAAAAAAAGGGGGGGGGGGGGGGG
  -- Base2  TTTTCCCCAAAAGGGGTTTTCCCCAAAAGGGGTTTTCCCCAAAAGGGGTTTTCCCCAAAAGGGG
  -- Base3  TCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAG
"""
AAS, STARTS = (line.split("= ")[1] for line in PAGE.splitlines()[1:3])
ROWS = "codon,amino_acid\n" + "".join(f"{codon},{letter}\n" for codon, letter in zip(NCBI_ORDER, AAS, strict=True))


def same(code, other):
    return (code.amino_acids, code.starts, code.stops) == (other.amino_acids, other.starts, other.stops)


@pytest.mark.parametrize(
    "text", [PAGE, GC_PRT, f"{AAS}\n{STARTS}\n", PAGE.replace("\n", "\r\n"), PAGE.replace("T", "t")]
)
def test_ncbis_notation_gives_ncbis_table(text):
    code = parse(text.replace("AAs", "aas"), "mine")
    assert same(code, genetic_code(2))
    assert (code.id, code.name) == (OWN, "Vertebrate Mitochondrial" if "name" in text else "mine")


@pytest.mark.parametrize(
    "text", [ROWS, ROWS.split("\n", 1)[1], ROWS.replace(",", "\t"), ROWS.replace("T,", "U,"), ROWS.lower()]
)
def test_64_rows_in_any_order_give_the_table_whose_starts_are_the_codons_of_met(text):
    first, *rows = text.splitlines()
    for lines in ([first, *rows], [first, *reversed(rows)]):
        code = parse("\n".join(lines), "mine")
        assert code.amino_acids == genetic_code(2).amino_acids
        assert (code.starts, code.stops) == ({"ATA", "ATG"}, {"TAA", "TAG", "AGA", "AGG"})


def test_the_bases_give_the_order():
    bases = ["".join(codon[place] for codon in CODONS) for place in range(3)]
    lines = [f"AAs = {genetic_code(2).amino_acids}", *(f"Base{n} = {row}" for n, row in enumerate(bases, 1))]
    assert parse("\n".join(lines), "").amino_acids == genetic_code(2).amino_acids


def test_a_codon_of_two_meanings_is_an_amino_acid_and_a_stop():
    code = parse(PAGE.replace("AAs  = FFLLSSSSYY**", "AAs  = FFLLSSSSYYQQ"), "")
    assert {"TAA", "TAG"} < code.stops
    assert code.amino_acids[CODONS.index("TAA")] == "Q"


@pytest.mark.parametrize("table", GENETIC_CODES)
def test_what_a_run_records_of_a_code_gives_the_same_code_again(table):
    code = genetic_code(table)
    again = numbered(OWN, notation(code))
    assert same(again, code)
    assert again.name == code.name
    assert notation(again) == notation(code)


def test_a_name_with_quotes_survives_the_record():
    assert numbered(OWN, notation(parse(PAGE, 'my "best" code'))).name == "my 'best' code"


def test_an_ncbi_number_is_ncbis_table_whatever_the_users_own():
    assert numbered(11, "") is genetic_code(11)


def test_a_code_written_by_a_spreadsheet_is_read():
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(row.split(",") for row in ROWS.splitlines())
    assert parse(text.getvalue(), "").amino_acids == genetic_code(2).amino_acids


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "it is empty"),
        (PAGE.replace("FFLL", "FFL"), 2, "AAs has 63 letters instead of 64"),
        (PAGE.replace("FFLL", "FFLX"), 2, "'X' is not the letter of an amino acid, nor * for a stop"),
        (PAGE.replace("---M---", "---i---"), 3, "Starts holds 'i', and takes M for a start, * for a stop, else -"),
        (PAGE.replace("Base1", "Base2"), 5, "Base2 is there twice"),
        ("\n".join(PAGE.splitlines()[:5]), 4, "of the lines Base1, Base2 and Base3 it has only some"),
        (PAGE.replace("= TTTTTTTTTTTTTTTTC", "= CTTTTTTTTTTTTTTTC"), 4, "Base1, Base2 and Base3 do not give each"),
        ("\n".join(PAGE.splitlines()[2:]), None, "it has no line AAs"),
        (">a\nACGT\n", 1, "the line is none of AAs, Starts, Base1, Base2 and Base3"),
        (PAGE + "Remarks = none\n", 7, "the line is none of AAs, Starts, Base1, Base2 and Base3"),
        (ROWS.replace("TTT,F", "TTN,F"), 2, "TTN is not a codon"),
        (ROWS.replace("TTC,F", "TTT,F"), 3, "TTT is there twice"),
        (ROWS.replace("TTT,F", "TTT,"), 2, "'' is not the letter of an amino acid, nor * for a stop"),
        (ROWS.replace("TTT,F", "TTT,Phe"), 2, "'Phe' is not the letter of an amino acid, nor * for a stop"),
        (ROWS.replace("TTT,F", "TTT,F,1"), 2, "the line is not codon,amino_acid"),
        (ROWS.replace("GGG,G\n", ""), None, "it lacks GGG"),
        (ROWS[:60], 9, "the line is not codon,amino_acid"),
        ("*" * 64, None, "no amino acid has two codons"),
        ("ACDEFGHIKLMNPQRSTVWY" + "*" * 44, None, "no amino acid has two codons"),
    ],
)  # fmt: skip
def test_a_wrong_code_is_refused_with_its_line(text, line, said):
    with pytest.raises(InputError) as caught:
        parse(text, "mine", "code.txt")
    assert caught.value.message.startswith(f"The genetic code cannot be read: {said}")
    assert caught.value.where == {"file": "code.txt"} | ({"line": line} if line else {})
