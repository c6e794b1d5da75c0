"""codonW's own example, 111 genes of yeast: our measures are its measures, to each digit that it prints."""

import numpy as np
import pytest
from Bio.Data.IUPACData import protein_letters_3to1

from opengenome.core.alphabet import CODONS
from opengenome.core.measures.protein import amino_acid_usage
from opengenome.core.measures.synonymous import rscu
from opengenome.core.measures.table import MEASURES
from tests.core.measures.codonw import (
    CODE,
    CODONW_NUMBERS,
    EXAMPLE,
    codonw,
    counts_of,
    indices,
    installed,
    well_expressed,
)
from tests.core.measures.published import SHARP_LI_E_COLI, as_counts

COLUMN_AND_DIGITS = {
    "cai": ("CAI", 3),
    "cbi": ("CBI", 3),
    "fop": ("Fop", 3),
    "enc_wright": ("Nc", 2),
    "gc3s": ("GC3s", 3),
    "gravy": ("Gravy", 6),
    "aromaticity": ("Aromo", 6),
}

pytestmark = pytest.mark.skipif(not installed(), reason="codonw or its example is not installed")


@pytest.fixture(scope="module")
def genes():
    return counts_of(EXAMPLE)


@pytest.fixture(scope="module")
def reference(genes):
    return well_expressed(genes)


@pytest.fixture(scope="module")
def theirs(reference, tmp_path_factory):
    return indices(reference, tmp_path_factory.mktemp("codonw"))


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
