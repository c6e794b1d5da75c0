"""Pairs of codons are counted as a loop counts them; CPS and CPB are their formulas, and codon-bias's."""

from collections import Counter
from itertools import pairwise
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.core.alphabet import CODONS
from opengenome.core.codon_pairs import PAIRS, codon_indices, pair_counts
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.codon_pairs import codon_pair_bias, codon_pair_scores
from opengenome.errors import ContractError

SEQUENCES = st.lists(st.text("ACGTUNacgtnRX", max_size=40), max_size=8)
CODE = genetic_code(1)


def as_codons(sequences):
    data = np.frombuffer("".join(sequences).encode(), dtype=np.uint8)
    return codon_indices(data, np.concatenate([[0], np.cumsum([len(one) for one in sequences])]).astype(np.int64))


def counted(sequences):
    return pair_counts(*as_codons(sequences))


def naive(sequence):
    """{pair: times}, codons by their letters."""
    letters = sequence.upper().replace("U", "T")
    codons = [letters[i : i + 3] for i in range(0, len(letters) - 2, 3)]
    return Counter(pair for pair in pairwise(codons) if set("".join(pair)) <= set("ACGT"))


def spelled(pairs, sequence):
    """The entries of one sequence, as `naive` has them."""
    entries = slice(pairs.starts[sequence], pairs.starts[sequence + 1])
    by_index = zip(pairs.pair[entries].tolist(), pairs.count[entries].tolist(), strict=True)
    return {(CODONS[pair // 64], CODONS[pair % 64]): times for pair, times in by_index}


def random_sequences(seed, n, codons=300, sense_only=True):
    chance = np.random.default_rng(seed)
    usable = [i for i in range(64) if not sense_only or CODE.amino_acids[i] != "*"]
    weights = chance.dirichlet(np.full(len(usable), 2.0))
    return ["".join(CODONS[i] for i in chance.choice(usable, codons, p=weights)) for _ in range(n)]


@given(sequences=SEQUENCES)
def test_pairs_of_each_sequence_are_those_of_a_loop(sequences):
    found = counted(sequences)
    assert [spelled(found, i) for i in range(len(sequences))] == [naive(one) for one in sequences]
    assert (found.count > 0).all()


@given(sequences=SEQUENCES, at=st.integers(0, 8))
def test_a_split_between_sequences_changes_nothing(sequences, at):
    whole, left, right = counted(sequences), counted(sequences[:at]), counted(sequences[at:])
    np.testing.assert_array_equal(whole.total(), left.total() + right.total())
    np.testing.assert_array_equal(whole.pair, np.concatenate([left.pair, right.pair]))
    assert whole.total().sum() == whole.count.sum()
    assert whole.total().shape == (PAIRS,)


def test_a_pair_crosses_neither_an_ambiguous_codon_nor_the_end_of_a_sequence():
    found = counted(["AAACCC", "GGGTT", "AAANNNCCC", "AAACCCAAAC"])
    assert [spelled(found, i) for i in range(4)] == [
        {("AAA", "CCC"): 1}, {}, {}, {("AAA", "CCC"): 1, ("CCC", "AAA"): 1}
    ]  # fmt: skip


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
    codons = np.bincount(as_codons(sequences)[0], minlength=64)
    scores = codon_pair_scores(pairs.total(), codons, CODE)
    expected = [
        np.mean([scores[CODONS.index(a), CODONS.index(b)] for a, b in naive(one).elements()]) for one in sequences
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
    scores = codon_pair_scores(whole.total(), np.bincount(as_codons(sequences)[0], minlength=64), CODE)
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
