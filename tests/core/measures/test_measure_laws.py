"""What holds for every measure of the table: its range, its shape, what missing means, and that only counts matter."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opengenome.core.genetic_code import GENETIC_CODES, genetic_code
from opengenome.core.measures.names import NAMES
from opengenome.core.measures.table import MEASURES, For, by_sequence
from opengenome.errors import ContractError

EVERY_CODE = st.sampled_from(list(GENETIC_CODES)).map(genetic_code)
# Zeros are common, so that empty families are.
COUNT = st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 2000))
TABLE = st.lists(COUNT, min_size=64, max_size=64).map(np.array)
TABLES = st.lists(TABLE, min_size=1, max_size=4).map(np.stack)
FEW_CODONS_MATTER = {"enc_wright", "enc_sun", "milc"}  # they correct for the number of codons
COUNTS_STOPS = {"fraction", "per_thousand", "rscu", "gc", "gc1", "gc2", "gc3", "gc12", "gc3_skew", "at3_skew"}

every_measure = pytest.mark.parametrize("name", MEASURES)


def random_tables(seed, *shape):
    """Counts from short to long sequences, some codons unused."""
    chance = np.random.default_rng(seed)
    return chance.poisson(chance.gamma(0.4, 20, (*shape, 64)))


def given_for(seed, table_id=1):
    return {
        "code": genetic_code(table_id),
        "reference": random_tables(seed, 20).sum(axis=0),
        "trna": np.random.default_rng(seed).integers(0, 12, 64),
    }


def test_every_measure_has_a_name_for_people_and_no_two_have_one():
    assert set(NAMES) == {*MEASURES, "cpb"}
    for texts in ([name.symbol for name in NAMES.values()], [name.title for name in NAMES.values()]):
        assert len(set(texts)) == len(texts)
        assert all(texts)


@settings(max_examples=50)  # 26 measures of each
@given(counts=TABLES, reference=TABLE, trna=TABLE, code=EVERY_CODE)
def test_no_measure_leaves_its_range(counts, reference, trna, code):
    for name, measure in MEASURES.items():
        values = measure(counts, code=code, reference=reference, trna=trna)
        known = values[~np.isnan(values)]
        lowest, highest = measure.range
        assert ((lowest <= known) & (known <= highest)).all(), name


@every_measure
def test_an_extreme_sequence_stays_in_range_too(name):
    lowest, highest = MEASURES[name].range
    for counts in (np.full(64, 10**9), np.full(64, 1), np.eye(64, dtype=int), np.eye(64, dtype=int) * 10**9):
        values = MEASURES[name](counts, **given_for(1))
        assert (np.isnan(values) | ((lowest <= values) & (values <= highest))).all()


@every_measure
def test_results_are_float64_of_the_shape_that_the_table_tells(name):
    of_codons = {For.CODON: (64,), For.AMINO_ACID: (20,), For.SEQUENCE: ()}[MEASURES[name].value_for]
    for shape in ((), (5,), (2, 3), (0,)):
        values = MEASURES[name](random_tables(2, *shape), **given_for(2))
        assert (values.shape, values.dtype) == (shape + of_codons, np.float64)


@every_measure
def test_nothing_counted_is_missing_and_never_0(name):
    assert np.isnan(MEASURES[name](np.zeros((2, 64), dtype=int), **given_for(3))).all()


@pytest.mark.parametrize("name", [name for name, measure in MEASURES.items() if len(measure.needs) > 1])
def test_an_empty_reference_makes_every_value_missing(name):
    empty = {"code": genetic_code(1), "reference": np.zeros(64, dtype=int), "trna": np.zeros(64, dtype=int)}
    assert np.isnan(MEASURES[name](random_tables(4, 3), **empty)).all()


@every_measure
@pytest.mark.parametrize("table_id", [1, 2, 12])
def test_neither_the_order_of_sequences_nor_a_split_of_the_batch_changes_a_bit(name, table_id):
    counts, known = random_tables(5, 37), given_for(5, table_id)
    counts[3] = 0
    whole = MEASURES[name](counts, **known)
    shuffled = np.random.default_rng(5).permutation(37)
    np.testing.assert_array_equal(MEASURES[name](counts[shuffled], **known), whole[shuffled])
    parts = [MEASURES[name](part, **known) for part in np.split(counts, [1, 2, 20])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal([MEASURES[name](row, **known) for row in counts], whole)
    np.testing.assert_array_equal(MEASURES[name](np.asfortranarray(counts), **known), whole)
    np.testing.assert_array_equal(MEASURES[name](counts.astype(np.uint16), **known), whole)


@pytest.mark.parametrize("name", [name for name in MEASURES if name not in FEW_CODONS_MATTER | {"w"}])
def test_the_same_usage_in_a_longer_sequence_gives_the_same_value(name):
    counts, known = random_tables(6, 20), given_for(6)
    once, many = MEASURES[name](counts, **known), MEASURES[name](counts * 7, **known)
    np.testing.assert_allclose(many, once, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", [name for name in MEASURES if name not in COUNTS_STOPS])
def test_stop_codons_do_not_matter_where_the_measure_leaves_them_out(name):
    counts, known = random_tables(7, 20), given_for(7)
    with_stops = counts.copy()
    with_stops[:, known["code"].families["*"]] += 1000
    np.testing.assert_array_equal(MEASURES[name](with_stops, **known), MEASURES[name](counts, **known))


@every_measure
@pytest.mark.parametrize("counts", [[1] * 63, 3, np.ones((64, 2), dtype=int), [1.0] * 64, [-1] + [0] * 63], ids=repr)
def test_what_is_no_table_of_counts_is_refused(name, counts):
    with pytest.raises(ContractError):
        MEASURES[name](counts, **given_for(8))


@pytest.mark.parametrize("name", [name for name, measure in MEASURES.items() if len(measure.needs) > 1])
def test_a_reference_is_one_table_and_a_missing_one_is_named(name):
    counts, known, need = random_tables(9, 2), given_for(9), MEASURES[name].needs[1]
    with pytest.raises(ContractError, match="one table"):
        MEASURES[name](counts, **{**known, need: counts})
    with pytest.raises(ContractError, match=f"without {need}"):
        MEASURES[name](counts, **{**known, need: None})


def test_all_values_of_a_sequence_come_at_once_as_far_as_what_is_given_reaches():
    counts, known = random_tables(10, 4), given_for(10)
    of_a_sequence = {name for name, measure in MEASURES.items() if measure.value_for is For.SEQUENCE}
    found = by_sequence(counts, **known)
    assert set(found) == of_a_sequence
    for name, values in found.items():
        np.testing.assert_array_equal(values, MEASURES[name](counts, **known))
    without = by_sequence(counts, code=known["code"], trna=None)
    assert of_a_sequence - set(without) == {"cai", "fop", "cbi", "milc", "tai"}


@every_measure
def test_the_documentation_has_a_line_for_the_measure_with_its_needs_and_source(name):
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
    section = page.partition("## Measures by sequence and group")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")]
    ((_, _, _, needs, _, source),) = [row for row in rows if f"`{name}`" in row[0]]
    assert needs == ", ".join(MEASURES[name].needs)
    assert MEASURES[name].citation in source
