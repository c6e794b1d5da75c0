"""Whether counted CDS look like coding sequence; if not, a sentence with the likely cause and its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opengenome.annotation.rules import Reason
from opengenome.core.code_table import numbered
from opengenome.core.coding import CdsTally, called
from opengenome.core.genetic_code import OWN, GeneticCode
from opengenome.errors import number_of
from opengenome.io.coding.interface import CODE_SOURCES

# Real annotation: 0.1 % of the CDS of E. coli K-12 have a stop within. Under a wrong code: 94 % of animal mitochondria.
_MANY_STOPS = 0.05
_FEWEST_CDS = 5  # with fewer dropped, one odd gene decides

CODING = "coding sequence"
UNCLEAR = "unclear"


def doubts(tally: CdsTally, signal: Mapping[str, Any]) -> Iterator[str]:
    """Sentences, each with numbers and a question.

    tally: of the run's CDS. signal: of their counts, as `usage.coding_signal`.
    """
    stopped = tally.dropped[Reason.INTERNAL_STOP]
    if stopped >= _FEWEST_CDS and stopped > _MANY_STOPS * tally.found:
        (code, source), most = min(tally.stopped.items(), key=lambda item: (-item[1], item[0]))
        yield (
            f"{stopped:,} of {tally.found:,} CDS ({100 * stopped // tally.found} %) were dropped because they have a"
            f" stop codon within. Is the genetic code right? {most:,} of them were read with code {code}:"
            f" {CODE_SOURCES[source]}."
        )
    if signal["looks_like"] not in (CODING, UNCLEAR):
        yield f"The counted CDS do not look like coding sequence. {signal['verdict']}"


def unlike(codes: Mapping[int, int], table: GeneticCode, own: str) -> int:
    """How many have a code that gives a codon another amino acid than the table's code does.

    codes: how many have each. own: the notation of the run's own code, as in `numbered`.
    """
    return sum(number for code, number in codes.items() if numbered(code, own).amino_acids != table.amino_acids)


def mixed_codes(codes: Mapping[int, int], table: GeneticCode, own: str, *, of_cds: bool) -> str:
    """The sentence about a table under one code, of what has codes with other amino acids; "" if nothing has.

    As `unlike`. of_cds: whether they are CDS; else they are input files.
    """
    others = unlike(codes, table, own)
    if not others:
        return ""
    thing = "coding sequence" if of_cds else "input file"
    by_code = ", ".join(
        f"{number:,} with {'its own code' if code == OWN else f'code {code}'}" for code, number in sorted(codes.items())
    )
    alone = "" if table.id in codes else f" No {thing} has that code."
    have = f"{others:,} of {number_of(sum(codes.values()), thing)} {'has' if others == 1 else 'have'}"
    return (
        f"The codon table shows the amino acids of {called(table.id)}.{alone} {have} a code with other amino acids"
        f" ({by_code}). Tables by group show each {thing} under its own code."
    )
