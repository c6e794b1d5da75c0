"""Codon usage tables of others give the 64 counts that they print, or are refused with the line."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import custom, genetic_code
from opengenome.core.usage import codon_table, gc_content
from opengenome.errors import InputError
from opengenome.io.codon_tables import counts_of, is_table

PLACE = Path("table.txt")
COUNTS = tuple((7 * position + 3) % 101 for position in range(64))  # one of them is 0
LETTERS = genetic_code(1).amino_acids
RATES = [1000 * count / sum(COUNTS) for count in COUNTS]
ROWS = list(zip(CODONS, LETTERS, RATES, COUNTS, strict=True))
CUSP = "#CdsCount: 1\n\n#Coding GC 50.00%\n\n#Codon AA Fraction Frequency Number\n" + "".join(
    f"{codon}    {letter}     0.100    {rate:.3f}     {count}\n" for codon, letter, rate, count in ROWS
)
BARE_CUT = "".join(f"{codon} \t{letter}\t     0.100     {rate:.3f}\t{count}\n" for codon, letter, rate, count in ROWS)
GCG = "AmAcid  Codon     Number    /1000     Fraction   ..\n\n" + "".join(
    f"Ala     {codon}  {count:9}.00 {rate:9.2f}  0.10\n" for codon, _, rate, count in ROWS
)


def kazusa(entry: str) -> str:
    """Four codons in a line, in RNA."""
    entries = [
        entry.format(codon=codon.replace("T", "U"), letter=letter, rate=f"{rate:.1f}", count=count)
        for codon, letter, rate, count in ROWS
    ]
    lines = ["  ".join(entries[first : first + 4]) for first in range(0, 64, 4)]
    return "Homo sapiens [gbpri]: 93487 CDS's (40662582 codons)\n\n" + "\n".join(lines) + "\n\nCoding GC 52.27%\n"


STADEN = "".join(
    f"{'' if place % 4 else '      '}{letter} {codon} {count}.{' ' if place % 4 < 3 else chr(10)}"
    for place, (codon, letter, _, count) in enumerate(ROWS)
)
# As EMBOSS's codcopy writes its table of yeast.
SPSUM = (
    "Saccharomyces cerevisiae: 14027\n"
    "19067 16462 11101 40925 134644 58658 84643 34543 66463 77521 165629 171620 118099 90021 54345 148277 "
    "61548 89881 112312 79827 50515 127967 115032 43123 33390 85752 102592 79812 39175 133645 69181 62154 "
    "38293 151278 74832 73834 68179 139058 265921 195418 157412 226791 172993 77163 49129 86669 289513 121782 "
    "128454 238631 93420 118904 30089 50760 116255 165533 112747 108260 190640 132589 65676 6580 3226 4221\n"
)
KAZUSA = kazusa("{codon} {rate}({count:6})")
TABLES = {
    "cusp": CUSP,
    "a cut file without a heading": BARE_CUT,
    "GCG": GCG,
    "Kazusa": KAZUSA,
    "Kazusa with amino acids": kazusa("{codon} {letter} 0.10 {rate} ({count:6})"),
    "Staden": STADEN,
    "ours": "codon,amino_acid,count\n" + "".join(f"{codon},{letter},{count}\n" for codon, letter, _, count in ROWS),
    "other columns, quoted": '"Count";"x";"Codon"\n' + "".join(f'"{row[3]}";"";"{row[0].lower()}"\n' for row in ROWS),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_layout_gives_the_counts(name, ends):
    text = TABLES[name].replace("\n", ends)
    assert is_table(text)
    assert counts_of(text, PLACE) == COUNTS


def test_the_counts_of_kazusas_spsum_are_in_the_order_of_its_label():
    assert is_table(SPSUM)
    found = dict(zip(CODONS, counts_of(SPSUM, PLACE), strict=True))
    told = {"CGA": 19067, "TTT": 165533, "AAA": 265921, "GTG": 68179, "TTG": 171620, "TGA": 4221, "ATG": 132589}
    assert {codon: found[codon] for codon in told} == told


@pytest.mark.parametrize("entry", ["{codon} {rate}", "{codon} {letter} 0.10 {rate}"])
def test_rates_stand_in_for_counts_where_there_are_none(entry):
    text = kazusa(entry)
    assert is_table(text)
    assert counts_of(text, PLACE) == tuple(round(10 * rate) for rate in RATES)


def test_a_list_of_genes_is_no_table_though_genes_are_called_like_codons():
    assert not is_table("CAT\nGAA1\nACT1\nTUB2\n")
    assert not is_table("CAT 3.5\nACT1 2\nTUB2 1\n")
    assert not is_table("")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (CUSP.replace("AAC  ", "AAA  "), 7, "AAA is there twice"),
        (CUSP.replace("\nTTT ", "\nTT "), None, "it lacks TTT"),
        (CUSP[:-30], 69, "the line is not codons with their numbers"),
        (CUSP.replace("AAA    K     0.100", "AAA    K     x"), 6, "the line is not codons with their numbers"),
        (CUSP.replace("     3\n", "     -3\n"), 6, "the line is not codons with their numbers"),
        (KAZUSA.replace("(    10)", "(    1O)"), 3, "the line is not codons with their numbers"),
        (KAZUSA.replace("(    10)", "        "), None, "some codons have a count and others have none"),
        (re.sub(r"\(\s*\d+\)", "(0)", KAZUSA), None, "all counts are 0"),
        (TABLES["ours"].replace("AAC,N,10", "AAC,N,ten"), 3, "the count of AAC is 'ten', not a whole number"),
        (TABLES["ours"].replace("AAC,N,10", "AAC,N,1.5"), 3, "the count of AAC is '1.5', not a whole number"),
        (TABLES["ours"].replace("AAC,N,10", "AAN,N,10"), 3, "'AAN' is not a codon"),
        (TABLES["ours"].replace("AAC,N,10", "AAC,N"), 3, "the count of AAC is '', not a whole number"),
        (TABLES["ours"].replace("AAC,N,10", f"AAC,N,{'9' * 30}"), 3, f"the count of AAC is larger than {2**53:,}"),
        (TABLES["ours"].replace("AAC,N,10", 'AAC,"N,10'), 65, "unexpected end of data"),
        (STADEN.replace("N AAC 10.", "N AAC 1O."), 1, "the line is not codons with their numbers"),
        (2 * SPSUM, 3, "it has several organisms"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_with_its_line(text, line, said):
    with pytest.raises(InputError) as caught:
        counts_of(text, PLACE)
    assert caught.value.message == f"The codon table cannot be read: {said}"
    assert caught.value.where == {"file": PLACE} | ({"line": line} if line else {})


# EMBOSS's own tables, where its Debian package emboss-data is installed.
CUT_FILES = sorted(Path("/usr/share/EMBOSS/data/CODONS").glob("*.cut"))
_ROW = re.compile(r"\s*([ACGT]{3})\s+(\S)\s+(\S+)\s+(\S+)\s+(\d+)\s*")
# The rates of these are not those of the counts beside them. In twelve the counts are the rates without their decimals;
# they sum to 968 to 979. In the other two the rates were made of a smaller total.
TRUNCATED = {
    *("Eadenovirus5", "Eadenovirus7", "Eaidlav", "Eanidmit", "Echicken", "Edrosophila"),
    *("Ef1", "Efish", "Ephix174", "Epolyomaa2", "Erabbit", "Exenopus"),
}
CONTRADICTORY = TRUNCATED | {"Eyeast_cai", "Eyeastcai"}


def compared(path: Path) -> dict[str, float]:
    """By how much our fraction, rate and GC differ from the printed, in units of the last digit."""
    text = path.read_text()
    printed = {row[1]: row for row in map(_ROW.fullmatch, text.splitlines()) if row}
    counts = counts_of(text, path)
    code = custom(path.name, {codon: row[2] for codon, row in printed.items()})
    table = codon_table(counts, code)
    found = {}
    for name, column, ours in (("fraction", 3, table.fraction), ("rate", 4, table.per_thousand)):
        theirs = [printed[codon][column] for codon in CODONS]
        digits = max(len(value.partition(".")[2].rstrip("0")) for value in theirs)  # some end in zeros throughout
        found[name] = 10**digits * max(abs((a or 0) - float(b)) for a, b in zip(ours, theirs, strict=True))
    gc = gc_content(counts, code)
    for name, value in zip(("gc", "gc1", "gc2", "gc3"), re.findall(r"GC ([\d.]+)%", text), strict=False):
        found[name] = 100 * abs(100 * (gc[name] or 0) - float(value))
    return found


@pytest.mark.skipif(not CUT_FILES, reason="EMBOSS's codon tables are not installed (emboss-data)")
def test_all_tables_of_emboss_are_read_and_our_figures_equal_the_printed_ones():
    assert len(CUT_FILES) == 249
    found = {path.stem: compared(path) for path in CUT_FILES}
    half = 0.5 + 1e-6  # of the last printed digit
    differing = {name for name, units in found.items() if max(units["fraction"], units["rate"]) > half}
    assert differing == CONTRADICTORY
    truncated = [counts_of(path.read_text(), path) for path in CUT_FILES if path.stem in TRUNCATED]
    assert all(968 <= sum(counts) <= 979 for counts in truncated)
    gc = [max(units[name] for name in ("gc", "gc1", "gc2", "gc3")) for units in found.values() if "gc" in units]
    assert (len(gc), max(gc) <= half) == (108, True)


@pytest.mark.skipif(not CUT_FILES or not shutil.which("codcopy"), reason="EMBOSS is not installed")
@pytest.mark.parametrize("layout", ["emboss", "cut", "gcg", "cherry", "transterm", "cutg", "staden", "spsum"])
def test_every_layout_that_emboss_writes_gives_the_same_counts(layout):
    """cutg is Kazusa's."""
    for path in CUT_FILES[::83]:
        command = ["codcopy", path.name, "-stdout", "-auto", "-oformat2", layout]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert is_table(text)
        assert counts_of(text, path) == counts_of(path.read_text(), path), path.name
