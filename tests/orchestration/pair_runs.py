"""Runs over coding sequences whose pairs are counted, and the same counts and scores made slowly, by the formula."""

from __future__ import annotations

import csv
import random
from collections import Counter
from itertools import pairwise
from math import log

import pyarrow.parquet as pq
import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.orchestration import results
from tests.orchestration.annotated_runs import some_cds
from tests.orchestration.conftest import write_input

PAIRS = (flow.CODON_PAIRS_CSV, flow.CODON_PAIRS_PARQUET)


def letters(number, seed, code=1):
    """Coding sequences in which codons follow each other unevenly; some have ambiguous codons."""
    source, stops = random.Random(seed), "TAA"  # noqa: S311  (test data)
    found = []
    for k, row in enumerate(some_cds(number, seed=seed, code=code)):
        codons = [row.letters[i : i + 3] for i in range(3, len(row.letters) - 3, 3)]
        within = "".join(codon + codon * source.randint(0, 1) for codon in codons)
        found.append((row.seq_id, f"ATG{within}{'NNN' * (k % 3 == 2)}{within[:9]}{stops}"))
    return found


ONE = letters(17, 3)
TWO = letters(9, 4, code=4)
HOW = {"mode": "cds", "codon_pairs": True, "batch_size": 5, "require_all_codons": "never"}


def counted_pairs(house, run_id="r", records=ONE, **asked):
    """A run over FASTA of CDS with pairs, up to its counted batches."""
    source = write_input(house.data / "a.fasta", records)
    return house.counted(run_id, source=str(source), **HOW | asked)


def counted_mixed(house, run_id="m", **asked):
    """The same over two samples under the codes 1 and 4."""
    write_input(house.data / "a.fasta", ONE)
    write_input(house.data / "b.fasta", TWO)
    sheet = house.data / "sheet.csv"
    sheet.write_text("sample,fasta,genetic_code\none,a.fasta,1\ntwo,b.fasta,4\n")
    return house.counted(run_id, source=str(sheet), **HOW | asked)


def proven(run):
    assert results.validate(run.run_id, run.aggregate())["proven"]
    return run.run.report


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def dataset_of(report):
    return [row for part in sorted((report / flow.PER_SEQUENCE).iterdir()) for row in pq.read_table(part).to_pylist()]


def number(text):
    return float(text) if text else None


# --- the same, slowly ---


def codons_in(text):
    return [text[i : i + 3] for i in range(0, len(text) - 2, 3)]


def pairs_in(text):
    return Counter(pair for pair in pairwise(codons_in(text)) if set("".join(pair)) <= set("ACGT"))


class Slow:
    """Scores of the pairs of some sequences under a code, by the formula and one by one."""

    def __init__(self, texts, table=1):
        self.amino_acid = dict(zip(CODONS, genetic_code(table).amino_acids, strict=True))
        self.pairs = sum(map(pairs_in, texts), Counter())
        self.codons = Counter(codon for text in texts for codon in codons_in(text) if codon in self.amino_acid)

    def _acid(self, codon):
        return self.amino_acid[codon]

    def expected(self, a, b):
        x, y = self._acid(a), self._acid(b)
        if "*" in (x, y) or not self.codons[a] or not self.codons[b]:
            return None
        of_x = sum(times for codon, times in self.codons.items() if self._acid(codon) == x)
        of_y = sum(times for codon, times in self.codons.items() if self._acid(codon) == y)
        of_xy = sum(times for (c, d), times in self.pairs.items() if (self._acid(c), self._acid(d)) == (x, y))
        return self.codons[a] * self.codons[b] * of_xy / (of_x * of_y)

    def score(self, a, b):
        expected = self.expected(a, b)
        return log(self.pairs[a, b] / expected) if expected and self.pairs[a, b] else None

    def bias(self, pairs):
        scored = [(self.score(*pair), times) for pair, times in pairs.items()]
        scored = [(score, times) for score, times in scored if score is not None]
        of = sum(times for _, times in scored)
        return (sum(score * times for score, times in scored) / of if of else None), of


def same(found, expected):
    return found == expected or found == pytest.approx(expected, abs=1e-12)
