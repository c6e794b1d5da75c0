"""What a published run says of itself, in the event of its asset and in its note."""

from __future__ import annotations

import hashlib
import json

import pytest

from opengenome.errors import ContractError
from opengenome.flow import CSV
from opengenome.io.store import sealed
from opengenome.orchestration.announcing import announcement, note

FACTS = {"mode": "sequences", "files": 2, "sequences": 60, "codons": 30_120, "reused": 3, "counted": 1}


def test_the_announcement_of_a_run_has_its_facts_and_the_digest_of_its_table(house, write, records):
    write(house.data / "a.fasta", records(12))
    house.proven("first", source=str(house.data), batch_size=5)
    house.proven("second", source=str(house.data), batch_size=5)
    first, second = announcement("first"), announcement("second")
    folder = house.results / "second"
    codons, gc = second.pop("codons"), second.pop("gc")
    assert second == {
        "run": "second",
        "source": str(house.data),
        "results": str(folder),
        "table": hashlib.sha256((folder / CSV).read_bytes()).hexdigest(),
        "proven": True,
        "mode": "sequences",
        "files": 1,
        "sequences": 12,
        "reused": 3,
        "counted": 0,
    }
    summary = json.loads((folder / "summary.json").read_text())
    assert (codons, gc) == (summary["codons"], summary["gc"])
    assert gc != summary["gc3"]
    assert (first["reused"], first["counted"], first["table"]) == (0, 3, second["table"])


def test_a_run_over_coding_sequences_says_so(house, write, records):
    cds = [(name, f"ATG{text[: len(text) // 3 * 3]}TAA") for name, text in records(12)]
    source = write(house.data / "a.fasta", cds)
    house.proven("r", source=str(source), mode="cds", drop=["none"], require_all_codons="never")
    assert announcement("r")["mode"] == "cds"


def test_a_long_source_is_cut(house, write, records):
    lines = [str(write(house.data / f"{'x' * 80}{number}.fasta", records(2))) for number in range(20)]
    house.proven("r", source="\n".join(lines))
    assert len(announcement("r")["source"]) == 501


def test_results_that_are_not_the_proven_ones_are_not_announced(house, write, records):
    write(house.data / "a.fasta", records(12))
    house.proven("r", source=str(house.data))
    summary = house.results / "r" / "summary.json"
    more = json.loads(summary.read_text()) | {"sequences": 13}
    summary.write_text(json.dumps(sealed({name: value for name, value in more.items() if name != "seal"})))
    with pytest.raises(ContractError, match=r"summary\.json"):
        announcement("r")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "2 files · 60 sequences · 30,120 codons · 3 batches reused, 1 counted · proven"),
        ({"reused": 0}, "2 files · 60 sequences · 30,120 codons · 1 batch counted · proven"),
        ({"reused": 1, "counted": 0}, "2 files · 60 sequences · 30,120 codons · 1 batch reused, 0 counted · proven"),
        (
            {"mode": "cds", "files": 1, "sequences": 1, "codons": 1, "reused": 0, "counted": 1200},
            "1 file · 1 coding sequence · 1 codon · 1,200 batches counted · proven",
        ),
    ],
)
def test_the_note_of_a_run_is_one_line_of_its_facts(facts, said):
    assert note(FACTS | facts) == said
