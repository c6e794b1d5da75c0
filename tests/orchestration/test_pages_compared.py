"""What the page of two compared runs says is what `Comparison` computed, each number in its place."""

from __future__ import annotations

from typing import Any

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.io.usage_tables import UsageTable
from opengenome.orchestration.comparison import TITLES, Comparison
from opengenome.orchestration.pages.rendering import render
from tests.core.count_tables import random_table
from tests.report.seen import Element, seen


def table(seed: int, code: int = 1, absent: str = "", **facts: Any) -> UsageTable:
    counts = tuple(0 if codon == absent else int(n) for codon, n in zip(CODONS, random_table(seed), strict=True))
    return UsageTable(counts, genetic_code(code).amino_acids, f"r{seed}", run=f"r{seed}", **facts)


def compared(a: UsageTable, b: UsageTable) -> tuple[Comparison, Element]:
    both = Comparison.of(a, b)
    values = {"both": [("A", a, "/a"), ("B", b, "/b")], "compared": both, "rows": both.by_difference, "clear": 7}
    to = {"runs": "/runs", "airflow": ""}
    return both, seen(render("compare.html", values | {"to": to, "framed": False, "titles": TITLES}).encode())


def cells(place: Element) -> list[list[str]]:
    return [[one.words for one in row.all("td")] for row in place.all("tbody")[0].all("tr")]


def test_the_numbers_of_a_comparison_stand_in_their_places():
    both, whole = compared(table(1, genetic_code=1), table(2, absent="CGA"))
    runs, alike, codons = whole.all("table")
    assert cells(runs) == [["r1", f"{both.a.codons:,}", "1"], ["r2", f"{both.b.codons:,}", "of its own"]]
    assert [one.attributes["href"] for one in runs.all("a")] == ["/a", "/b"]
    found = list(both.likenesses.values())
    assert [head.words for head in alike.all("thead")[0].all("th")] == [TITLES[name] for name in both.likenesses]
    assert cells(alike) == [
        [str(one.codons) for one in found],
        *([f"{getattr(one, name):.3f}" for one in found] for name in ("pearson", "spearman", "cosine")),
    ]
    divergences = both.divergences
    assert [one.words for one in whole.all("dd")] == [
        "infinite",  # B lacks CGA
        f"{divergences['kullback_leibler_b_a']:.3f}",
        f"{divergences['jensen_shannon']:.3f}",
    ]
    assert codons.all("caption")[0].words.startswith("7 of 64 intervals do not include 0.")
    assert [head.words for head in codons.all("tbody")[0].all("th")] == [row["codon"] for row in both.by_difference]
    assert cells(codons) == [
        [
            row["amino_acid_a"],
            f"{row['per_thousand_a']:.3f}",
            f"{row['per_thousand_b']:.3f}",
            f"{row['log2_ratio']:+.3f}",
            f"{row['low']:+.3f} to {row['high']:+.3f}",
        ]
        for row in both.by_difference
    ]
    assert "genetic codes differ" not in whole.words


def test_runs_of_two_genetic_codes_are_compared_without_rscu_and_the_page_says_why():
    _, whole = compared(table(1), table(2, code=2))
    assert "The genetic codes differ in 4 codons, so RSCU and fractions are not compared: AGA (R, *), " in whole.words
    *_, codons = whole.all("table")
    meanings = {row.all("th")[0].words: row.all("td")[0].words for row in codons.all("tbody")[0].all("tr")}
    assert {codon: text for codon, text in meanings.items() if "/" in text} == {
        "AGA": "R/*", "AGG": "R/*", "ATA": "I/M", "TGA": "*/W"
    }  # fmt: skip
