"""What the page says of a run in words and figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opengenome import flow
from opengenome.core.genetic_code import GENETIC_CODES, OWN
from opengenome.core.measures.names import NAMES, Name
from opengenome.errors import number_of
from opengenome.report.material import Material

ROWS = 200  # files in a table
_STOPS = Name(
    "Stops",
    "Stop codons of the genetic code that each sequence has",
    "per thousand codons",
    "the code has no certain stop codon, or no codon was counted",
)
_SYMMETRY = Name(
    "Strand symmetry",
    "Correlation of the counts with those of the reverse complements",
    "near 1 where both strands were read, as in whole genomes",
    "the counts do not vary",
)
_CODING, _UNCLEAR = "coding sequence", "unclear"


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of the whole table. value: "" if there is none."""

    name: Name
    value: str


@dataclass(frozen=True, slots=True)
class Law:
    """A law with its figures."""

    text: str
    holds: bool
    figures: str


def warnings(material: Material) -> list[str]:
    """The run's warnings, a sentence or more each."""
    found = [*material.summary.get("warnings", ()), *material.validation.get("warnings", ())]
    if duplicates := material.summary["duplicate_ids"]["ids"]:
        records = material.summary["duplicate_ids"]["records"]
        ids = number_of(duplicates, "identifier occurs", "identifiers occur")
        found.append(f"{ids} more than once, in {records:,} records. All of these records are counted.")
    return list(dict.fromkeys(map(str, found)))


def signal(material: Material) -> tuple[str, str]:
    """How the coding signal is shown ("plain" or "odd"), and its sentence.

    Whole records are not expected to look like coding sequence.
    """
    told = material.summary["coding_signal"]
    odd = material.summary.get("cds") and told["looks_like"] not in (_CODING, _UNCLEAR)
    return "odd" if odd else "plain", told["verdict"]


def measured(material: Material) -> Iterator[Measured]:
    """The measures of the whole table, and the signs of coding sequence."""
    summary, signs = material.summary, material.summary["coding_signal"]
    enc = {f"enc_{name.partition('_')[0]}": value for name, value in summary["enc"].items()}
    values = summary | enc | summary.get("measures", {})
    for name in (name for name in NAMES if name in values):
        yield _measured(NAMES[name], values[name])
    yield _measured(_STOPS, signs["stops_per_thousand"])
    yield _measured(_SYMMETRY, signs["strand_symmetry_r"])


def _measured(name: Name, value: float | None) -> Measured:
    return Measured(name, "" if value is None else _four_digits(value))


def _four_digits(value: float) -> str:
    text = f"{value:.4g}"
    return "> 0.9999" if text == "1" and value < 1 else text


def laws(material: Material) -> list[Law]:
    """Every law with its figures, or with what breaks it."""
    return [
        Law(one["law"], one["holds"] is True, _figures(material, one["law"]) if one["holds"] is True else one["detail"])
        for one in material.validation["laws"]
    ]


def _figures(material: Material, law: str) -> str:
    summary, ledger, table = material.summary, material.summary["ledger"], material.codon_table
    absent, cds, groups = len(summary["absent_codons"]), summary.get("cds"), summary.get("groups")
    codons = f"{ledger['counted']:,} + {ledger['ambiguous']:,}"
    files, batches = material.validation["files"], len(material.provenance["batches"])
    parts = sum(map(flow.is_per_sequence_part, files))
    told = {
        "1": f"{ledger['offset']:,} + 3 × ({codons}) + {ledger['trailing']:,} = {ledger['bases']:,} bases",
        "2": f"{number_of(batches, 'batch', 'batches')}, {number_of(ledger['sequences'], 'sequence')}",
        "3": f"{sum(table['count']):,} counted; {64 - absent} of 64 occur, {absent} never",
        "4": f"per thousand sums to {sum(table['per_thousand']):.9g}" if sum(table["count"]) else "nothing was counted",
        "5": number_of(summary["sequences"], "sequence")
        + (f" in {number_of(parts, 'part')}" if parts else "")
        + (f", {number_of(groups['groups'], 'group')}" if groups else ""),
        "6": f"{number_of(len(files), 'file')}, each with its SHA-256",
    }
    if cds:
        dropped = sum(cds["dropped"].values())
        told["7"] = f"{cds['found']:,} found = {cds['counted']:,} counted + {dropped:,} dropped"
    return told.get(law.partition(" ")[0], "")


def codes(material: Material) -> list[tuple[str, str]]:
    """The genetic codes in use, each with how many coding sequences have it; "" if nobody counted that."""
    by_code = (material.summary.get("cds") or {}).get("codes", {})
    if not by_code:
        return [(_code(material.summary["genetic_code"]["id"]), "")]
    return [(_code(int(one)), number_of(number, "coding sequence")) for one, number in by_code.items()]


def _code(number: int) -> str:
    return "the run's own code" if number == OWN else f"{number} ({GENETIC_CODES.get(number, 'unknown')})"


def frame(material: Material) -> str:
    """Where counting begins in each sequence."""
    skipped = int(material.summary["frame"])
    return f"{skipped} (from the {('first', 'second', 'third')[skipped]} base of each sequence)"


def files(material: Material) -> tuple[list[dict[str, Any]], int, int]:
    """The first input files, how many there are, and their bytes."""
    inputs = material.provenance["inputs"]
    return inputs[:ROWS], len(inputs), sum(one["size"] for one in inputs)


def published(material: Material) -> list[tuple[str, str]]:
    """The proven files with their SHA-256; of the parts, only their number."""
    files = material.validation["files"]
    parts = sum(map(flow.is_per_sequence_part, files))
    others = [(name, digest) for name, digest in files.items() if not flow.is_per_sequence_part(name)]
    more = (
        [(f"{flow.PER_SEQUENCE}/ ({parts:,} file{'s' if parts > 1 else ''})", f"in {flow.VALIDATION}")] if parts else []
    )
    return [*others, *more, (flow.VALIDATION, material.proof.sha256)]
