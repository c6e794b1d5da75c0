"""What the list of runs says of a run's input."""

from __future__ import annotations

import pytest

from opengenome.orchestration.pages.listing import input_of
from opengenome.orchestration.past import PastRun

LONG = "/data/" + "y" * 10_000 + ".fa"


@pytest.mark.parametrize(
    ("source", "files", "said"),
    [
        ("", 3, "the landing folder (3 files)"),
        ("/in/a.fa", 1, "/in/a.fa"),
        ("/in/a.fa\n/in/b.fa\n/in/c.fa", None, "/in/a.fa and 2 more"),
        (LONG, 1, f"{LONG[:100]}…{LONG[-100:]}"),
    ],
)
def test_the_input_of_a_run_is_told_in_a_few_words(source, files, said):
    assert input_of(PastRun("r", "published", source=source, files=files)) == said
