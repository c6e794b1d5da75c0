"""The table of agreement in docs/metrics.md: how far our measures agree with other programs and printed tables.

PYTHONPATH=include:. python -m tests.core.measures.agreement docs/metrics.md    renews it between its markers
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from opengenome.core.measures.table import MEASURES
from tests.core.measures import agreement_rows as rows
from tests.core.measures import codonw
from tests.core.measures.agreement_rows import Row

BEGIN = "<!-- agreement: made by `python -m tests.core.measures.agreement docs/metrics.md` -->"
END = "<!-- end of agreement -->"
HEAD = ("| measure | peer | on | values | agree |", "| -- | -- | -- | -- | -- |")

# Peer: what it needs, and its rows.
PEERS: dict[str, tuple[Callable[[], bool], Callable[[Path], Iterator[Row]]]] = {
    "codonW": (codonw.installed, rows.of_codonw),
    "EMBOSS": (
        lambda: bool(shutil.which("chips")) and rows.EMBOSS_TABLES.exists() and codonw.EXAMPLE.exists(),
        rows.of_emboss,
    ),
    "codon-bias": (lambda: find_spec("codonbias") is not None, rows.of_codon_bias),
    "Biopython": (lambda: True, rows.of_biopython),
    "SciPy": (lambda: find_spec("scipy") is not None, rows.of_scipy),
    "Sharp & Li": (lambda: True, rows.of_sharp_and_li),
}


def rows_of(peer: str) -> list[Row]:
    """The rows of one of PEERS, computed now."""
    with tempfile.TemporaryDirectory() as folder:
        return list(PEERS[peer][1](Path(folder)))


def alone(found: list[Row]) -> str:
    """The sentence that names the measures without a row."""
    compared = {name for row in found for name in row.measures}
    names = ", ".join(f"`{name}`" for name in MEASURES if name not in compared)
    return f"No peer is at hand for {names}; tests compute them by hand."


def page(text: str) -> str:
    """The text with the current table between the markers."""
    found = [row for peer in PEERS for row in rows_of(peer)]
    before, rest = text.split(BEGIN)
    lines = (BEGIN, "", *HEAD, *map(str, found), "", textwrap.fill(alone(found), 120), "", END)
    return before + "\n".join(lines) + rest.split(END)[1]


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(page(document.read_text()))
