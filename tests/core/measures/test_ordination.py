"""Correspondence analysis is codonW's to its printed digits; PCA is that of the covariances; both are reproducible."""

import numpy as np
import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures import ordination
from opengenome.core.measures.arrays import codons_of, synonymous_families
from opengenome.core.measures.ordination import correspondence_of_counts, correspondence_of_rscu, pca_of_rscu, sample
from opengenome.core.measures.synonymous import rscu
from opengenome.errors import ContractError
from tests.core.measures.codonw import EXAMPLE, codonw, coordinates, counts_of, installed

CODE = genetic_code(1)
SYNONYMOUS = sorted(codons_of(synonymous_families(CODE)))
ANALYSES = (correspondence_of_counts, correspondence_of_rscu, pca_of_rscu)

every_analysis = pytest.mark.parametrize("analysis", ANALYSES)


def genes(seed, n=40):
    """Counts of n sequences of different usage and length, some without some amino acids."""
    chance = np.random.default_rng(seed)
    return chance.poisson(chance.gamma(0.5, 1, (n, 64)) * chance.gamma(2, 8, (n, 1)))


@pytest.mark.skipif(not installed(), reason="codonw or its example is not installed")
@pytest.mark.parametrize(
    ("option", "analysis"), [("-coa_cu", correspondence_of_counts), ("-coa_rscu", correspondence_of_rscu)]
)
def test_it_is_codonws_analysis_of_its_111_genes_to_each_printed_digit(option, analysis, tmp_path):
    codonw(tmp_path, option)
    counts, _ = counts_of(EXAMPLE)
    mine = analysis(counts, CODE)

    printed = [line.split() for line in (tmp_path / "eigen.coa").read_text().splitlines()[:4]]
    assert mine.eigenvalues == pytest.approx([float(row[1]) for row in printed], rel=6e-5)
    assert mine.share == pytest.approx([float(row[2]) for row in printed], abs=0.000051)
    names, of_codons = coordinates(tmp_path / "codon.coa")
    _, of_genes = coordinates(tmp_path / "genes.coa")
    order = [names.index(CODONS[i].replace("T", "U")) for i in mine.codons]
    signs = np.sign(of_codons[order][0] * mine.of_codons[0])  # the sign of an axis is arbitrary
    assert len(order) == 59
    assert np.abs(mine.of_codons * signs - of_codons[order]).max() < 2e-6  # it computes in float32
    assert np.abs(mine.of_sequences * signs - of_genes).max() < 2e-6


def test_the_inertia_of_counts_is_their_chi_square_over_their_sum():
    counts = genes(1)
    found = correspondence_of_counts(counts, CODE, axes=64)
    table = counts[np.ix_(found.sequences, found.codons)]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    assert found.eigenvalues.sum() == pytest.approx((((table - expected) ** 2) / expected).sum() / table.sum())
    assert found.share.sum() == pytest.approx(1)


@pytest.mark.parametrize("analysis", [correspondence_of_counts, correspondence_of_rscu])
def test_a_sequence_lies_at_the_mean_of_its_codons_over_the_axis_scale(analysis):
    """The transition formula: each set of coordinates follows from the other."""
    counts = genes(2)
    found = analysis(counts, CODE)
    values = counts if analysis is correspondence_of_counts else np.nan_to_num(rscu(counts, CODE))
    table = values[np.ix_(found.sequences, found.codons)]
    profiles = table / table.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.of_sequences, profiles @ found.of_codons / np.sqrt(found.eigenvalues), atol=1e-10)
    masses = table.sum(axis=1) / table.sum()
    np.testing.assert_allclose(masses @ found.of_sequences, 0, atol=1e-12)
    np.testing.assert_allclose(masses @ found.of_sequences**2, found.eigenvalues, rtol=1e-9)


def test_principal_components_are_those_of_the_covariances():
    counts = genes(3) + 1
    found, values = pca_of_rscu(counts, CODE), rscu(counts, CODE)[:, SYNONYMOUS]
    variances, vectors = np.linalg.eigh(np.cov(values.T))
    np.testing.assert_allclose(found.eigenvalues, variances[::-1][:4], rtol=1e-9)
    np.testing.assert_allclose(np.abs(found.of_codons), np.abs(vectors[:, ::-1][:, :4]), atol=1e-8)
    np.testing.assert_allclose(found.of_sequences, (values - values.mean(axis=0)) @ found.of_codons, atol=1e-10)
    assert found.share == pytest.approx(variances[::-1][:4] / variances.sum())


def test_a_missing_family_moves_a_sequence_on_no_principal_component():
    counts = genes(4) + 1
    counts[0, list(CODE.families["C"])] = 0
    found = pca_of_rscu(counts, CODE)
    mean = np.nanmean(rscu(counts, CODE), axis=0)
    row = np.where(np.isnan(rscu(counts[0], CODE)), mean, rscu(counts[0], CODE))
    np.testing.assert_allclose(found.of_sequences[0], (row - mean)[SYNONYMOUS] @ found.of_codons, atol=1e-10)


@every_analysis
def test_the_order_of_the_sequences_changes_nothing(analysis):
    counts = genes(5)
    order = np.random.default_rng(5).permutation(len(counts))
    one, other = analysis(counts, CODE), analysis(counts[order], CODE)
    np.testing.assert_allclose(other.of_codons, one.of_codons, atol=1e-8)
    by_position = dict(zip(one.sequences.tolist(), one.of_sequences, strict=True))
    expected = np.stack([by_position[order[i]] for i in other.sequences])
    np.testing.assert_allclose(other.of_sequences, expected, atol=1e-8)


@every_analysis
def test_the_furthest_codon_of_each_axis_is_on_its_positive_side(analysis):
    for seed in range(6, 12):
        of_codons = analysis(genes(seed), CODE).of_codons
        assert (of_codons.max(axis=0) >= -of_codons.min(axis=0)).all()


@every_analysis
def test_shapes_fit_and_shares_fall(analysis):
    found = analysis(genes(12), CODE, axes=3)
    n, c = len(found.sequences), len(found.codons)
    assert (found.of_sequences.shape, found.of_codons.shape) == ((n, 3), (c, 3))
    assert (found.eigenvalues.shape, found.share.shape) == ((3,), (3,))
    assert (np.diff(found.eigenvalues) <= 0).all()
    assert 0 < found.share.sum() <= 1


@every_analysis
def test_sequences_without_synonymous_codons_and_codons_that_never_occur_take_no_part(analysis):
    counts = genes(13)
    counts[7] = 0
    counts[7, CODONS.index("ATG")] = 50  # Met alone
    counts[:, CODONS.index("CGA")] = 0
    found = analysis(counts, CODE)
    assert found.left_out == 1
    assert 7 not in found.sequences
    assert CODONS.index("CGA") not in found.codons
    assert len(found.codons) == 58
    assert np.isfinite(found.of_sequences).all()


@every_analysis
def test_stops_and_single_codons_change_nothing(analysis):
    counts = genes(14)
    others = counts.copy()
    others[:, [i for i in range(64) if i not in SYNONYMOUS]] += 1000
    np.testing.assert_array_equal(analysis(others, CODE).of_codons, analysis(counts, CODE).of_codons)


@every_analysis
@pytest.mark.parametrize(
    "counts", [np.zeros((0, 64), int), np.zeros((3, 64), int), np.ones((1, 64), int), np.ones((5, 64), int)]
)
def test_where_usage_does_not_vary_there_is_no_axis(analysis, counts):
    found = analysis(counts, CODE)
    assert found.of_sequences.shape == (len(found.sequences), 0)
    assert found.of_codons.shape == (len(found.codons), 0)
    assert len(found.share) == 0


@every_analysis
def test_beyond_the_limit_a_fixed_sample_is_analysed_and_the_result_says_so(analysis, monkeypatch):
    counts = genes(15, 60)
    assert not analysis(counts, CODE).sampled
    monkeypatch.setattr(ordination, "MOST", 25)
    chosen, found = sample(60), analysis(counts, CODE)
    assert (found.given, found.sampled, len(chosen)) == (60, True, 25)
    assert set(found.sequences) <= set(chosen)
    np.testing.assert_allclose(analysis(counts[chosen], CODE).of_sequences, found.of_sequences)


def test_the_sample_is_the_same_everywhere_and_spread_over_all_positions():
    chosen = sample(100_000)
    assert len(chosen) == len(set(chosen.tolist())) == 20_000
    assert [hex(number) for number in ordination._hashes(3)] == SPLITMIX64_OF_SEED_0
    assert chosen[:5].tolist() == [2, 4, 6, 32, 33]
    assert (np.diff(chosen) > 0).all()
    by_tenth = np.histogram(chosen, bins=10, range=(0, 100_000))[0]
    assert (abs(by_tenth - 2000) < 200).all()
    np.testing.assert_array_equal(sample(20_000), np.arange(20_000))


# As the generator's authors print them.
SPLITMIX64_OF_SEED_0 = ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


def test_a_table_without_sequences_as_rows_is_refused():
    with pytest.raises(ContractError, match="a row for each sequence"):
        pca_of_rscu(np.ones(64, dtype=int), CODE)
