"""How the page writes numbers, and its arithmetic: bars, colours, the timeline."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import pytest

from opengenome.core.alphabet import CODONS
from opengenome.report import heatmap
from opengenome.report.material import TaskTrace
from opengenome.report.page import account, facts, groups, shown, timeline


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (1_234, "1.23 kB"), (12_345_678, "12.3 MB"),
        (999_600, "1 MB"), (123_456_789_012, "123 GB"), (4_000_000_000_000_000, "4,000 TB"),
    ],
)  # fmt: skip
def test_bytes_have_a_unit_that_suits_in_powers_of_1000(number: int, text: str) -> None:
    assert shown.size(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.516, "0.52 s"), (9.996, "10.0 s"), (12.34, "12.3 s"), (59.96, "1 min 00 s"), (245.0, "4 min 05 s"),
        (119.6, "2 min 00 s"), (7380.0, "2 h 03 min"), (360_000.0, "100 h 00 min"),
    ],
)  # fmt: skip
def test_times_are_told_in_units_that_suit(number: float, text: str) -> None:
    assert shown.seconds(number) == text


@pytest.mark.parametrize(
    ("part", "of", "text"),
    [
        (0, 0, "0 %"), (0, 9, "0 %"), (9, 9, "100 %"), (1, 4, "25 %"), (1, 8, "12.5 %"), (1, 10, "10 %"),
        (1, 10**6, "< 0.01 %"), (10**6 - 1, 10**6, "> 99.99 %"),
    ],
)  # fmt: skip
def test_only_nothing_is_0_per_cent_and_only_all_is_100(part: int, of: int, text: str) -> None:
    assert shown.share(part, of) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.99999, "> 0.9999"),
        (0.99994, "0.9999"),
        (1.00001, "1"),
        (0.0, "0"),
        (12.3456, "12.35"),
        (None, ""),
    ],
)
def test_a_measure_has_four_digits_and_what_is_less_than_1_is_not_written_as_1(value: float, text: str) -> None:
    class OfSummary:
        summary: ClassVar = {"enc": {}, "coding_signal": {"stops_per_thousand": value, "strand_symmetry_r": value}}

    assert [one.value for one in facts.measured(OfSummary)] == [text, text]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("gc", "0.99999", "> 0.999"), ("cai", "0.99999", "> 0.999"), ("aromaticity", "1.0", "1.000"),
        ("gravy", "0.99999", "1.000"), ("cpb", "0.99999", "1.000"), ("enc_sun", "", ""),
    ],
)  # fmt: skip
def test_no_measure_of_a_group_looks_like_the_most_it_can_be_unless_it_is(name: str, value: str, text: str) -> None:
    row = {"group": "A", "genetic_code": "1", "sequences": "1", "codons": "9", name: value}
    assert groups._group(row, [name]).values == [text]


def test_moments_are_in_utc() -> None:
    assert shown.moment("2026-11-26T10:09:30+01:00") == "2026-11-26 09:09:30 UTC"
    assert shown.moment(datetime(2026, 11, 26, 9, 9, 30, tzinfo=UTC).timestamp()) == "2026-11-26 09:09:30 UTC"


@pytest.mark.parametrize(("text", "told"), [("no codon", "No codon"), ("DNA is", "DNA is"), ("7 of a", "7 of a")])
def test_a_sentence_begins_with_a_capital_and_is_else_left_as_it_is(text: str, told: str) -> None:
    assert shown.sentence(text) == told


def test_a_small_part_of_a_bar_is_seen_an_empty_one_is_not_and_all_fill_the_bar() -> None:
    found = {"counted": 1_000_000, "ambiguous": 0, "trailing": 1, "offset": 2, "bases": 3_000_003}
    parts = account.ledger(found)
    assert [part.number for part in parts] == [3_000_000, 0, 1, 2]
    assert [part.width > 2.5 for part in parts] == [True, False, True, True]
    assert parts[1].width == 0
    assert sum(part.width for part in parts) == pytest.approx(account.BAR, abs=0.05)
    assert [part.left for part in parts[1:]] == pytest.approx(
        [sum(part.width for part in parts[:k]) for k in (1, 2, 3)], abs=0.05
    )


def _table(rscu: dict[str, float | None], count: dict[str, int]) -> dict[str, list]:
    """A codon table in which each codon has its own amino acid, and only these have values."""
    numbers = [count.get(codon, 0) for codon in CODONS]
    total = sum(numbers)
    return {
        "codon": list(CODONS),
        "amino_acid": ["K"] * 64,
        "count": numbers,
        "per_thousand": [1000 * n / total if total else None for n in numbers],
        "fraction": [n / total if total else None for n in numbers],
        "rscu": [rscu.get(codon) for codon in CODONS],
    }


def _levels(cell: heatmap.Cell) -> list[int]:
    return [figure.level for figure in cell.figures]


def test_colours_go_from_0_to_the_largest_value_and_those_of_rscu_have_1_in_the_middle() -> None:
    cells = heatmap.cells(_table({"AAA": 1.0, "AAC": 6.0, "AAG": 0.5, "AAT": 0.0}, {"AAA": 30, "AAC": 10}))
    assert heatmap.STEPS == 12
    assert _levels(cells["AAA"]) == [12, 12, 9, 6]  # a fraction has 1 as its end
    assert _levels(cells["AAC"]) == [4, 4, 3, 12]
    assert [_levels(cells[codon])[3] for codon in ("AAG", "AAT", "CCC")] == [3, 0, -1]


def test_a_table_of_nothing_has_colours_for_its_zeros_alone() -> None:
    table = _table({}, {})
    assert _levels(heatmap.cells(table)["AAA"]) == [0, -1, -1, -1]
    assert [scale.high for scale in heatmap.scales(table)] == ["0", "0", "1.000", "6"]


def _task(task: str, started: float, seconds: float, index: int = -1, attempt: int = 1) -> TaskTrace:
    return TaskTrace(task, index, task, started, seconds, attempt, 0, "node")


def _drawing(*trace: TaskTrace) -> timeline.Drawing:
    class OfTrace:
        pass

    material = OfTrace()
    material.trace = trace  # type: ignore[attr-defined]
    drawn = timeline.drawing(material, [])  # type: ignore[arg-type]
    assert drawn
    return drawn


def test_the_axis_of_time_has_some_round_ticks() -> None:
    drawn = _drawing(_task("plan", 1000.0, 130.0))
    assert [name for name, _ in drawn.ticks] == ["0 s", "20 s", "40 s", "1 min", "1 min 20 s", "1 min 40 s", "2 min"]
    assert [left for _, left in drawn.ticks] == pytest.approx([1000 * n / 130 for n in range(0, 121, 20)], abs=0.01)


def test_a_short_task_is_seen_and_lies_within_the_drawing() -> None:
    drawn = _drawing(_task("plan", 0.0, 5000.0), _task("publish", 5000.0, 0.0, attempt=2))
    _, last = drawn.bars
    assert (last.left, last.width) == (998.0, 2.0)
    assert last.title == "publish: from 5,000.0 s, for 0.0 s, attempt 2"
    assert drawn.lanes == [("plan", 0), ("publish", timeline.LANE)]
    assert drawn.height == 2 * timeline.LANE
    assert _drawing(_task("plan", 0.0, 0.0)).bars[0].width == 2.0  # a run that took no time


def test_a_task_that_starts_as_another_ends_has_its_lane() -> None:
    drawn = _drawing(_task("count_codons", 0.0, 2.0, 0), _task("count_codons", 2.0, 2.0, 1))
    assert [bar.top for bar in drawn.bars] == [0, 0]
