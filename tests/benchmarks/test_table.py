"""The table shows units, ratios to cusp, and dashes for missing values."""

from __future__ import annotations

import pytest

from benchmarks import table
from benchmarks.table import Row
from opengenome.cli import terminal

OURS = Row("DAG, plain", 23.0, 40.5, 1_234_000_000, "7 batches")
CUSP = Row("cusp", 46.0, 45.0, 22_000_000)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0456, "0.046 s"), (1.234, "1.23 s"), (45.67, "45.7 s"), (2400.0, "2,400.0 s")]
)
def test_seconds_keep_three_digits(value, text):
    assert table.seconds(value) == text


@pytest.mark.parametrize(("value", "text"), [(0, "-"), (22_400_000, "22 MB"), (1_234_000_000, "1.23 GB")])
def test_memory_is_in_decimal_units(value, text):
    assert table.memory(value) == text


def test_the_number_one_has_no_plural():
    assert [table.counted(number, "batch", "es") for number in (0, 1, 7)] == ["0 batches", "1 batch", "7 batches"]


def test_ratios_are_to_cusp():
    assert table.against_yardstick(OURS, [OURS, CUSP]) == (0.5, 0.9)
    assert table.against_yardstick(OURS, [OURS]) is None


def test_the_table_is_aligned_and_complete():
    head, rule, ours, cusp = terminal.lines([table.results([OURS, CUSP])])
    assert head.split()[:3] == ["what", "wall", "CPU"]
    assert set(rule) == {"─"}
    assert [part.strip() for part in ours.split("  ") if part.strip()] == [
        "DAG, plain", "23.0 s", "40.5 s", "1.23 GB", "0.50 ×", "0.90 ×", "7 batches",
    ]  # fmt: skip
    assert head.index("wall") + len("wall") == ours.index("23.0 s") + len("23.0 s")
    assert cusp.startswith("cusp ")
    assert cusp.count("1.00 ×") == 2
    assert cusp == cusp.rstrip()


def test_without_cusp_there_is_no_ratio():
    *_, ours = terminal.lines([table.results([OURS])])
    assert "×" not in ours
