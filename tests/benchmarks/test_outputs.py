"""The peers' output is read as they print it, and every difference from the ledger is reported with its size."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from benchmarks import outputs
from opengenome.core.alphabet import CODONS
from opengenome.core.counting import count_naive
from opengenome.errors import ContractError

EXACT = {codon: 1000 + number for number, codon in enumerate(CODONS)}
SEQUENCES = {"one": "".join(codon * (number + 1) for number, codon in enumerate(CODONS)), "two": "ACGTTGCA"}


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "in.fasta"
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in SEQUENCES.items()))
    return path


def expected():
    counted = [count_naive(sequence)[0] for sequence in SEQUENCES.values()]
    return {codon: sum(counts[codon] for counts in counted) for codon in CODONS}


@pytest.mark.skipif(not shutil.which("cusp"), reason="cusp is not installed")
def test_cusp_is_read_as_it_prints(fasta):
    subprocess.run(
        ["cusp", "-sequence", fasta.name, "-outfile", "out", "-auto"], cwd=fasta.parent, check=True, timeout=60
    )
    assert outputs.parse_cusp((fasta.parent / "out").read_text()) == expected()


@pytest.mark.skipif(not shutil.which("codonw"), reason="codonw is not installed")
def test_codonw_is_read_as_it_prints(fasta):
    options = ["-cutot", "-machine", "-nomenu", "-silent", "-nowarn"]
    subprocess.run(
        ["codonw", fasta.name, "out", "bulk", *options],
        cwd=fasta.parent, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert outputs.parse_codonw((fasta.parent / "bulk").read_text()) == expected()


@pytest.mark.skipif(not shutil.which("seqkit"), reason="seqkit is not installed")
def test_seqkit_is_read_as_it_prints(fasta):
    done = subprocess.run(
        ["seqkit", "stats", "--tabular", fasta], capture_output=True, text=True, check=True, timeout=60
    )
    assert outputs.parse_seqkit(done.stdout) == (2, sum(map(len, SEQUENCES.values())))


def test_a_table_of_cusp_is_read():
    lines = ["#CdsCount: 2", "", "#Codon AA Fraction Frequency Number"]
    lines += [f"{codon}    X     0.500    15.625 {EXACT[codon]:6d}" for codon in reversed(CODONS)]
    assert outputs.parse_cusp("\n".join(lines)) == EXACT


def test_a_table_of_codonw_is_read_in_its_own_order():
    order = [a + b + c for a in "TCAG" for c in "TCAG" for b in "TCAG"]
    rows = [" ".join(str(EXACT[codon]) for codon in order[k : k + 16]) for k in range(0, 64, 16)]
    text = f"{rows[0]} \n{rows[1]} Codons=1\n{rows[2]} Universal Genetic code\n{rows[3]} Average_of_genes\n"
    assert outputs.parse_codonw(text) == EXACT


@pytest.mark.parametrize("parse", [outputs.parse_cusp, outputs.parse_codonw, outputs.parse_seqkit])
@pytest.mark.parametrize("text", ["", "no such file\n", "AAA  K  0.5  1.0  7\n"])
def test_invalid_output_of_a_peer_is_refused(parse, text):
    with pytest.raises(ContractError):
        parse(text)


def test_equal_counts_agree():
    check = outputs.compare("peer", EXACT, EXACT, 0)
    assert check.holds
    assert f"{sum(EXACT.values()):,} codons" in check.detail


def test_counting_ambiguous_codons_as_real_is_noted_and_not_a_failure():
    check = outputs.compare("cusp", EXACT | {"AAA": EXACT["AAA"] + 3}, EXACT, 5)
    assert check.holds
    assert "3 of the 5 ambiguous codons" in check.detail


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AAA": 6}, "1 codons differ, +6 in all, AAA by +6"),  # more than there are ambiguous codons
        ({"CCC": -1}, "1 codons differ, -1 in all, CCC by -1"),
        ({"CCC": -4, "GGG": 4}, "2 codons differ, +0 in all, CCC by -4"),
    ],
)
def test_any_other_difference_is_a_failure_with_its_size(changes, words):
    found = {codon: EXACT[codon] + changes.get(codon, 0) for codon in CODONS}
    check = outputs.compare("peer", found, EXACT, 5)
    assert not check.holds
    assert check.detail == words
