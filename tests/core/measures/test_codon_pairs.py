"""CPS and CPB are their formulas, and codon-bias's."""

from collections import Counter
from math import log

import numpy as np
import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.codon_pairs import PairCounter, count_pairs_naive
from opengenome.core.counting import count_naive
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.codon_pairs import codon_pair_bias, codon_pair_scores
from opengenome.errors import ContractError

CODE = genetic_code(1)


def counted(sequences):
    data = np.frombuffer("".join(sequences).encode(), dtype=np.uint8)
    ends = np.cumsum([len(one) for one in sequences])
    counter = PairCounter(0)
    counter.feed_strings(data, np.concatenate([[0], ends]).astype(np.int64), np.zeros(len(sequences), dtype=np.uint8))
    counter.finish()
    return counter.take()


def codons_of(sequences):
    return np.array([sum(count_naive(one)[0][codon] for one in sequences) for codon in CODONS])


def random_sequences(seed, n, codons=300, sense_only=True):
    chance = np.random.default_rng(seed)
    usable = [i for i in range(64) if not sense_only or CODE.amino_acids[i] != "*"]
    weights = chance.dirichlet(np.full(len(usable), 2.0))
    return ["".join(CODONS[i] for i in chance.choice(usable, codons, p=weights)) for _ in range(n)]


def test_a_codon_pair_score_is_its_formula():
    """Lys (AAA, AAG) and Glu (GAA, GAG) by hand: 12 pairs, of which 9 are Lys-Glu."""
    pairs, codons = np.zeros((64, 64), dtype=int), np.zeros(64, dtype=int)
    aaa, aag, gaa, gag = (CODONS.index(codon) for codon in ("AAA", "AAG", "GAA", "GAG"))
    pairs[aaa, gaa], pairs[aaa, gag], pairs[aag, gaa], pairs[aaa, aag] = 6, 1, 2, 3
    codons[[aaa, aag, gaa, gag]] = 12, 8, 9, 6
    scores = codon_pair_scores(pairs, codons, CODE)
    assert scores[aaa, gaa] == pytest.approx(log(6 / (12 * 9 / (20 * 15) * 9)))
    assert scores[aaa, gag] == pytest.approx(log(1 / (12 * 6 / (20 * 15) * 9)))
    assert scores[aaa, aag] == pytest.approx(log(3 / (12 * 8 / (20 * 20) * 3)))
    assert np.isnan(scores[aag, gag])  # not in the reference
    assert (~np.isnan(scores)).sum() == 4


def test_pairs_that_follow_from_their_codons_score_0():
    codons = np.random.default_rng(1).integers(1, 9, 64)
    scores = codon_pair_scores(np.outer(codons, codons), codons, CODE)
    sense = np.array([amino_acid != "*" for amino_acid in CODE.amino_acids])
    np.testing.assert_allclose(scores[np.ix_(sense, sense)], 0, atol=1e-12)
    assert np.isnan(scores[~sense]).all()
    assert np.isnan(scores[:, ~sense]).all()


def test_the_bias_of_a_sequence_is_the_mean_score_of_its_pairs():
    sequences = random_sequences(2, 30)
    pairs = counted(sequences)
    codons = codons_of(sequences)
    scores = codon_pair_scores(pairs.total(), codons, CODE)
    expected = [
        np.mean([scores[CODONS.index(a), CODONS.index(b)] for a, b in Counter(count_pairs_naive(one)).elements()])
        for one in sequences
    ]
    np.testing.assert_allclose(codon_pair_bias(pairs, scores), expected, rtol=1e-12)


def test_pairs_without_a_score_are_left_out_and_a_sequence_of_none_other_has_no_bias():
    scores = np.full((64, 64), np.nan)
    scores[CODONS.index("AAA"), CODONS.index("CCC")] = 0.5
    found = codon_pair_bias(counted(["AAACCCGGG", "GGGGGG", "", "AAACCCAAACCC"]), scores)
    np.testing.assert_array_equal(found, [0.5, np.nan, np.nan, 0.5])


def test_the_bias_of_a_sequence_does_not_depend_on_its_neighbours():
    sequences = random_sequences(3, 12)
    whole = counted(sequences)
    scores = codon_pair_scores(whole.total(), codons_of(sequences), CODE)
    alone = [codon_pair_bias(counted([one]), scores)[0] for one in sequences]
    np.testing.assert_array_equal(codon_pair_bias(whole, scores), alone)


def learned(theirs, table_id, sequences):
    """The scores of codon-bias, which takes its codons from the pairs and adds one to each; and ours of the same."""
    code, model = genetic_code(table_id), theirs.CodonPairBias(sequences, genetic_code=table_id)
    sense = np.array([amino_acid != "*" for amino_acid in code.amino_acids])
    pairs = (counted(sequences).total().reshape(64, 64) + 1) * np.outer(sense, sense)
    return model, codon_pair_scores(pairs, pairs.sum(axis=0) + pairs.sum(axis=1), code)


def codonbias_scores(theirs, table_id):
    """Our scores and codon-bias's, pair by pair."""
    model, scores = learned(theirs, table_id, random_sequences(4, 40))
    mine = [scores[CODONS.index(pair[:3]), CODONS.index(pair[3:])] for pair in model.weights.index]
    return mine, model.weights.to_numpy()


@pytest.mark.parametrize("table_id", [1, 4])
def test_codon_bias_agrees(table_id):
    theirs = pytest.importorskip("codonbias.scores", reason="codon-bias is not installed")
    mine, weights = codonbias_scores(theirs, table_id)
    assert len(mine) == {1: 61, 4: 62}[table_id] ** 2
    np.testing.assert_allclose(mine, weights, rtol=0, atol=1e-9)
    model, scores = learned(theirs, table_id, random_sequences(4, 40))
    others = random_sequences(5, 5)
    np.testing.assert_allclose(
        codon_pair_bias(counted(others), scores), [model.get_score(one) for one in others], rtol=0, atol=1e-9
    )


@pytest.mark.parametrize(
    "pairs", [np.ones((64, 63), int), np.ones(64, int), np.ones((64, 64)), -np.ones((64, 64), int)]
)
def test_what_is_no_table_of_pairs_is_refused(pairs):
    with pytest.raises(ContractError):
        codon_pair_scores(pairs, np.ones(64, dtype=int), CODE)
