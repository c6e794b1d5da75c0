"""`--only` measures what it names, with the parts of that, and nothing else."""

from __future__ import annotations

import pytest

from benchmarks.command import selected
from opengenome.cli.arguments import MEASUREMENTS

PEERS = {"cusp", "codonw", "seqkit", "biopython", "gzip", "isal"}


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (["dag"], {"dag", "busy", "command"}),
        (["busy"], {"busy"}),
        (["command", "cusp"], {"command", "cusp"}),
        (["peers"], {"peers", *PEERS}),
        (["identity", "micro"], {"identity", "micro"}),
        (["measures"], {"measures"}),
    ],
)
def test_a_name_includes_its_parts_which_may_be_selected_alone(only, names):
    assert selected(only, 1.0) == names


def test_without_a_choice_everything_is_measured_but_identity_on_large_sets():
    assert selected(None, 0.05) == set(MEASUREMENTS)
    assert selected(None, 1.0) == set(MEASUREMENTS) - {"identity"}
