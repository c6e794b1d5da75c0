"""CAI and tAI agree with codon-bias to 1e-9. tests/core/test_usage_peers.py compares ENC and RSCU with it."""

import numpy as np
import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.adaptation import cai
from opengenome.core.measures.trna import tai


def scores():
    return pytest.importorskip("codonbias.scores", reason="codon-bias is not installed")


# Gene copies by anticodon, in the manner of yeast: each codon is read by some tRNA.
ANTICODONS = {
    "AGC": 11, "TGC": 5, "TCT": 11, "ACG": 6, "CCG": 1, "CCT": 1, "GTT": 10, "GTC": 16, "GCA": 4, "TTG": 9, "CTG": 1,
    "TTC": 14, "CTC": 2, "GCC": 16, "TCC": 3, "CCC": 2, "GTG": 7, "AAT": 13, "TAT": 2, "CAA": 10, "TAA": 7, "GAG": 1,
    "TAG": 3, "TTT": 7, "CTT": 14, "CAT": 10, "GAA": 10, "TGG": 10, "AGG": 2, "AGA": 11, "TGA": 3, "CGA": 1, "GCT": 4,
    "AGT": 11, "TGT": 4, "CGT": 1, "CCA": 6, "GTA": 8, "AAC": 14, "TAC": 2, "CAC": 2,
}  # fmt: skip
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def tables(seed, families_of_one, code):
    """Ten random tables; without the families of one codon, if so asked."""
    counts = np.random.default_rng(seed).integers(0, 60, (10, 64))
    for family in code.families.values():
        if len(family) == 1 and not families_of_one:
            counts[:, family] = 0
    return counts


def spelled(counts):
    return "".join(codon * int(n) for codon, n in zip(CODONS, counts, strict=True))


@pytest.mark.parametrize("table_id", [1, 2, 5, 11, 12])
def test_cai_agrees(table_id):
    code = genetic_code(table_id)
    # It counts families of one codon, with w = 1, and adds one to each count of the reference.
    counts, reference = tables(1, False, code), tables(2, True, code)[0]
    model = scores().CodonAdaptationIndex([spelled(reference)], genetic_code=table_id)
    theirs = [model.get_score(spelled(row)) for row in counts]
    np.testing.assert_allclose(cai(counts, code, reference + 1), theirs, rtol=0, atol=1e-9)


def tai_and_theirs(theirs):
    """tAI of ten random tables: ours, and that of codon-bias."""
    pandas = pytest.importorskip("pandas")
    code = genetic_code(1)
    counts = tables(3, True, code)
    counts[:, CODONS.index("ATG")] = 0  # it counts Met
    copies = pandas.DataFrame({"anti_codon": list(ANTICODONS), "GCN": list(ANTICODONS.values())})
    model = theirs.TrnaAdaptationIndex(tGCN=copies)
    trna = np.array([ANTICODONS.get(codon.translate(COMPLEMENT)[::-1], 0) for codon in CODONS])
    return tai(counts, code, trna), [model.get_score(spelled(row)) for row in counts]


def test_tai_agrees():
    np.testing.assert_allclose(*tai_and_theirs(scores()), rtol=0, atol=1e-9)
