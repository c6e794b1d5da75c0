"""What the page says of a run in words and figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opengenome import flow
from opengenome.core.genetic_code import GENETIC_CODES, OWN
from opengenome.errors import number_of
from opengenome.report.material import Material

ROWS = 200  # files in a table
_CODING, _UNCLEAR = "coding sequence", "unclear"


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of the whole table. missing: why there is none."""

    title: str
    value: str
    meaning: str
    missing: str = ""


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
    """The measures of the whole table."""
    summary = material.summary
    nothing, few = "no codon was counted", "too few codons were counted"
    for name, title, meaning in (
        ("gc", "GC", "of all counted codons"),
        ("gc1", "GC1", "at first positions"),
        ("gc2", "GC2", "at second positions"),
        ("gc3", "GC3", "at third positions"),
        ("gc3s", "GC3s", "at synonymous third positions"),
    ):
        yield _measured(title, summary[name], meaning, nothing)
    for name, title in (("wright_1990", "ENC, Wright 1990"), ("sun_2013", "ENC, Sun 2013")):
        yield _measured(title, summary["enc"][name], "effective number of codons, 20 to 61", few)
    stops = summary["coding_signal"]["stops_per_thousand"]
    yield _measured("Stops per thousand", stops, "stop codons among 1,000 codons", "the code has no certain stop codon")
    r = summary["coding_signal"]["strand_symmetry_r"]
    yield _measured("Strand symmetry r", r, "of codons with their reverse complements", "the counts do not vary")
    for name, value in summary.get("measures", {}).items():
        yield _measured(name, value, "see docs/metrics.md", "too little was counted for it")


def _measured(title: str, value: float | None, meaning: str, missing: str) -> Measured:
    return Measured(title, "" if value is None else _four_digits(value), meaning, missing)


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
        "2": f"{batches:,} batch{'es' if batches > 1 else ''}, {ledger['sequences']:,} sequences",
        "3": f"{sum(table['count']):,} counted; {64 - absent} codons occur, {absent} never",
        "4": f"per thousand sums to {sum(one for one in table['per_thousand'] if one is not None):.9g}",
        "5": f"{summary['sequences']:,} sequences"
        + (f" in {parts:,} part{'s' if parts > 1 else ''}" if parts else "")
        + (f", {groups['groups']:,} groups" if groups else ""),
        "6": f"{len(files):,} files, each with its SHA-256",
    }
    if cds:
        dropped = sum(cds["dropped"].values())
        told["7"] = f"{cds['found']:,} found = {cds['counted']:,} counted + {dropped:,} dropped"
    return told.get(law.partition(" ")[0], "")


def codes(material: Material) -> list[tuple[str, str]]:
    """The genetic codes in use, each with how many coding sequences have it; "" if nobody counted that."""
    own = material.summary["genetic_code"]
    by_code = (material.summary.get("cds") or {}).get("codes", {})
    if not by_code:
        return [(f"{own['id']} ({own['name']})", "")]
    return [(_code(code), f"{number:,} coding sequences") for code, number in by_code.items()]


def _code(code: str) -> str:
    if int(code) == OWN:
        return "the run's own code"
    return f"{code} ({GENETIC_CODES.get(int(code), 'unknown')})"


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
