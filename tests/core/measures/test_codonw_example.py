"""codonW's own example, 111 genes of yeast: our measures are its measures, to each digit that it prints."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from Bio.Data.IUPACData import protein_letters_3to1

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.adaptation import optimal_codons, relative_adaptiveness
from opengenome.core.measures.protein import amino_acid_usage
from opengenome.core.measures.synonymous import rscu
from opengenome.core.measures.table import MEASURES
from tests.core.measures.published import SHARP_LI_E_COLI, as_counts

EXAMPLE = Path("/usr/share/doc/codonw/examples/input.dat")
CODE = genetic_code(1)
# codonW's number of a codon: 16 × first base, then 4 × third base, then second base, in the order T, C, A, G.
CODONW_NUMBERS = [a + b + c for a in "TCAG" for c in "TCAG" for b in "TCAG"]
COLUMN_AND_DIGITS = {
    "cai": ("CAI", 3),
    "cbi": ("CBI", 3),
    "fop": ("Fop", 3),
    "enc_wright": ("Nc", 2),
    "gc3s": ("GC3s", 3),
    "gravy": ("Gravy", 6),
    "aromaticity": ("Aromo", 6),
}

pytestmark = pytest.mark.skipif(
    not (shutil.which("codonw") and EXAMPLE.exists()), reason="codonw or its example is not installed"
)


def counts_of(path):
    """The counts of each sequence of a FASTA file, (genes, 64), and the names."""
    genes = [record.partition("\n") for record in path.read_text().split(">")[1:]]
    table = np.zeros((len(genes), 64), dtype=int)
    for row, (_, _, lines) in zip(table, genes, strict=True):
        sequence = "".join(lines.split()).upper().replace("U", "T")
        for at in range(0, len(sequence) - 2, 3):
            if sequence[at : at + 3] in CODONS:
                row[CODONS.index(sequence[at : at + 3])] += 1
    return table, [header for header, _, _ in genes]


def codonw(folder, *options):
    """The lines of codonW's index file and of its bulk file, each split at blanks."""
    shutil.copy(EXAMPLE, folder / "genes.dat")
    command = ["codonw", "genes.dat", "indices", "bulk", *options, "-nomenu", "-nowarn", "-silent", "-machine"]
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    return [[line.split() for line in (folder / name).read_text().splitlines()] for name in ("indices", "bulk")]


@pytest.fixture(scope="module")
def genes():
    return counts_of(EXAMPLE)


@pytest.fixture(scope="module")
def reference(genes):
    """Five well expressed genes together. Some codons do not occur in them, and some tie for the most used."""
    counts, names = genes
    chosen = [name.split()[0] in ("PGK1", "CRY1", "PDI1", "CIT2", "LEU2") for name in names]
    assert sum(chosen) == 5
    return counts[chosen].sum(axis=0)


def in_codonw_order(values):
    return [values[CODONS.index(codon)] for codon in CODONW_NUMBERS]


@pytest.fixture(scope="module")
def theirs(reference, tmp_path_factory):
    """What codonW says of each gene with our reference: column to values as printed."""
    folder = tmp_path_factory.mktemp("codonw")
    w = in_codonw_order(np.nan_to_num(relative_adaptiveness(reference, CODE), nan=1.0))
    (folder / "w").write_text("\n".join(f"{value:.9f}" for value in w))
    optimal = in_codonw_order(np.where(optimal_codons(reference, CODE), 3, 2))
    (folder / "optimal").write_text("\n".join(map(str, optimal)))
    files = ["-cai_file", "w", "-cbi_file", "optimal", "-fop_file", "optimal"]
    (header, *rows), _ = codonw(folder, "-all_indices", *files)
    # A title may hold blanks; the columns are counted from the right.
    return {name: [row[at] for row in rows] for at, name in enumerate(header[1:], start=1 - len(header))}


@pytest.mark.parametrize("measure", COLUMN_AND_DIGITS)
def test_each_measure_is_what_codonw_prints_for_its_111_genes(measure, genes, reference, theirs):
    counts, _ = genes
    column, digits = COLUMN_AND_DIGITS[measure]
    mine = MEASURES[measure](counts, code=CODE, reference=reference)
    assert len(mine) == len(theirs[column]) == 111
    for value, printed in zip(mine.tolist(), theirs[column], strict=True):
        assert value == pytest.approx(float(printed), abs=0.5 * 10**-digits + 3e-7)  # 3e-7: it computes in float32


def test_cai_with_the_printed_w_of_e_coli_is_codonws_default(genes, tmp_path):
    (_, *rows), _ = codonw(tmp_path, "-cai")
    counts, _ = genes
    mine = MEASURES["cai"](counts, code=CODE, reference=as_counts(SHARP_LI_E_COLI))
    assert mine == pytest.approx([float(row[-1]) for row in rows], abs=0.0005001)


def test_rscu_and_amino_acid_usage_are_what_codonw_prints(genes, tmp_path):
    counts, _ = genes
    (tmp_path / "rscu").mkdir()
    _, lines = codonw(tmp_path / "rscu", "-rscu")
    printed = np.array([float(number) for line in lines for number in line[:16]]).reshape(111, 64)
    mine = np.nan_to_num(rscu(counts, CODE))  # it prints 0 for an empty family
    assert np.abs(mine[:, [CODONS.index(codon) for codon in CODONW_NUMBERS]] - printed).max() < 0.000501

    (tmp_path / "aa").mkdir()
    _, (header, *lines) = codonw(tmp_path / "aa", "-raau")
    printed = np.array([[float(number) for number in line[-21:]] for line in lines])
    at_stops = header[-21:].index("TER")
    order = [protein_letters_3to1[name] for name in header[-21:] if name != "TER"]
    mine = amino_acid_usage(counts, CODE)
    columns = [[letter for letter in CODE.families if letter != "*"].index(letter) for letter in order]
    assert np.abs(mine[:, columns] - np.delete(printed, at_stops, axis=1)).max() < 0.0000501
