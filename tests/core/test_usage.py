"""Each measure equals its definition, obeys its law, and is null if it is undefined."""

import json
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from opengenome.core import usage
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.synonymous import fraction, per_thousand, rscu
from opengenome.core.model import Ledger
from opengenome.errors import ContractError
from tests.core.count_tables import EVERY_CODE, TABLES, families_of, named, random_table, table_of

COMPLEMENT = str.maketrans("ACGT", "TGCA")


# --- laws -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table_id", [1, 2, 5, 11])
@given(counts=TABLES)
def test_usage_sums_to_its_laws_and_empty_families_are_null(table_id, counts):
    check_laws(counts, genetic_code(table_id))


@given(counts=TABLES, table_id=EVERY_CODE)
def test_usage_holds_its_laws_in_every_code(counts, table_id):
    check_laws(counts, genetic_code(table_id))


def check_laws(counts, code):
    table = usage.codon_table(counts, code)
    assert table.codon == CODONS
    assert table.count == tuple(counts)
    for family in code.families.values():
        shares, ratios = [table.fraction[i] for i in family], [table.rscu[i] for i in family]
        if any(counts[i] for i in family):
            assert sum(shares) == pytest.approx(1, abs=1e-9)
            assert sum(ratios) == pytest.approx(len(family), abs=1e-9)
        else:
            assert shares == ratios == [None] * len(family)
    if any(counts):
        assert sum(table.per_thousand) == pytest.approx(1000, abs=1e-9)
    else:
        assert table.per_thousand == (None,) * 64


@given(counts=TABLES, table_id=EVERY_CODE)
def test_rscu_is_the_count_over_the_mean_of_its_family(counts, table_id):
    code = genetic_code(table_id)
    mine, count = named(rscu(counts, code)), named(counts)
    for family in families_of(code).values():
        mean = Fraction(sum(count[codon] for codon in family), len(family))
        for codon in family:
            if mean:
                assert mine[codon] == pytest.approx(float(count[codon] / mean), abs=1e-9)
            else:
                assert np.isnan(mine[codon])


def test_many_tables_at_once_equal_one_by_one():
    rows, code = np.stack([random_table(1), np.zeros(64, dtype=int), random_table(2)]), genetic_code(5)
    for metric in (lambda x: rscu(x, code), lambda x: fraction(x, code), per_thousand):
        np.testing.assert_array_equal(metric(rows), np.stack([metric(row) for row in rows]))


@pytest.mark.parametrize(
    "counts", [[1] * 63, 3, np.ones((64, 2), dtype=int), [1.0] * 64, [-1] + [0] * 63, [True] * 64], ids=repr
)
def test_an_array_that_is_not_a_table_of_counts_is_refused(counts):
    with pytest.raises(ContractError):
        rscu(counts, genetic_code(1))


def test_functions_of_one_table_refuse_several():
    with pytest.raises(ContractError, match="one table"):
        usage.summarize(np.ones((2, 64), dtype=int), Ledger(), genetic_code(1))


# --- composition ----------------------------------------------------------------------------------------------------


@given(counts=TABLES, table_id=EVERY_CODE)
def test_gc_by_position_equals_that_of_the_letters(counts, table_id):
    code, count = genetic_code(table_id), named(counts)
    letters = [Counter() for _ in range(3)]
    for codon, n in count.items():
        for position, letter in enumerate(codon):
            letters[position][letter] += n
    mine, total = usage.gc_content(counts, code), sum(counts)
    if not total:
        assert mine == dict.fromkeys(("gc", "gc1", "gc2", "gc3", "gc3s"))
        return
    for position in range(3):
        assert mine[f"gc{position + 1}"] == (letters[position]["G"] + letters[position]["C"]) / total
    assert mine["gc"] == pytest.approx((mine["gc1"] + mine["gc2"] + mine["gc3"]) / 3)
    synonymous = [c for aa, family in families_of(code).items() if aa != "*" and len(family) > 1 for c in family]
    expected = sum(count[c] for c in synonymous)
    ending = sum(count[c] for c in synonymous if c[2] in "GC")
    assert mine["gc3s"] == (ending / expected if expected else None)


# --- is it coding sequence ------------------------------------------------------------------------------------------


@given(counts=TABLES)
def test_strand_symmetry_is_pearsons_r_with_the_reverse_complements(counts):
    mirrored = [named(counts)[codon.translate(COMPLEMENT)[::-1]] for codon in CODONS]
    r = usage.coding_signal(counts, genetic_code(1))["strand_symmetry_r"]
    if len(set(counts)) == 1:
        assert r is None
    else:
        assert r == pytest.approx(np.corrcoef(counts, mirrored)[0, 1], abs=1e-9)


def test_both_strands_together_look_like_whole_genomes():
    counts = random_table(4)
    both = counts + np.array([named(counts)[codon.translate(COMPLEMENT)[::-1]] for codon in CODONS])
    signal = usage.coding_signal(both, genetic_code(1))
    assert signal["strand_symmetry_r"] == 1
    assert signal["looks_like"] == "whole genomes"
    assert "not like coding sequence" in signal["verdict"]


def test_a_code_without_stops_has_no_stop_rate_and_no_claim_of_coding():
    signal = usage.coding_signal(random_table(5), genetic_code(31))
    assert signal["stops_per_thousand"] is None
    assert signal["looks_like"] == "unclear"


@pytest.mark.parametrize("counts", [np.zeros(64, dtype=int), np.full(64, 1000), table_of(ATG=499)])
def test_too_few_or_too_even_codons_are_not_judged(counts):
    assert usage.coding_signal(counts, genetic_code(1))["looks_like"] == "unclear"


@pytest.mark.parametrize(
    ("total", "r", "stops", "ends", "looks_like"),
    [
        (500, 0.899, 15.0, 0, "coding sequence"),
        (500, 0.899, 15.1, 0, "out of frame"),
        (500, 0.9, 15.0, 0, "unclear"),
        (500, 0.9, 15.1, 0, "whole genomes"),
        (499, 0.9, 15.1, 0, "unclear"),
        (1000, 0.899, 25.0, 10, "coding sequence"),
        (1000, 0.899, 25.0, 9, "out of frame"),
    ],
)
def test_the_verdict_changes_at_the_documented_bounds(total, r, stops, ends, looks_like):
    assert usage._verdict(total, r, stops, ends)[0] == looks_like


# --- the summary ----------------------------------------------------------------------------------------------------


@given(counts=TABLES, table_id=EVERY_CODE)
def test_the_summary_is_clean_json_with_null_for_what_is_undefined(counts, table_id):
    ledger = Ledger(sequences=2, bases=3 * sum(counts) + 1, counted=sum(counts), trailing=1)
    code = genetic_code(table_id)
    summary = usage.summarize(counts, ledger, code)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert json.loads(json.dumps(usage.codon_table(counts, code).columns(), allow_nan=False))["codon"] == list(CODONS)
    assert list(summary) == (
        "sequences bases codons ledger gc gc1 gc2 gc3 gc3s enc genetic_code coding_signal".split()  # noqa: SIM905
    )
    assert summary["codons"] == sum(counts)
    assert summary["ledger"] == ledger.as_dict()


def test_the_same_counts_give_the_same_bits_on_every_machine():
    code, counts = genetic_code(11), [(index * index * 7919 + 13) % 1009 for index in range(64)]
    summary = usage.summarize(counts, Ledger(), code)
    bits = [summary["gc"], summary["gc3s"], summary["enc"]["wright_1990"], summary["enc"]["sun_2013"]]
    bits += [summary["coding_signal"]["strand_symmetry_r"], usage.codon_table(counts, code).rscu[63]]
    assert [value.hex() for value in bits] == GOLDEN


# gc, gc3s, ENC by Wright and by Sun, r, RSCU of TTT
GOLDEN = [
    "0x1.0108c771e13c7p-1",
    "0x1.0feef6fde13e8p-1",
    "0x1.7fc50e07bffe7p+5",
    "0x1.8bf3bc6929601p+5",
    "0x1.d9ca16105f9a0p-3",
    "0x1.73964a35ec3f0p-2",
]


@pytest.mark.parametrize(
    ("stops", "said"),
    [
        (0, "no stop codon comes before the end of a sequence"),
        (1, "1 of 123,855 codons is a stop before the end of a sequence"),
        (9, "9 of 123,855 codons are stops before the end of a sequence"),
        (2_000, "16 in a thousand codons are stops before the end of a sequence"),
    ],
)
def test_few_stops_are_told_as_a_number_of_codons_and_many_as_a_share(stops, said):
    assert usage._stops_within(1000 * stops / 123_855, 123_855) == said
