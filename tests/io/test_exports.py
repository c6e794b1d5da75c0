"""Exports say what their formats say: EMBOSS reads three of them and writes the same lines itself."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from opengenome.cli.options import EXPORTS as OFFERED
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.synonymous import fraction, per_thousand
from opengenome.io.exports import EXPORTS, absent_families
from opengenome.io.usage_tables import UsageTable
from tests.core.count_tables import random_table

needs_emboss = pytest.mark.skipif(not shutil.which("codcopy"), reason="EMBOSS is not installed")
NAME_IN_EMBOSS = {"cut": "cut", "gcg": "gcg", "kazusa": "cutgaa"}
ROWS_OF_CUT = re.compile(r"^([ACGT]{3}) +(\S) +(\S+) +(\S+) +(\d+)$", re.MULTILINE)


def table_of(counts, code_id=1):
    counts = tuple(int(n) for n in counts)
    return UsageTable(counts, genetic_code(code_id).amino_acids, "mine", sequences=12)


def copied(text, form, to, folder):
    """What EMBOSS writes in the format `to` after reading `text` as `form`."""
    (folder / "in").write_text(text)
    line = ["codcopy", "-infile", str(folder / "in"), "-format1", form, "-oformat2", to, "-outfile", "out"]
    subprocess.run(line, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
    return (folder / "out").read_text()


def test_every_format_that_the_command_offers_exists():
    assert tuple(EXPORTS) == OFFERED


@needs_emboss
@pytest.mark.parametrize("form", NAME_IN_EMBOSS)
@pytest.mark.parametrize("times", [1, 5_000_000])  # EMBOSS reads counts below 2 to the 31
def test_emboss_reads_the_counts_of_the_file(form, times, tmp_path):
    table = table_of(random_table(1) * times)
    rows = ROWS_OF_CUT.findall(copied(EXPORTS[form](table), NAME_IN_EMBOSS[form], "cut", tmp_path))
    assert {codon: int(n) for codon, _, _, _, n in rows} == dict(zip(CODONS, table.counts, strict=True))
    assert {codon: letter for codon, letter, *_ in rows} == dict(zip(CODONS, table.amino_acids, strict=True))


@needs_emboss
@pytest.mark.parametrize("form", NAME_IN_EMBOSS)
def test_the_rows_are_those_that_emboss_writes(form, tmp_path):
    table = table_of(random_table(2))
    theirs = copied(EXPORTS["cut"](table), "cut", NAME_IN_EMBOSS[form], tmp_path)
    rows = re.compile(r"^[ACGU]{3} .*|^(?:[A-Z][a-z]{2}|[ACGT]{3}) +\S.*", re.MULTILINE)
    mine, others = (rows.findall(text) for text in (EXPORTS[form](table), theirs))
    assert len(mine) >= 16
    number = re.compile(r"\d+\.?\d*")
    assert [number.sub("0", line) for line in mine] == [number.sub("0", line.rstrip()) for line in others]
    assert list(map(len, mine)) == [len(line.rstrip()) for line in others]
    # EMBOSS rounds what it has read, and that was rounded too.
    values = [[float(n) for line in lines for n in number.findall(line)] for lines in (mine, others)]
    assert values[0] == pytest.approx(values[1], abs=0.1001 if form == "kazusa" else 0.01001)


@needs_emboss
def test_codcmp_finds_no_difference_between_a_table_and_itself(tmp_path):
    (tmp_path / "a.cut").write_text(EXPORTS["cut"](table_of(random_table(3))))
    line = ["codcmp", "-first", "a.cut", "-second", "a.cut", "-outfile", "out"]
    subprocess.run(line, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
    assert re.search(r"Sum Squared Difference = 0\.000", (tmp_path / "out").read_text())


def test_a_cut_file_has_each_number_under_the_code_of_the_table():
    table = table_of(random_table(4), code_id=2)
    text = EXPORTS["cut"](table)
    rows = {codon: numbers for codon, *numbers in ROWS_OF_CUT.findall(text)}
    fractions, thousandths = fraction(table.counts, table.code), per_thousand(table.counts)
    assert rows["ATA"][0] == "M"
    for i, codon in enumerate(CODONS):
        assert rows[codon][1:3] == [f"{fractions[i]:.3f}", f"{thousandths[i]:.3f}"]
        assert int(rows[codon][3]) == table.counts[i]
    assert text.startswith("#CdsCount: 12\n")
    assert [line.split()[0] for line in text.splitlines()[-4:]] == ["AGA", "AGG", "TAA", "TAG"]  # its stops


def test_the_csv_of_python_codon_tables_reads_back_as_its_documentation_says():
    table = table_of(random_table(5))
    text = EXPORTS["python_codon_tables"](table)
    found = {}
    head, *rows = text.rstrip().split("\n")
    for amino_acid, codon, frequency in (row.split(",") for row in rows):
        found.setdefault(amino_acid, {})[codon] = float(frequency)
    assert head == "amino_acid,codon,relative_frequency"
    expected = fraction(table.counts, table.code).tolist()
    assert found == {letter: {CODONS[i]: expected[i] for i in family} for letter, family in table.code.families.items()}
    assert next(iter(found)) == "*"


def test_python_codon_tables_itself_reads_the_csv():
    package = pytest.importorskip("python_codon_tables", reason="python_codon_tables is not installed")
    table = table_of(random_table(6))
    read = package.csv_string_to_codons_dict(EXPORTS["python_codon_tables"](table))
    assert read["K"] == {
        codon: float(fraction(table.counts, table.code)[CODONS.index(codon)]) for codon in ("AAA", "AAG")
    }


@pytest.mark.parametrize("form", NAME_IN_EMBOSS)
def test_numbers_of_any_size_stay_apart_from_the_codon_and_from_each_other(form):
    counts = random_table(9) * 10**12
    text = EXPORTS[form](table_of(counts)).replace("U", "T")
    for codon, count in zip(CODONS, counts.tolist(), strict=True):
        assert re.search(rf"\b{codon}\b.*[ (]{count}\b", text)


@pytest.mark.parametrize("form", EXPORTS)
def test_families_that_do_not_occur_have_fractions_of_0_and_are_named(form):
    counts = random_table(7)
    counts[list(genetic_code(1).families["C"])] = 0
    table = table_of(counts)
    assert absent_families(table) == ["C"]
    assert "nan" not in EXPORTS[form](table)
    empty = table_of(np.zeros(64, dtype=int))
    assert "nan" not in EXPORTS[form](empty)
    assert len(absent_families(empty)) == 21


@pytest.mark.parametrize("form", EXPORTS)
def test_a_table_of_unknown_sequences_says_nothing_of_them(form):
    table = UsageTable(tuple(map(int, random_table(8))), genetic_code(1).amino_acids, "mine")
    text = EXPORTS[form](table)
    assert "None" not in text
    assert "CdsCount" not in text
