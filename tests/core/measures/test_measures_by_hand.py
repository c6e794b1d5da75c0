"""Each measure on a few codons that can be worked out on paper."""

from math import log, sqrt

import numpy as np
import pytest
from Bio.SeqUtils.ProtParamData import kd

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures import composition, protein
from opengenome.core.measures.adaptation import cai, cbi, fop, optimal_codons, relative_adaptiveness
from opengenome.core.measures.arrays import row_sums
from opengenome.core.measures.order import milc, scuo
from opengenome.core.measures.trna import tai, trna_weights
from tests.core.measures.published import SHARP_LI_E_COLI, as_counts

CODE = genetic_code(1)


def table_of(**counts):
    return np.array([counts.get(codon, 0) for codon in CODONS])


def value_of(values, codon):
    return values[CODONS.index(codon)]


def test_sums_are_correctly_rounded_so_that_the_order_of_terms_is_irrelevant():
    assert row_sums([[1e16, 1.0, -1e16], [1.0, 1e16, -1e16]]).tolist() == [1.0, 1.0]


# --- reference ------------------------------------------------------------------------------------------------------


def test_w_is_the_share_of_the_most_used_codon_and_an_unseen_codon_counts_one_half():
    w = relative_adaptiveness(table_of(TTT=2, TTC=8, GGA=4, ATG=9, TAA=9), CODE)
    seen = {codon: value for codon, value in zip(CODONS, w.tolist(), strict=True) if not np.isnan(value)}
    assert seen == {"TTT": 0.25, "TTC": 1.0, "GGA": 1.0, "GGC": 0.125, "GGG": 0.125, "GGT": 0.125}


def test_a_family_of_which_one_codon_was_seen_once_has_w():
    w = relative_adaptiveness(table_of(TTT=1), CODE)
    assert (value_of(w, "TTT"), value_of(w, "TTC")) == (1, 0.5)


def test_w_of_printed_w_is_the_printed_w():
    # Sharp & Li 1987 print w to three decimals; w of counts in that proportion must be the same numbers.
    w = relative_adaptiveness(as_counts(SHARP_LI_E_COLI), CODE)
    assert {codon: value_of(w, codon) for codon in SHARP_LI_E_COLI} == pytest.approx(SHARP_LI_E_COLI, abs=1e-12)
    assert np.isnan(w).sum() == 64 - len(SHARP_LI_E_COLI) == 5  # Met, Trp and the three stops


def test_cai_is_the_geometric_mean_of_w_without_single_codons_stops_and_families_that_the_reference_lacks():
    reference = table_of(TTT=2, TTC=8, GGA=4)
    assert cai(table_of(TTT=1, TTC=1), CODE, reference) == pytest.approx(sqrt(0.25))
    assert cai(table_of(TTT=1, TTC=1, ATG=50, TGG=50, TAA=50, CCC=50), CODE, reference) == pytest.approx(0.5)
    assert cai(table_of(GGC=3), CODE, reference) == pytest.approx(0.125)
    assert np.isnan(cai(table_of(ATG=5, CCC=5), CODE, reference))


def test_optimal_codons_are_the_most_used_ones_all_of_them_at_a_tie():
    optimal = optimal_codons(table_of(TTT=7, TTC=8, GGA=4, GGC=4, GGG=1, ATG=3, TAA=3), CODE)
    assert [codon for codon, yes in zip(CODONS, optimal.tolist(), strict=True) if yes] == ["GGA", "GGC", "TTC"]


def test_fop_and_cbi_of_optimal_even_and_worst_usage():
    reference = table_of(TTT=2, TTC=8, GGA=4)
    for counts, expected_fop, expected_cbi in (
        (table_of(TTC=5, GGA=2), 1.0, 1.0),
        (table_of(TTC=5, TTT=5, GGA=2, GGC=2, GGG=2, GGT=2), 7 / 18, 0.0),
        (table_of(TTT=6), 0.0, -1.0),
        (table_of(GGC=6), 0.0, -1 / 3),
        (table_of(TTT=6, ATG=9, TGA=9, CCC=9), 0.0, -1.0),
    ):
        assert fop(counts, CODE, reference) == pytest.approx(expected_fop)
        assert cbi(counts, CODE, reference) == pytest.approx(expected_cbi)


def test_cbi_is_missing_where_every_codon_of_the_families_is_optimal():
    assert np.isnan(cbi(table_of(TTT=6, TTC=2), CODE, table_of(TTT=3, TTC=3)))
    assert fop(table_of(TTT=6, TTC=2), CODE, table_of(TTT=3, TTC=3)) == 1


def test_in_another_code_other_codons_take_part():
    # In code 2 ATA is Met and TGA is Trp, so that both are families of two.
    reference, counts = table_of(ATG=1, ATA=4), table_of(ATG=1)
    assert cai(counts, genetic_code(2), reference) == 0.25
    assert np.isnan(cai(counts, CODE, table_of(ATG=4)))


# --- order and distance ---------------------------------------------------------------------------------------------


def test_scuo_is_1_for_one_codon_each_0_for_even_usage_and_weighted_between():
    assert scuo(table_of(TTT=9, GGA=4), CODE) == 1
    assert scuo(table_of(TTT=4, TTC=4, GGA=1, GGC=1, GGG=1, GGT=1), CODE) == 0
    # Phe 3:1 has an entropy of 0.8113 of 1 bit; Gly in one codon has 0 of 2 bits.
    entropy = -(0.75 * log(0.75) + 0.25 * log(0.25)) / log(2)
    assert scuo(table_of(TTT=3, TTC=1), CODE) == pytest.approx(1 - entropy)
    assert scuo(table_of(TTT=3, TTC=1, GGA=12, ATG=99), CODE) == pytest.approx((4 * (1 - entropy) + 12) / 16)


def test_milc_by_hand():
    even = table_of(TTT=5, TTC=5)
    assert milc(table_of(TTT=4), CODE, even) == pytest.approx(2 * 4 * log(2) / 4 - (1 / 4 - 0.5))
    assert milc(table_of(TTT=2, TTC=2, ATG=6), CODE, even) == pytest.approx(0 - (1 / 10 - 0.5))
    # An unseen codon of the reference counts one half: expected 0.5/4.5 of the family.
    assert milc(table_of(TTT=4), CODE, table_of(TTC=4)) == pytest.approx(2 * log(9) - (1 / 4 - 0.5))
    assert np.isnan(milc(table_of(ATG=4, CCC=5), CODE, even))


# --- composition ----------------------------------------------------------------------------------------------------


def test_composition_by_hand():
    counts = table_of(GCA=3, GCT=1, ATG=4)
    assert composition.gc(counts) == (8 + 4) / 24
    assert [f(counts) for f in (composition.gc1, composition.gc2, composition.gc3)] == [0.5, 0.5, 0.5]
    assert composition.gc12(counts) == 0.5
    assert composition.gc12(table_of(ACT=3, ATG=1)) == 3 / 8
    assert composition.gc3s(counts, CODE) == 0
    assert (composition.gc3_skew(counts), composition.at3_skew(counts)) == (1, 0.5)


def test_parity_is_taken_in_boxes_of_four_also_of_families_of_six():
    counts = table_of(CTG=3, CTC=1, TTG=50, AGG=50, GCA=1, GCT=3, ATA=50)
    assert composition.pr2_gc(counts, CODE) == 0.75
    assert composition.pr2_at(counts, CODE) == 0.25
    assert np.isnan(composition.pr2_gc(table_of(TTG=50, AAG=1), CODE))


# --- protein --------------------------------------------------------------------------------------------------------


def test_protein_measures_by_hand():
    counts = table_of(ATG=1, TTT=2, GAA=1, TAA=1)
    assert protein.gravy(counts, CODE) == pytest.approx((1.9 + 2 * 2.8 - 3.5) / 4)
    assert protein.aromaticity(counts, CODE) == 0.5
    usage = dict(zip("ACDEFGHIKLMNPQRSTVWY", protein.amino_acid_usage(counts, CODE), strict=True))
    assert {letter: share for letter, share in usage.items() if share} == {"M": 0.25, "F": 0.5, "E": 0.25}
    # A stop of code 1 that code 2 reads as tryptophan.
    assert protein.aromaticity(table_of(TGA=1, GAA=1), genetic_code(2)) == 0.5


def test_hydropathy_is_the_scale_that_biopython_prints():
    assert {letter: tenths / 10 for letter, tenths in protein.HYDROPATHY_TENTHS.items()} == kd


# --- tRNA -----------------------------------------------------------------------------------------------------------


def test_trna_weights_add_wobble_within_one_amino_acid_and_fill_what_nothing_reads():
    weights = trna_weights(table_of(TTC=10, GGA=5, GGC=2, ATA=4, ATG=3), CODE)
    assert value_of(weights, "TTC") == 1
    assert value_of(weights, "TTT") == pytest.approx(0.59)  # G34 reads T
    assert value_of(weights, "GGG") == pytest.approx(0.5 * 0.32)  # U34 reads G
    assert value_of(weights, "ATA") == 0.4
    assert np.isnan([value_of(weights, codon) for codon in ("ATG", "TAA", "TAG", "TGA")]).all()
    read = [1, 0.59, 0.5, 0.5 * 0.32, 0.2, 0.2 * 0.59, 0.4]
    assert value_of(weights, "CCC") == pytest.approx(np.prod(read) ** (1 / len(read)))


def test_inosine_reads_t_c_and_hardly_a():
    weights = trna_weights(table_of(GGT=5), CODE)
    assert [value_of(weights, f"GG{third}") for third in "TCA"] == pytest.approx([1, 0.72, 0.0001])


def test_a_trna_does_not_read_codons_of_another_amino_acid():
    # I34 of the histidine tRNA for CAT would read CAA too, but that is glutamine: filled as if nothing read it.
    weights = trna_weights(table_of(CAT=6, TTC=10), CODE)
    read = [0.6, 0.6 * 0.72, 1, 0.59]
    assert value_of(weights, "CAA") == value_of(weights, "CCC") == pytest.approx(np.prod(read) ** (1 / len(read)))


def test_tai_is_the_geometric_mean_of_the_weights_without_met_and_stops():
    assert tai(table_of(TTT=1, TTC=1, ATG=9, TAA=9), CODE, table_of(TTC=10)) == pytest.approx(sqrt(0.59))
