"""The table of agreement in docs/metrics.md is what the peers give now."""

from pathlib import Path

import pytest

from tests.core.measures.agreement import BEGIN, END, HEAD, PEERS, alone, rows_of
from tests.core.measures.agreement_rows import Row, printed, within

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
LINES = PAGE.partition(BEGIN)[2].partition(END)[0].strip().splitlines()
RENEW = "Renew it: PYTHONPATH=include:. python -m tests.core.measures.agreement docs/metrics.md"


def of_page(peer):
    return [line for line in LINES if line.startswith("| `") and line.split("|")[2].strip().startswith(peer)]


@pytest.mark.parametrize("peer", PEERS)
def test_the_page_has_the_rows_that_the_peer_gives_now(peer):
    installed, _ = PEERS[peer]
    if not installed():
        pytest.skip(f"{peer} is not installed")
    assert of_page(peer) == [str(row) for row in rows_of(peer)], RENEW


def test_the_page_has_every_peer_and_nothing_else():
    assert tuple(LINES[:2]) == HEAD
    rows = [line for line in LINES if line.startswith("| `")]
    assert all(map(of_page, PEERS)), RENEW
    assert rows == [line for peer in PEERS for line in of_page(peer)]


def test_the_page_names_the_measures_that_have_no_peer():
    cells = [line.split("|")[1] for line in LINES if line.startswith("| `")]
    rows = [Row(tuple(name.strip().strip("`") for name in cell.split(",")), "", "", 0, "") for cell in cells]
    assert " ".join(line for line in LINES if not line.startswith("|")).strip() == alone(rows), RENEW


def test_a_difference_beyond_the_printed_digits_stops_the_program():
    assert printed([0.12349], [0.123], 3) == (1, "each printed digit (3 decimals)")
    assert within([1.0, 2.0], [1.0, 2.0 + 9e-7], 1e-6) == (2, "within 1e-6")
    for claim in (lambda: printed([0.1236], [0.123], 3), lambda: within([1.0], [float("nan")], 1e-3)):
        with pytest.raises(AssertionError):
            claim()
