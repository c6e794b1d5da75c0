"""`compare`: how alike two codon tables are, and which codons one of them uses more."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from math import isfinite, isinf

from opengenome.cli.named_tables import named_table
from opengenome.cli.output import write_text
from opengenome.cli.terminal import Shown, columns, show
from opengenome.core.alphabet import CODONS
from opengenome.errors import number_of, printable
from opengenome.io.usage_tables import UsageTable
from opengenome.orchestration.comparison import TITLES, Comparison


def compare(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """`opengenome compare A B`. Raises the errors of `named_table` and `write_text`."""
    names = (given.a, given.b)
    both = Comparison.of(*map(named_table, names))
    given.answer.update(both.answer(), output=given.output and str(given.output))
    if given.output:
        write_text(given.output, both.csv())
    if not given.json:
        show(lines(both, names, given.top), sys.stdout)
    if given.output:
        log_line(f"All {len(CODONS)} codons are in {printable(str(given.output))}")


def lines(both: Comparison, names: tuple[str, str], top: int) -> Iterator[Shown]:
    """For people. names: of A and B as they were given. top: how many codons to show."""
    yield from (_described(*one) for one in zip("AB", names, (both.a, both.b), strict=True))
    yield from both.cautions
    if both.differing:
        yield (
            f"The genetic codes differ in {len(both.differing)} codons, so RSCU and fractions are not compared:"
            f" {', '.join(both.differing)}"
        )
    yield ""
    yield _likeness_table(both)
    yield ""
    yield from _divergence_lines(both)
    yield ""
    yield from _codon_lines(both, top)


def _likeness_table(both: Comparison) -> Shown:
    head = ["", *(TITLES[name] for name in both.likenesses)]
    found = list(both.likenesses.values())
    return columns(
        head,
        [
            ["codons compared", *(str(one.codons) for one in found)],
            ["Pearson's r", *(_decimals(one.pearson) for one in found)],
            ["Spearman's rho", *(_decimals(one.spearman) for one in found)],
            ["cosine", *(_decimals(one.cosine) for one in found)],
        ],
        left=(0,),
    )


def _divergence_lines(both: Comparison) -> Iterator[Shown]:
    names = ("Kullback–Leibler, A described by B", "Kullback–Leibler, B described by A", "Jensen–Shannon")
    yield "Divergence of the frequencies of all 64 codons, in bits:"
    lacks = (("B", both.a.counts, both.b.counts), ("A", both.b.counts, both.a.counts), ("", (), ()))
    for name, value, (other, here, there) in zip(names, both.divergences.values(), lacks, strict=True):
        absent = [codon for codon, x, y in zip(CODONS, here, there, strict=False) if x and not y]
        why = f": {other} lacks {', '.join(absent)}" if isinf(value) else ""
        yield f"  {name:35} {'infinite' if isinf(value) else _decimals(value)}{why}"


def _codon_lines(both: Comparison, top: int) -> Iterator[Shown]:
    told = both.by_difference
    clear = sum(row["low"] > 0 or row["high"] < 0 for row in told)
    if top:
        yield columns(
            ["codon", "amino acid", "A per thousand", "B per thousand", "log2 A/B", "95 % interval"],
            (
                [
                    row["codon"],
                    "/".join(dict.fromkeys((row["amino_acid_a"], row["amino_acid_b"]))),
                    _decimals(row["per_thousand_a"]),
                    _decimals(row["per_thousand_b"]),
                    f"{row['log2_ratio']:+.3f}",
                    f"{row['low']:+.3f} to {row['high']:+.3f}",
                ]
                for row in told[:top]
            ),
            left=(0, 1),
        )
    if len(told) > top:
        hidden = number_of(len(told) - top, "more codon is", "more codons are")
        yield f"{hidden} not shown (--top); --output FILE.csv has all"
    yield f"{clear} of {len(told)} intervals do not include 0"


def _described(letter: str, name: str, table: UsageTable) -> str:
    code = f", genetic code {table.genetic_code}" if table.genetic_code else ""
    if not table.told:
        code = ", read under the genetic code of the other table, or else code 1: its own is not told"
    run = f"run {table.run}, proven" if table.proven else "a file, without a proof"
    return printable(f"{letter}  {name}: {number_of(table.codons, 'codon')}{code} ({run})")


def _decimals(value: float | None) -> str:
    return f"{value:.3f}" if value is not None and isfinite(value) else "–"
