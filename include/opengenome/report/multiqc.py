"""The run as custom content of MultiQC, which finds these files by their names in any folder that it searches.

The names of sections and plots stay the same from version to version: users order and hide sections by them. The name
of the heat map by group ends in the sample.
"""

from __future__ import annotations

import heapq
import html
import re
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import pyarrow.parquet as pq

from opengenome import flow
from opengenome.core.coding import code_of_table
from opengenome.core.measures.names import NAMES, Name
from opengenome.errors import readable
from opengenome.report.described import as_json, source_name, versions_yaml
from opengenome.report.material import Material

MOST_ROWS = 500  # MultiQC's page becomes slow above that
_PAIRS_AT_ONCE = 256
_CODONS_IN_TABLE = 64
_PLAIN = str.maketrans("<>&", "‹›+")  # MultiQC writes names into its page as they are
_NO_LETTER = re.compile(r"[^A-Za-z0-9]+")
_PARENT = {
    "parent_id": "opengenome",
    "parent_name": "OpenGenome codon usage",
    "parent_description": "counts codons in batches and proves the table of every run.",
}


def multiqc(material: Material) -> dict[str, bytes]:
    """The files by name: general statistics, heat map, ledger, dropped coding sequences if there are any, versions."""
    sample = source_name(material).translate(_PLAIN)
    heat_map = _groups if material.has(flow.BY_GROUP_PARQUET) else _codons
    sections = {
        flow.MULTIQC_GENERAL: _general(material, sample),
        flow.MULTIQC_CODONS: heat_map(material, sample),
        flow.MULTIQC_LEDGER: _ledger(material, sample),
    }
    if dropped := material.summary.get("cds", {}).get("dropped"):
        sections[flow.MULTIQC_DROPPED] = _dropped(dropped, sample)
    return {name: as_json(section) for name, section in sections.items()} | {
        flow.MULTIQC_VERSIONS: versions_yaml(material)
    }


def _general(material: Material, sample: str) -> dict[str, Any]:
    summary, coding = material.summary, material.summary.get("cds")
    things = "CDS" if coding else "Sequences"
    columns: list[tuple[str, Any, dict[str, Any]]] = [
        ("proven", "yes", {"title": "Proven", "description": "Whether every law of the run holds"}),
        ("sequences", summary["sequences"], _whole(things, f"{things} counted")),
        ("codons", summary["codons"], _whole("Codons", "Codons counted; ambiguous ones are not among them")),
        ("gc", _percent(summary["gc"]), _share(NAMES["gc"])),
        ("gc3", _percent(summary["gc3"]), _share(NAMES["gc3"])),
        (
            "enc",
            (summary["enc"] or {}).get("wright_1990"),
            {"title": "ENC", "description": NAMES["enc_wright"].title, "min": 20, "max": 61,
             "format": "{:,.2f}", "scale": "PuOr"},
        ),
    ]  # fmt: skip
    if coding:
        dropped = sum(coding["dropped"].values())
        columns.append(("dropped", dropped, _whole("Dropped", "CDS that were found and not counted", "Reds")))
    return {
        "id": "opengenome_general",
        "plot_type": "generalstats",
        "pconfig": [{name: header | {"namespace": "OpenGenome"}} for name, _, header in columns],
        "data": {sample: {name: value for name, value, _ in columns if value is not None}},
    }


def _codons(material: Material, sample: str) -> dict[str, Any]:
    """One row, keyed by its sample: the rows of several runs become one heat map."""
    table = material.codon_table
    labels = _labels(table["codon"], table["amino_acid"])
    row = {labels[codon]: table["rscu"][codon] for codon in _by_amino_acid(table)}
    under = f" Under {html.escape(code_of_table(material.summary))}."
    return _heat_map("codons", limited=under) | {"xcats": list(row), "data": {sample: row}}


def _groups(material: Material, sample: str) -> dict[str, Any]:
    """A heat map of this run alone: MultiQC shows one matrix for each id, the last that it finds."""
    groups = material.summary["groups"]
    pairs = heapq.nlargest(MOST_ROWS + 1, _pairs(material), key=itemgetter("codons"))
    more = bool(pairs[MOST_ROWS:])
    del pairs[MOST_ROWS:]
    pairs.sort(key=itemgetter("group", "code"))
    codes = len({pair["code"] for pair in pairs}) > 1
    limited = ""
    if more:
        limited = f" The {MOST_ROWS} with the most codons; {flow.BY_GROUP_CSV} has all {groups['groups']:,} groups."
    by = f" by {html.escape(readable(groups['by']))}"
    order = _by_amino_acid(material.codon_table)
    labels = _labels(pairs[0]["codon"], [] if codes else pairs[0]["amino_acid"])
    return _heat_map(f"codons_by_group_{_NO_LETTER.sub('_', sample)}", by, limited) | {
        "section_name": f"Codon usage of {sample}",
        "xcats": [labels[codon] for codon in order],
        "ycats": [_group_name(pair) + (f" (code {pair['code']})" if codes else "") for pair in pairs],
        "data": [[pair["rscu"][codon] for codon in order] for pair in pairs],
    }


def _pairs(material: Material) -> Iterator[dict[str, Any]]:
    """Each group under each of its genetic codes. Memory: some pairs at a time."""
    with pq.ParquetFile(material.folder / flow.BY_GROUP_PARQUET) as file:
        for batch in file.iter_batches(_CODONS_IN_TABLE * _PAIRS_AT_ONCE):
            for begin in range(0, len(batch), _CODONS_IN_TABLE):
                rows = batch.slice(begin, _CODONS_IN_TABLE).to_pydict()
                yield {
                    "group": rows["group"][0],
                    "code": rows["genetic_code"][0],
                    "codons": sum(rows["count"]),
                    **{name: rows[name] for name in ("codon", "amino_acid", "rscu")},
                }


def _group_name(pair: dict[str, Any]) -> str:
    return readable(pair["group"]).translate(_PLAIN) or "(no value)"


def _labels(codons: list[str], amino_acids: list[str]) -> list[str]:
    """AAA (K), or AAA where the codes of the rows give codons different meanings."""
    return [f"{codon} ({one})" for codon, one in zip(codons, amino_acids, strict=True)] if amino_acids else codons


def _by_amino_acid(table: dict[str, list[Any]]) -> list[int]:
    """The positions of the codons, those of one amino acid side by side."""
    return sorted(range(len(table["codon"])), key=table["amino_acid"].__getitem__)


def _heat_map(name: str, by: str = "", limited: str = "") -> dict[str, Any]:
    usage = NAMES["rscu"]
    description = f"{usage.title} ({usage.symbol}){by}: {usage.scale}. White: not defined.{limited}"
    pconfig = {"title": "OpenGenome: RSCU", "xlab": "codon", "ylab": "", "zlab": "RSCU", "min": 0, "square": False}
    shown = {"xcats_samples": False, "ycats_samples": False, "cluster_cols": False, "display_values": False}
    return _section(name, "Codon usage", "heatmap", description, pconfig | shown)


def _ledger(material: Material, sample: str) -> dict[str, Any]:
    """Where each base went."""
    ledger = material.summary["ledger"]
    bases = {
        "counted": 3 * ledger["counted"],
        "ambiguous": 3 * ledger["ambiguous"],
        "trailing": ledger["trailing"],
        "skipped": ledger["offset"],
    }
    categories = {
        "counted": {"name": "in counted codons", "color": "#0072b2"},
        "ambiguous": {"name": "in ambiguous codons", "color": "#e69f00"},
        "trailing": {"name": "trailing, fewer than a codon", "color": "#cc79a7"},
        "skipped": {"name": "skipped at the start", "color": "#999999"},
    }
    description = "Where each base of the sequences went. Every run proves that they add up."
    pconfig = {"title": "OpenGenome: where each base went", "ylab": "bases", "tt_decimals": 0}
    bars = _section("ledger", "Ledger of bases", "bargraph", description, pconfig)
    return bars | {"categories": categories, "data": {sample: bases}}


def _dropped(dropped: dict[str, int], sample: str) -> dict[str, Any]:
    description = f"Coding sequences that were found and not counted, by reason. {flow.DROPPED} names each."
    pconfig = {"title": "OpenGenome: dropped coding sequences", "ylab": "CDS", "tt_decimals": 0}
    bars = _section("dropped", "Dropped coding sequences", "bargraph", description, pconfig)
    return bars | {"data": {sample: dropped}}


def _section(name: str, title: str, plot: str, description: str, pconfig: dict[str, Any]) -> dict[str, Any]:
    anchor = f"opengenome_{name}"
    return _PARENT | {
        "id": anchor,
        "section_anchor": anchor,
        "section_name": title,
        "description": description,
        "plot_type": plot,
        "pconfig": {"id": f"{anchor}_plot"} | pconfig,
    }


def _whole(title: str, description: str, scale: str = "Blues") -> dict[str, Any]:
    return {"title": title, "description": description, "format": "{:,.0f}", "min": 0, "scale": scale}


def _share(name: Name) -> dict[str, Any]:
    return {
        "title": name.symbol, "description": name.title, "format": "{:,.1f}", "suffix": "%", "min": 0, "max": 100,
        "scale": "RdYlBu",
    }  # fmt: skip


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
